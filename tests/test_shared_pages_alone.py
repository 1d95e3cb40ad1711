"""Pages that everybody shares, while the database cannot be asked: what was shown last, for a while."""

from collections.abc import Iterator

import psycopg
import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from catalog.listing import generations, rebuilding, version
from catalog.models import Collection
from catalog.tests.factories import CollectionFactory, make_category, make_product, put_in, stock_all
from shop.core.shared_pages.copies import copies

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop() -> Iterator[None]:
    """A product in a category and in a drop that is open."""
    cache.clear()
    copies.clear()
    generations.seen.forget()
    product = make_product(("Negro",), ("S", "M"), name="Abrigo", category=make_category("Buzos"))
    stock_all(product, 5)
    drop = CollectionFactory.create(
        name="Noche", slug="noche", kind=Collection.Kind.DROP, starts_at=timezone.now()
    )
    put_in(drop, product)
    assert version.adopt_hint()
    rebuilding.catch_up()
    yield
    cache.clear()
    copies.clear()
    generations.seen.forget()


def lost(*_asked: object) -> None:
    raise OperationalError from psycopg.OperationalError("connection refused")


def three_seconds_later() -> None:
    """Let all copies be older than lists are kept, and Redis have none."""
    for kept in copies._kept.values():
        kept.made_at -= 3
    cache.clear()


@pytest.mark.parametrize("path", ["/", "/c/buzos/", "/buscar/?q=abrigo", "/colecciones/noche/", "/p/abrigo/"])
def test_what_was_shown_last_is_given_and_nothing_that_has_changed(path: str):
    shown = Client().get(path)
    three_seconds_later()
    with connection.execute_wrapper(lost):
        given = Client().get(path)
    assert (given.status_code, given["ETag"]) == (200, shown["ETag"])
    # Somebody changes it, and the database goes away right after that has been noticed.
    Collection.objects.filter(slug="noche").update(name="Madrugada")
    generations.seen.current()
    with connection.execute_wrapper(lost):
        assert Client().get(path).status_code == 503
    assert "Madrugada" in Client().get("/colecciones/noche/").content.decode()
