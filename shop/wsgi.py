"""WSGI entry point for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

from shop.core.shared_pages.repeating import repeating
from shop.core.web.charsets import refusing_odd_charsets

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

application = refusing_odd_charsets(repeating(get_wsgi_application()))
