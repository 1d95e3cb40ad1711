"""Names, new values and synonyms are seen in lists with the next version of the catalogue, as all else in them is."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.listing import generations, navigation
from catalog.models import Brand, Option, OptionValue, Product, SearchSynonyms
from catalog.search import lately
from catalog.search.lately import Lately
from catalog.search.query import KEYS, shared_keys
from catalog.tests.factories import BrandFactory, make_category, make_product, stock_all
from shop.core.shared_pages.copies import copies
from shop.core.shared_pages.middleware import SHARED

pytestmark = pytest.mark.django_db
get = Client().get


@pytest.fixture(autouse=True)
def _as_in_production(_rows_of_the_lists: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a process and the cache keep what they keep in a shop that is open."""
    monkeypatch.setattr(lately, "KEEP_SECONDS", 10)
    for forget in (cache.clear, copies.clear, generations.seen.forget):
        forget()
    yield
    for forget in (cache.clear, copies.clear, generations.seen.forget):
        forget()


@pytest.fixture(autouse=True)
def coat(_as_in_production: None) -> Product:
    product = make_product(
        ("Negro",),
        ("M",),
        name="Campera Línea",
        category=make_category("Abrigos"),
        brand=BrandFactory.create(name="Taller Sur"),
    )
    other = make_product(
        ("Crudo",),
        ("S",),
        name="Campera Corta",
        category=product.category,
        brand=BrandFactory.create(name="Lana"),
    )
    for one in (product, other):
        stock_all(one, 5)
    return product


def names_in(path: str) -> set[str]:
    groups = get(path).context["listing"].found.facets.groups
    return {value.name for group in groups for value in group.values}


def test_names_that_change_are_those_of_the_next_page():
    assert {"Negro", "M", "Taller Sur"} <= names_in("/buscar/?q=campera")
    sur = Brand.objects.filter(name="Taller Sur")
    OptionValue.objects.filter(code="negro").update(name="Azabache")
    OptionValue.objects.filter(code="m").update(name="Mediano")
    sur.update(name="Taller Norte")
    found = names_in("/buscar/?q=campera")
    assert {"Azabache", "Mediano", "Taller Norte"} <= found
    assert not {"Negro", "M", "Taller Sur"} & found


def test_a_value_that_is_new_can_be_chosen_at_once(coat: Product):
    assert names_in("/c/abrigos/")
    stock_all(make_product(("Rojo",), ("XXL",), name="Parka", category=coat.category), 3)
    assert [card.name for card in get("/c/abrigos/?talle=xxl").context["listing"].cards] == ["Parka"]
    value = OptionValue.objects.get(code="xxl")
    OptionValue.objects.filter(pk=value.pk).update(code="enorme", name="Enorme")
    assert [card.name for card in get("/c/abrigos/?talle=enorme").context["listing"].cards] == ["Parka"]


@pytest.mark.parametrize(("path", "shown"), [("/buscar/", "listing"), ("/buscar/sugerencias/", "cards")])
def test_synonyms_are_those_of_the_next_page(path: str, shown: str):
    def found() -> set[str]:
        answer = get(f"{path}?q=zamarra").context[shown]
        return {card.name for card in (answer if shown == "cards" else answer.cards)}

    make_product(("Negro",), ("M",), name="Zamora")
    assert "Campera Línea" not in found()
    SearchSynonyms.objects.create(words="campera, zamarra")
    assert found() >= {"Campera Línea", "Campera Corta"}
    SearchSynonyms.objects.update(is_active=False)
    assert "Campera Línea" not in found()


def test_suggestions_are_kept_no_longer_than_lists(coat: Product):
    for path in ("/buscar/?q=campera", "/buscar/sugerencias/?q=campera", "/buscar/sugerencias/?q="):
        assert get(path)["Cache-Control"] == SHARED, path
    before = get("/buscar/sugerencias/?q=campera").content
    coat.variants.update(price=12345)
    after = get("/buscar/sugerencias/?q=campera").content
    assert b"12.345" not in before
    assert b"12.345" in after


def test_nothing_is_asked_while_the_catalogue_has_the_same_version(
    coat: Product, monkeypatch: pytest.MonkeyPatch
):
    get("/buscar/?q=campera+m")
    asked: list[str] = []
    remember = navigation.remember

    def noted(key: str, make: Any) -> Any:
        asked.append(key.rpartition(":")[0])
        return remember(key, make)

    monkeypatch.setattr(navigation, "remember", noted)
    for query in ("campera", "linea", "negro m"):
        get(f"/buscar/?q={query}")
        get(f"/buscar/sugerencias/?q={query}")
    assert asked == []
    Brand.objects.filter(pk=coat.brand_id).update(name="Taller Norte")
    for query in ("campera l", "linea l"):
        get(f"/buscar/?q={query}")
    assert sorted(asked) == ["catalog:names-of-search", "catalog:synonyms:AR"]


def test_a_process_that_is_behind_gives_nobody_what_is_old(monkeypatch: pytest.MonkeyPatch):
    """The cache has a thing by the version it is of: one that was read before a change is not found after it."""
    known = ["first"]
    monkeypatch.setattr(generations.seen, "lately", lambda _seconds: known[0])
    mine, another = Lately[str](), Lately[str]()
    for version in ("first", "second"):
        known[0] = version
        assert mine.read("thing", lambda: known[0]) == another.read("thing", lambda: "") == version


def test_without_a_version_things_are_kept_for_a_while(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(generations.seen, "lately", lambda _seconds: "")
    things = Lately[str]()
    assert things.read("thing", lambda: "old") == "old"
    assert things.read("thing", lambda: "new") == "old"
    cache.clear()
    monkeypatch.setattr(lately, "KEEP_SECONDS", 0)
    assert things.read("thing", lambda: "new") == "new"


def test_the_keys_of_a_list_are_those_of_its_generation_and_nobody_is_asked(
    coat: Product, monkeypatch: pytest.MonkeyPatch
):
    known = generations.read()
    Option.objects.create(name="Largo", code="largo", kind=Option.Kind.OTHER)
    with CaptureQueriesContext(connection) as captured, monkeypatch.context() as patched:
        patched.setattr(navigation, "remember", lambda _key, _make: pytest.fail("the cache was asked"))
        assert shared_keys(known) == {*KEYS, "color", "talle"}
    assert len(captured) == 0
    assert shared_keys(generations.read()) == {*KEYS, "color", "talle", "largo"}
