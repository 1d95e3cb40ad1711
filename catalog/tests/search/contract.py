"""What every `Search` must do, whatever finds the rows: `test_postgres.py` runs it; another one adds a class of its own.

The answers are compared with `Plain`, which reads the same rows with plain SQL and Python, one after another.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Max
from django.utils import timezone

from catalog.listing import rebuilding
from catalog.models import Collection, Listing, Product
from catalog.search.names import read as read_names
from catalog.search.port import Found, Request, Search, Sort
from catalog.tests.factories import (
    BrandFactory,
    CollectionFactory,
    make_category,
    make_product,
    put_in,
    stock,
)

COLOURS, SIZES, PRICES = ("Negro", "Oliva", "Crudo"), ("S", "M", "L"), ("100", "250.50", "400", "999")
NAMES = ("Buzo Andén", "Remera Vías", "Campera Línea", "Buzo Corto")


def make_shop(seed: int, number: int = 12) -> None:
    """Make products by chance, some sold out, some in a collection."""
    chance = random.Random(seed)
    tops = make_category("Tops")
    places = [tops, make_category("Buzos", parent=tops), make_category("Camperas")]
    brands = [BrandFactory.create(name=name) for name in ("Sur", "Norte")]
    collection = Collection.objects.filter(slug="anden").first() or CollectionFactory.create(name="Andén")
    for count in range(number):
        product = make_product(
            chance.sample(COLOURS, chance.randint(1, 2)),
            chance.sample(SIZES, chance.randint(1, 3)),
            chance.choice(PRICES),
            name=f"{chance.choice(NAMES)} {seed}-{count}",
            category=chance.choice(places),
            brand=chance.choice(brands),
            published_at=timezone.now() - timedelta(days=chance.randint(1, 4)),
        )
        for variant in product.variants.all():
            if chance.random() < 0.5:
                stock(variant, chance.randint(1, 9))
        if chance.random() < 0.5:
            put_in(collection, product)
    rebuilding.catch_up()


class Plain:
    """The rows that a request without text asks for, read row by row: slow, and plainly right."""

    def __init__(self) -> None:
        self.rows = list(Listing.objects.filter(is_shown=True))
        self.names = read_names()

    def asked(self, request: Request, *, but: str = "") -> list[Listing]:
        """Return the rows that fit, without the group `but`."""
        return [row for row in self.rows if self._fits(row, request, but)]

    def _fits(self, row: Listing, request: Request, but: str) -> bool:
        there = row.in_stock_ids if request.in_stock else row.value_ids
        options = all(
            any(value.key in there for value in self.names.values_of(option) if value.code in codes)
            for option, codes in request.options.items()
            if codes and option != but
        )
        brands = {key for key, slug, _name in self.names.brands if slug in request.brands}
        categories = {one.key for one in self.names.categories if one.path in request.categories}
        return (
            options
            and (not request.in_stock or row.units > 0)
            and (request.within is None or request.within in row.category_ids)
            and (request.collection is None or request.collection in row.collection_ids)
            and (not request.brands or but == "brand" or row.brand_id in brands)
            and (not request.categories or but == "category" or bool(categories & {*row.category_ids}))
            and (request.lowest is None or (row.price is not None and row.price >= request.lowest))
            and (request.highest is None or (row.price is not None and row.price <= request.highest))
        )

    def ordered(self, request: Request) -> list[int]:
        """Return the keys of all rows that fit, in order."""
        price: Callable[[Listing], Any] = lambda row: Decimal("Infinity") if row.price is None else row.price  # noqa: E731
        newest: Callable[[Listing], Any] = lambda row: -int(row.published_at.timestamp())  # noqa: E731
        keys: dict[Sort, Callable[[Listing], Any]] = {
            Sort.USUAL: newest,
            Sort.NEWEST: newest,
            Sort.BEST_SELLING: lambda row: (-row.sold_30d, newest(row)),
            Sort.CHEAPEST: price,
            Sort.DEAREST: lambda row: -row.price if row.price is not None else Decimal("Infinity"),
        }
        rows = sorted(self.asked(request), key=lambda row: (keys[request.sort](row), row.ordinal))
        return [row.ordinal for row in rows]


def by_chance(chance: random.Random) -> Request:
    """Return a request of anything that can be chosen, without text."""
    known = read_names()
    options: dict[str, tuple[str, ...]] = {}
    if chance.random() < 0.6:
        options["color"] = tuple(chance.sample(["negro", "oliva", "crudo"], chance.randint(1, 2)))
    if chance.random() < 0.6:
        options["talle"] = tuple(chance.sample(["s", "m", "l"], chance.randint(1, 2)))
    return Request(
        options=options,
        brands=tuple(chance.sample(["sur", "norte"], chance.randint(0, 1))),
        categories=tuple(chance.sample([one.path for one in known.categories], chance.randint(0, 1))),
        lowest=chance.choice([None, None, Decimal(200)]),
        highest=chance.choice([None, None, Decimal(400)]),
        in_stock=chance.random() < 0.5,
        sort=chance.choice(list(Sort)),
        size=chance.choice([2, 5, 24]),
    )


class SearchContract:
    """The tests; a subclass gives `search`."""

    search: Search

    def find(self, **asked: Any) -> Found:
        return self.search.find(Request(**asked))

    def names(self, **asked: Any) -> list[str]:
        found = self.find(**asked)
        rows = Listing.objects.in_bulk(found.keys)
        return [f"{rows[key].name} {rows[key].card['colour']['name']}" for key in found.keys]

    def test_any_request_gives_the_rows_the_order_and_the_counts_of_plain_sql(self) -> None:
        make_shop(1)
        plain, chance = Plain(), random.Random(2)
        for _turn in range(60):
            request = by_chance(chance)
            found, wanted = self.search.find(request), plain.ordered(request)
            assert (found.total, found.capped) == (len(wanted), False), request
            assert list(found.keys) == wanted[: request.size], request
            for facet in found.facets.groups:
                group = {"color": "color", "talle": "talle"}.get(facet.code, facet.kind)
                for value in facet.values:
                    alone = self._chosen_alone(request, group, value.code)
                    assert value.count == len(plain.asked(alone)), (request, facet.code, value)
            assert found.facets.in_stock == len(plain.asked(replace(request, in_stock=True))), request
            for price in found.facets.prices:
                asked = replace(request, lowest=price.lowest, highest=price.highest)
                assert price.count == len(plain.asked(asked)), (request, price)

    def _chosen_alone(self, request: Request, group: str, code: str) -> Request:
        if group in {"color", "talle"}:
            return replace(request, options={**request.options, group: (code,)})
        if group == "brand":
            return replace(request, brands=(code,))
        return replace(request, categories=(code,))

    def test_pages_follow_each_other_whole_and_without_repeating(self) -> None:
        make_shop(3)
        for sort in Sort:
            wanted = Plain().ordered(Request(sort=sort))
            seen: list[int] = []
            number = 1
            while True:
                found = self.find(sort=sort, page=number, size=5, with_facets=False)
                seen += found.keys
                number += 1
                if number > found.pages:
                    break
            assert seen == wanted, sort
        assert self.find(page=999, size=5).page == self.find(size=5).pages

    def test_words_are_found_in_names_first_and_every_word_must_fit(self) -> None:
        make_product(("Negro", "Oliva"), ("S", "M"), name="Remera Vías", category=make_category("Remeras"))
        make_product(
            ("Negro",), ("M",), name="Buzo Andén", summary="Va con remera", published_at=timezone.now()
        )
        assert self.names(text="remera") == ["Remera Vías Negro", "Remera Vías Oliva", "Buzo Andén Negro"]
        assert self.names(text="remeras negras") == ["Remera Vías Negro", "Buzo Andén Negro"]
        assert self.names(text="remera oliva") == ["Remera Vías Oliva"]
        assert self.names(text="remera cuadrillé") == []

    def test_what_is_called_exactly_so_comes_first_then_whole_words_then_beginnings(self) -> None:
        names = ("Remera Mar", "Remera Mar Azul", "Remera Marea Mar", "Remera Márgara")
        for name in names:
            make_product(("Negro",), ("M",), name=name)
        self.find()
        last = Listing.objects.aggregate(last=Max("revision"))["last"]
        for sold, name in enumerate(names, 1):
            Listing.objects.filter(name=name).update(sold_30d=sold, revision=last + sold)
        named = [
            "Remera Mar Negro",
            "Remera Marea Mar Negro",
            "Remera Mar Azul Negro",
            "Remera Márgara Negro",
        ]
        assert self.names(text="remera mar") == named
        assert self.names(text="remera már") == named
        assert self.names(text="rémera mar m")[0] == named[0]
        assert self.names(text="remra mar")[0] == named[0]

    def test_of_what_may_have_been_meant_the_words_that_stand_together_are_searched(self) -> None:
        for name in ("Buzo Perla", "Buzo Perla Gris", "Gorra Perca"):
            make_product(("Negro",), ("M",), name=name)
        corrected = self.find(text="perpa gorra").corrected
        assert corrected
        assert corrected.searched == "perca gorra"

    def test_a_whole_code_comes_before_codes_that_begin_so(self) -> None:
        for number, code in enumerate(("AB-10", "AB-1", "AB-100")):
            variant = make_product(("Negro",), ("M",), name=f"Buzo {code}").variants.get()
            variant.sku, variant.barcode = code, f"77982640037{number}{'9' * number}"
            variant.save()
        self.find()
        assert self.names(text="ab-1")[0] == "Buzo AB-1 Negro"
        assert self.names(text="0779826400370")[0] == "Buzo AB-10 Negro"
        assert self.names(text="7798264003719") == ["Buzo AB-1 Negro"]

    def test_a_size_among_words_narrows_and_comes_first_where_it_is_in_stock(self) -> None:
        product = make_product(("Negro", "Oliva"), ("S", "M"), name="Remera Vías")
        other = make_product(("Negro",), ("M",), name="Remera Trama", published_at=timezone.now())
        make_product(("Negro",), ("S",), name="Remera Chica")
        stock(product.variants.get(name="Negro / M"), 2)
        stock(other.variants.get(), 2, reserved=2)
        assert self.names(text="remera negra m") == ["Remera Vías Negro", "Remera Trama Negro"]
        assert self.names(text="remera negra talle m") == ["Remera Vías Negro", "Remera Trama Negro"]
        assert [
            value.name for value in read_names().values if value.key in self.find(text="remera m").sizes
        ] == ["M"]

    def test_synonyms_find_each_other(self) -> None:
        make_product(("Negro",), ("M",), name="Campera Línea", category=make_category("Abrigos"))
        for word in ("chamarra", "jaqueta", "chamarras"):
            assert self.names(text=word) == ["Campera Línea Negro"], word

    def test_codes_are_found_by_their_beginning(self) -> None:
        product = make_product(("Negro", "Oliva"), ("M",), name="Remera Vías")
        variant = product.variants.get(name="Oliva / M")
        variant.barcode = "7798264003709"
        variant.save()
        assert self.names(text=variant.sku.lower()) == ["Remera Vías Oliva"]
        assert self.names(text="7798264003709") == ["Remera Vías Oliva"]
        assert self.names(text="779826") == ["Remera Vías Oliva"]

    def test_any_letter_may_be_wrong_and_what_is_searched_instead_is_said(self) -> None:
        make_product(("Negro",), ("M",), name="Campera Rompeviento", category=make_category("Abrigos"))
        for typed in (
            "xampera",
            "capmera",
            "camperra",
            "cmpera",
            "campwra",
            "rompevientp",
            "ronpevieto",
            "negto",
        ):
            found = self.find(text=typed)
            assert found.total == 1, typed
            assert found.corrected is not None, typed
            assert self.find(text=typed, is_literal=True).total == 0, typed
        assert self.find(text="campera").corrected is None
        assert self.find(text="heladera").total == 0
        both = self.find(text="capmera negra m").corrected
        assert both
        assert both.searched == "campera negra m"

    def test_words_are_suggested_by_their_beginning(self) -> None:
        make_product(("Negro",), ("M",), name="Campera Rompeviento")
        self.find()
        assert self.search.suggest("rompe", limit=4) == ["rompeviento"]
        assert self.search.suggest("negra rompe", limit=4) == ["negra rompeviento"]
        assert self.search.suggest("%", limit=4) == []

    def test_a_hidden_product_is_found_no_more_and_words_that_none_has_are_forgotten(self) -> None:
        product = make_product(("Negro",), ("M",), name="Campera Rompeviento")
        assert self.names(text="rompeviento") == ["Campera Rompeviento Negro"]
        Product.objects.filter(pk=product.pk).update(is_active=False)
        assert self.names(text="rompeviento") == []
        self.search.rebuild()
        assert self.search.suggest("rompe", limit=4) == []
