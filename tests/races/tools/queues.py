"""The shop's Celery with every task in one queue, for the control. Production code knows nothing of this."""

from shop.celery import app

app.conf.task_routes = {}
__all__ = ["app"]
