"""Percha: a shop for fashion sold in drops, paid in cuotas and sometimes returned."""

from shop.celery import app as celery_app

__all__ = ["celery_app"]
