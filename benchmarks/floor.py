"""The least Django that reserves a unit over HTTP: one view, one statement, no middleware. Served by gunicorn beside
the shop, so that the shop's adds are measured against it in the same run.
"""

import os

import django
import environ
from django.conf import settings

if not settings.configured:
    settings.configure(
        SECRET_KEY="nothing-is-signed-here",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="benchmarks.floor",
        DATABASES={
            "default": environ.Env().db("DATABASE_URL")
            | {
                "ENGINE": "django.db.backends.postgresql",
                "CONN_MAX_AGE": None,
                "OPTIONS": {"options": "-c synchronous_commit=off", "prepare_threshold": None},
            }
        },
        USE_TZ=True,
    )
    django.setup()

from uuid import UUID, uuid4

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from benchmarks.statement import BARE, TTL


def add(request: HttpRequest) -> HttpResponse:
    """Reserve one unit of the level posted."""
    with connection.cursor() as cursor:
        cursor.execute(
            BARE, {"level": UUID(request.POST["level"]), "id": uuid4(), "cart": uuid4(), "ttl": TTL}
        )
        reserved = cursor.fetchone()
    return HttpResponse(status=302 if reserved else 409, headers={"Location": "/", "Content-Length": "0"})


def alive(request: HttpRequest) -> HttpResponse:
    """Answer that the server runs."""
    return HttpResponse(os.getpid(), headers={"Content-Length": str(len(str(os.getpid())))})


urlpatterns = [path("add/", add), path("healthz/", alive)]
application = get_wsgi_application()
