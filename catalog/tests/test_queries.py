"""The query budget of the storefront: constant, at most eleven, with nothing kept, whatever the catalogue's size.

Two of them are not the page's own: which generation there is, once a second for all pages.
"""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Collection
from catalog.tests.factories import (
    CollectionFactory,
    colour_option,
    make_product,
    put_in,
    size_option,
    stock_all,
)
from tests.support.kept_pages import another_release

pytestmark = pytest.mark.django_db
BUDGET = 11


def _fill(count: int) -> None:
    drop = CollectionFactory.create(
        name=f"Drop {count}", kind=Collection.Kind.DROP, starts_at=timezone.now() - timedelta(hours=1)
    )
    for number in range(count):
        product = make_product(
            colours=("Negro", "Oliva", "Crudo"), sizes=("S", "M"), name=f"Buzo {count} {number}"
        )
        stock_all(product, 6)
        put_in(drop, product)


def _queries(path: str, fresh: bool = True) -> list[str]:
    from django.core.cache import cache

    if fresh:
        cache.clear()
        another_release()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = Client().get(path)
    assert response.status_code == 200
    return [query["sql"] for query in captured.captured_queries]


PATHS = (
    "/",
    "/c/buzos/",
    "/c/buzos/?orden=precio",
    "/colecciones/",
    "/colecciones/drop-3/",
    "/p/buzo-3-0/",
    "/buscar/?q=buzo",
)


def test_pages_cost_the_same_with_three_and_with_thirty_products() -> None:
    colour_option(), size_option()
    _fill(3)
    # A process asks for the snapshot of the search, and for what words there are, once in its life.
    for path in PATHS:
        _queries(path)
    few = {path: _queries(path) for path in PATHS}
    _fill(30)
    # A process reads the rows that changed once, and those of a list when it is the first to show them.
    for path in PATHS:
        _queries(path)
    for path in PATHS:
        many = _queries(path)
        assert len(many) == len(few[path]), path + "\n" + "\n".join(many)
        assert len(many) <= BUDGET, path + "\n" + "\n".join(many)


def test_a_kept_page_costs_the_look_alone() -> None:
    _fill(3)
    cold = _queries("/p/buzo-3-0/")
    kept = _queries("/p/buzo-3-0/", fresh=False)
    assert (len(kept), len(cold) > 6) == (2, True)


def test_products_of_other_colours_and_sizes_do_not_multiply_queries() -> None:
    product = make_product(
        colours=("Negro", "Oliva", "Crudo", "Ladrillo"), sizes=("S", "M", "L", "XL"), name="Ancho"
    )
    stock_all(product, 2)
    narrow = make_product(colours=("Negro",), sizes=("S",), name="Angosto")
    stock_all(narrow, 2)
    assert len(_queries("/p/ancho/")) == len(_queries("/p/angosto/"))
