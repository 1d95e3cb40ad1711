"""The Celery application: jobs are found in each app's `tasks.py`, the beat timetable in `shop/timetable.py`."""

import os

from celery import Celery

from shop.timetable import SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

app = Celery("percha")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = SCHEDULE
app.conf.beat_schedule_filename = os.environ.get("CELERY_BEAT_SCHEDULE", "celerybeat-schedule")
