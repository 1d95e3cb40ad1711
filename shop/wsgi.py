"""WSGI entry point for gunicorn."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler

from shop.core.protection.pages import counted
from shop.core.shared_pages.repeating import repeating
from shop.core.web.charsets import refusing_odd_charsets

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")


def _prepared() -> WSGIHandler:
    """Return Django's application, ready for its first request."""
    django.setup(set_prefix=False)
    # They import models, which may be done now.
    from shop.core.web.handler import ShopHandler
    from shop.core.web.warming import settle, take_turns, warm

    handler = ShopHandler()
    warm()
    settle()
    take_turns()
    return handler


application = refusing_odd_charsets(repeating(counted(_prepared())))
