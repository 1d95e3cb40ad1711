"""The beat schedule names tasks that exist, and every job of payments runs with nothing to do."""

import pytest
from celery import current_app

from payments import tasks
from shop.beat_schedule import SCHEDULE
from shop.celery import app
from shop.core.jobs import registry


def test_every_task_of_the_timetable_exists():
    app.loader.import_default_modules()
    registry()
    missing = {entry["task"] for entry in SCHEDULE.values()} - set(current_app.tasks)
    assert not missing
    assert app.conf.beat_schedule == SCHEDULE


@pytest.mark.django_db
def test_nothing_to_do_is_done_quickly():
    assert tasks.reconcile() == {}
    assert tasks.retry_webhooks() == {}
    assert tasks.follow_disputes() == {"reminded": 0, "asked": 0, "failed": 0}
    assert tasks.send_refunds() == {"sent": 0, "waiting": 0, "looked": 0}
