"""WSGI entry point for gunicorn."""

import os

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

from shop.core.shared_pages.repeating import repeating
from shop.core.web.charsets import refusing_odd_charsets

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")


def _prepared() -> WSGIHandler:
    """Return Django's application, ready for its first request."""
    handler = get_wsgi_application()
    from shop.core.web.warming import settle, warm  # It imports models, which may be done now.

    warm()
    settle()
    return handler


application = refusing_odd_charsets(repeating(_prepared()))
