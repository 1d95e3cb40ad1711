"""All stock rows are locked: a shopper gets an error page soon, nothing is lost, and afterwards everything works."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from inventory.models import StockLevel
from orders.cart import carts
from orders.tests.factories import active, make_cart, make_variant
from tests.races.tools.concurrency import PATIENCE
from tests.support.languages import PageClient

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def short_lock_timeout() -> Iterator[None]:
    """Give this connection a role's short limit: what the role has is what a connection begins with."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '60ms'")
    yield
    connection.close()


@pytest.fixture
def all_stock_locked(short_lock_timeout: None) -> Iterator[threading.Event]:
    """Lock the rows of all stock levels in another transaction; set the event to release them."""
    reserved, let_go = threading.Event(), threading.Event()

    def reservation() -> None:
        try:
            with transaction.atomic():
                list(StockLevel.objects.select_for_update())
                reserved.set()
                let_go.wait(PATIENCE)
        finally:
            connection.close()

    variant = make_variant(units=5)
    thread = threading.Thread(target=reservation)
    thread.variant = variant  # type: ignore[attr-defined]
    let_go.variant = variant  # type: ignore[attr-defined]
    thread.start()
    assert reserved.wait(PATIENCE)
    yield let_go
    let_go.set()
    thread.join()


@pytest.mark.parametrize(
    ("language", "words"),
    [("es", "Un momento, por favor"), ("pt-br", "Um momento, por favor"), ("en", "One moment, please")],
)
def test_a_shopper_gets_a_kind_page_and_keeps_the_cart(all_stock_locked, language, words):
    cart, client = make_cart(), PageClient(language)
    client.cookies[carts.COOKIE] = cart.token
    add = {"variant": all_stock_locked.variant.pk, "quantity": 2}

    answer = client.post(
        reverse("orders:cart_add"),
        add,
        headers={"Referer": "http://testserver/p/x/?a=1"},
    )

    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "no-store" in answer["Cache-Control"]
    page = answer.content.decode()
    assert words in page
    assert f'lang="{language}"' in page
    assert 'href="/p/x/?a=1"' in page
    assert cart.lines.count() == active(cart_id=cart.pk) == 1

    all_stock_locked.set()
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")
    assert client.post(reverse("orders:cart_add"), add).status_code == 302
    assert active(cart_id=cart.pk) == 3


def test_a_page_that_htmx_changes_is_loaded_anew_with_the_reason(client: Client, all_stock_locked):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/carrito/"}

    answer = client.post(
        reverse("orders:cart_add"), {"variant": all_stock_locked.variant.pk}, headers=headers
    )

    assert (answer.status_code, answer["HX-Refresh"]) == (503, "true")
    assert "messages" in answer.cookies


def test_a_stranger_is_not_sent_to_another_site(client: Client, all_stock_locked):
    answer = client.post(
        reverse("orders:cart_add"),
        {"variant": all_stock_locked.variant.pk},
        headers={"Referer": "https://evil.example/x"},
    )

    assert answer.status_code == 503
    assert b"evil.example" not in answer.content


def test_without_a_database_the_page_still_stands(client: Client, monkeypatch):
    def refuse(*args: object) -> None:
        raise OperationalError("away") from psycopg.OperationalError("connection refused")

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.cursor", refuse)

    answer = client.get("/")

    assert answer.status_code == 503
    assert b"503" not in answer.content


def test_what_no_view_raises_is_not_now_as_well(client: Client, settings, monkeypatch):
    """A session, say, is saved after the view: the last handler answers."""
    settings.DEBUG = False
    client.raise_request_exception = False

    def refuse(*args: object, **kwargs: object) -> None:
        raise OperationalError("busy") from psycopg.errors.LockNotAvailable("lock")

    monkeypatch.setattr("django.contrib.messages.middleware.MessageMiddleware.process_response", refuse)

    answer = client.get(reverse("orders:cart"), secure=True)

    assert answer.status_code == 503
    assert answer["Retry-After"]
