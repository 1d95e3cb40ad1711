"""What searches keep until something changes: codes, and what a text says."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from psycopg import errors

from catalog.listing import generations
from catalog.models import OptionValue, Product, SearchSynonyms
from catalog.search import lately
from catalog.search.index import current
from catalog.search.port import Request
from catalog.search.postgres import engine
from catalog.tests.factories import make_product

pytestmark = pytest.mark.django_db


def test_codes_are_asked_once_for_a_version_of_the_catalogue():
    product = make_product(("Negro",), ("M",), name="Buzo Andén")
    variant = product.variants.get()
    variant.sku = "AB-10"
    variant.save()
    asked = Request(text="ab-10", version="one")
    assert len(engine.find(asked).keys) == 1
    for request, statements in (
        (asked, 0),
        (replace(asked, version="two"), 1),
        (replace(asked, version=""), 1),
    ):
        with CaptureQueriesContext(connection) as captured:
            assert len(engine.find(request).keys) == 1
        assert sum("sku" in query["sql"] for query in captured.captured_queries) == statements
    rows = current.last
    variant.sku = "CD-20"
    variant.save()
    assert engine.find(replace(asked, version="three")).total == 0
    # The row of the lists is as it was: it is the version by which the change is known.
    assert current.last is rows
    assert engine.find(asked).total == 1


def test_a_row_that_changes_has_the_codes_asked_again():
    product = make_product(("Negro",), ("M",), name="Buzo Andén")
    asked = Request(text=product.variants.get().sku, version="one")
    assert engine.find(asked).total == 1
    Product.objects.filter(pk=product.pk).update(is_active=False)
    assert engine.find(asked).total == 0


def test_synonyms_are_asked_of_the_cache_for_one_search_of_many(monkeypatch: pytest.MonkeyPatch):
    make_product(("Negro",), ("M",), name="Campera Línea")
    engine.find(Request(text="chamarra"))
    asked: list[str] = []

    def noted(key: str, make: Any) -> Any:
        asked.append(key)
        return make()

    monkeypatch.setattr("catalog.listing.navigation.remember", noted)
    monkeypatch.setattr(lately, "KEEP_SECONDS", 10)
    assert engine.find(Request(text="chamarra")).total == 1
    assert not asked
    monkeypatch.setattr(lately, "KEEP_SECONDS", 0)
    SearchSynonyms.objects.create(words="campera, zamarra")
    assert engine.find(Request(text="zamarra")).total == 1
    SearchSynonyms.objects.all().delete()
    assert engine.find(Request(text="zamarra")).total == 0


def lost(cause: Exception) -> Any:
    def make() -> Any:
        raise OperationalError from cause

    return make


def test_without_the_database_it_is_kept_for_half_a_minute_more(monkeypatch: pytest.MonkeyPatch):
    now = [1000.0]
    refused = lost(psycopg.OperationalError("connection refused"))
    monkeypatch.setattr("catalog.listing.navigation.remember", lambda _key, make: make())
    monkeypatch.setattr(lately, "KEEP_SECONDS", 10)
    monkeypatch.setattr("catalog.search.lately.time", SimpleNamespace(monotonic=lambda: now[0]))
    generations.seen.forget()
    kept = lately.Lately[str]()
    with pytest.raises(OperationalError):
        kept.read("names", refused)
    assert kept.read("names", lambda: "old") == "old"
    now[0] += 11
    with pytest.raises(OperationalError):
        kept.read("names", lost(errors.QueryCanceled()))
    assert kept.read("names", refused) == "old"
    assert kept.read("names", lambda: "new") == "old", "nobody asks again within the second"
    now[0] += 28
    assert kept.read("names", refused) == "old"
    now[0] += 2
    with pytest.raises(OperationalError):
        kept.read("names", refused)
    assert kept.read("names", lambda: "new") == "new"


def test_what_a_text_says_is_found_out_again_when_a_size_is_called_otherwise(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("catalog.listing.navigation.remember", lambda _key, make: make())
    make_product(("Negro",), ("M",), name="Buzo Andén 44")
    make_product(("Negro",), ("S",), name="Buzo Línea 44")
    asked = Request(text="buzo 44")
    assert engine.find(asked).total == 2
    known = current.last
    assert known
    meant = known.meant["buzo 44"]
    engine.find(asked)
    assert known.meant["buzo 44"] is meant
    OptionValue.objects.filter(code="m").update(name="44")
    assert engine.find(asked).total == 1
