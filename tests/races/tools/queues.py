"""The shop's Celery with every task in one queue, for the control. Production code has no such switch."""

from shop.celery import app

app.conf.task_routes = {}
__all__ = ["app"]
