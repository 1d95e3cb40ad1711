"""Rows of the lists are read once, and again when they have changed; what a replica that is behind says is not kept."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.listing import kept_rows, listed, rebuilding
from catalog.listing.cards import Card
from catalog.listing.kept_rows import KeptRows
from catalog.models import Product, Variant
from catalog.search.index import current
from catalog.search.port import Found, Request
from catalog.search.postgres import engine
from catalog.tests.factories import make_product

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _begins_anew() -> None:
    current.forget()


def found() -> Found:
    rebuilding.catch_up()
    return engine.find(Request())


def cards(of: Found) -> tuple[list[Card], int]:
    """Return the cards of a page, and how many statements they took."""
    with CaptureQueriesContext(connection) as asked:
        made = listed.cards_of(of.keys, timezone.now(), known=of.rows)
    return made, len(asked)


def test_rows_that_another_list_has_shown_are_not_read_again():
    make_product(("Negro", "Oliva"), ("S",), "100.00", name="Buzo")
    first, asked = cards(found())
    assert (len(first), asked) == (2, 1)
    # What is kept of a card is found by an equal one.
    assert all(replace(card) == card and hash(replace(card)) == hash(card) for card in first)
    assert len(set(map(hash, first))) == 2
    assert cards(found()) == (first, 0)
    make_product(("Negro",), ("S",), "70.00", name="Remera")
    again, asked = cards(found())
    assert (len(again), asked) == (3, 1)
    assert cards(found()) == (again, 0)


def test_a_row_that_has_changed_is_shown_as_it_is_and_one_that_is_gone_is_not():
    product = make_product(("Negro",), ("S",), "100.00", name="Buzo")
    other = make_product(("Negro",), ("S",), "50.00", name="Remera")
    assert {card.price for card in cards(found())[0]} == {Decimal(100), Decimal(50)}
    Variant.objects.filter(product=product).update(price=Decimal(80))
    assert {card.price for card in cards(found())[0]} == {Decimal(80), Decimal(50)}
    Product.objects.filter(pk=other.pk).update(is_active=False)
    shown = found()
    assert [card.product_id for card in cards(shown)[0]] == [product.pk]
    assert len(shown.rows.rows) == 1


def test_what_was_read_from_a_database_that_is_behind_is_read_again():
    make_product(("Negro",), ("S",), "100.00", name="Buzo")
    page = found()
    behind = KeptRows(revision=page.rows.revision + 1)
    for _turn in range(2):
        assert len(behind.read(page.keys, listed.ROWS)) == 1
        assert behind.rows == {}


def test_no_more_rows_are_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept_rows, "MOST", 2)
    make_product(("Negro", "Oliva"), ("S",), "100.00", name="Buzo")
    make_product(("Negro",), ("S",), "70.00", name="Remera")
    page = found()
    for key in page.keys:
        page.rows.read([key], listed.ROWS)
    assert set(page.rows.rows) == {page.keys[2]}
