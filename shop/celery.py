"""The Celery application: jobs are found in each app's `tasks.py`, the beat schedule and the queues in
`shop/beat_schedule.py`.
"""

import os
from logging.config import dictConfig
from typing import Any

from celery import Celery, Task
from celery.signals import setup_logging, task_prerun, worker_init
from django.conf import settings
from django.db import close_old_connections
from kombu.transport import TRANSPORT_ALIASES

from shop.beat_schedule import ROUTES, SCHEDULE
from shop.core.database import timeouts

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

# The broker of `REDIS_URL`.
TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "shop.core.broker:Transport"))

app = Celery("percha", task_cls="shop.core.database.backing_off:BackingOff")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.task_routes = ROUTES
app.conf.beat_schedule = SCHEDULE
app.conf.beat_schedule_filename = os.environ.get("CELERY_BEAT_SCHEDULE", "celerybeat-schedule")
# A worker keeps its connection as the pages do, which saves each task the start of a server process that plans
# everything again. After so many tasks Celery closes it all the same. (Celery reads this name without the namespace.)
app.conf["CELERY_DB_REUSE_MAX"] = 500


@setup_logging.connect
def log_as_the_shop_does(**kwargs: object) -> None:
    """Give the workers and beat the shop's own logging: Celery's does not mask secrets."""
    dictConfig(settings.LOGGING)


@task_prerun.connect
def drop_ended_connections(sender: Task[Any, Any], **kwargs: object) -> None:
    """Drop a connection that has been ended since the last task, as before a request."""
    if not sender.request.is_eager:  # Else it is the caller's, who may have a transaction open.
        close_old_connections()


@worker_init.connect
def be_patient(**kwargs: object) -> None:
    """Set the database time limits of jobs for the worker and the processes that it forks, and prepare them."""
    from shop.core.web import warming  # Imports models, which may be done once Django is set up.

    timeouts.of_process(timeouts.Patience.LONG)
    warming.warm()
    warming.settle()
