"""A process that is to serve has read what its first shopper would have waited for."""

from celery import current_app

from shop.core.countries import business_days
from shop.core.web.warming import warm


def test_a_process_knows_tasks_and_holidays_before_its_first_request():
    business_days._holidays.cache_clear()
    warm()
    assert business_days._holidays.cache_info().currsize == 1
    assert "payments.tasks.process_webhook" in current_app.tasks
