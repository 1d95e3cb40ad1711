"""The least Django that reserves a unit over HTTP (one view, one statement), and the least that serves a page of the
catalogue (a session, six statements, a template of 29 KB): no middleware. Served by gunicorn beside the shop, so that
the shop's figures are measured against it in the same run.
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
        INSTALLED_APPS=["django.contrib.sessions"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    )
    django.setup()

from uuid import UUID, uuid4

from django.contrib.sessions.backends.db import SessionStore
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
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


def form(request: HttpRequest) -> HttpResponse:
    """Read a form, as every view does that takes one."""
    size = str(len(request.POST))
    return HttpResponse(size, headers={"Content-Length": str(len(size))})


PAGE = """<!doctype html><title>{{ session.cart }}</title>
{% for name in categories %}<a href="/{{ name }}">{{ name }}</a>{% endfor %}
{% for product in products %}<article><h2>{{ product.1 }}</h2><p>{{ product.2 }}</p><p>{{ product.3 }}</p>
{% for image in product.4 %}<img src="/media/{{ image }}" srcset="/media/{{ image }} 400w, /media/{{ image }} 800w"
sizes="(min-width: 60rem) 25vw, 50vw" alt="{{ product.1 }}" width="400" height="500" loading="lazy" decoding="async">
{% endfor %}<p class="price">{{ product.5 }} {{ product.6 }}</p></article>{% endfor %}"""
# What a page of 24 products is made of: the newest, their pictures, prices and units, and what stands around them.
STATEMENTS = {
    "products": "SELECT id, name, summary, description FROM catalog_product WHERE is_active"
    " ORDER BY published_at DESC, id DESC LIMIT 24",
    "images": "SELECT product_id, file FROM catalog_productimage WHERE product_id = ANY (%s) ORDER BY sort_order, id",
    "prices": "SELECT product_id, min(price) FROM catalog_variant WHERE product_id = ANY (%s) AND is_active GROUP BY 1",
    "units": "SELECT v.product_id, sum(l.on_hand - l.reserved) FROM catalog_variant v"
    " JOIN inventory_stocklevel l ON l.variant_id = v.id WHERE v.product_id = ANY (%s) GROUP BY 1",
    "categories": "SELECT name FROM catalog_category WHERE is_active ORDER BY path",
    "drops": "SELECT name, starts_at FROM catalog_collection WHERE is_active ORDER BY sort_order",
}


def page(request: HttpRequest) -> HttpResponse:
    """Show 24 products to the visitor whose session it is."""
    session = SessionStore(request.COOKIES.get("sessionid")).load()
    with connection.cursor() as cursor:
        found = {}
        keys: list[UUID] = []
        for name, statement in STATEMENTS.items():
            cursor.execute(statement, [keys] if "ANY" in statement else [])
            found[name] = cursor.fetchall()
            keys = keys or [row[0] for row in found["products"]]
    prices, units = dict(found["prices"]), dict(found["units"])
    products = [
        (
            *row,
            [file for key, file in found["images"] if key == row[0]],
            prices.get(row[0]),
            units.get(row[0], 0),
        )
        for row in found["products"]
    ]
    context = {
        "session": session,
        "products": products,
        "categories": [row[0] for row in found["categories"]],
    }
    html = TEMPLATE.render(Context(context)).encode()
    return HttpResponse(html, headers={"Content-Length": str(len(html))})


TEMPLATE = Template(PAGE)
urlpatterns = [path("add/", add), path("form/", form), path("page/", page), path("healthz/", alive)]
application = get_wsgi_application()
