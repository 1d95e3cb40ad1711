"""The Celery application: jobs are found in each app's `tasks.py`, the beat schedule and the queues in
`shop/beat_schedule.py`.
"""

import os
from logging.config import dictConfig

from celery import Celery
from celery.signals import setup_logging, worker_init
from django.conf import settings

from shop.beat_schedule import ROUTES, SCHEDULE
from shop.core.database import timeouts

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

app = Celery("percha", task_cls="shop.core.database.backing_off:BackingOff")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.task_routes = ROUTES
app.conf.beat_schedule = SCHEDULE
app.conf.beat_schedule_filename = os.environ.get("CELERY_BEAT_SCHEDULE", "celerybeat-schedule")


@setup_logging.connect
def log_as_the_shop_does(**kwargs: object) -> None:
    """Give the workers and beat the shop's own logging: Celery's does not mask secrets."""
    dictConfig(settings.LOGGING)


@worker_init.connect
def be_patient(**kwargs: object) -> None:
    """Set the database time limits of jobs for the worker and the processes that it forks."""
    timeouts.of_process(timeouts.Patience.LONG)
