"""What lists and searches ask of the database is found by an index, however many rows there are."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.listing.listed import cards_of
from catalog.models import Listing
from catalog.search.port import Request
from catalog.search.postgres import engine
from catalog.tests.factories import make_product

pytestmark = pytest.mark.django_db
# Where text is sorted by its bytes, as on the tests' server, an index of whole codes serves their beginnings as well.
SERVES_AS = {"variant_sku_one": "variant_sku_beginning"}
LARGE = {"catalog_listing", "catalog_variant", "catalog_searchword", "catalog_searchdeletion"}


def _forget_statistics() -> None:
    """Let the planner know nothing of the large tables: of one that it knows to be small it reads any index, whole."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid = ANY (%s::regclass[])", [list(LARGE)]
        )
        cursor.execute("DELETE FROM pg_statistic WHERE starelid = ANY (%s::regclass[])", [list(LARGE)])


def _nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


def _scans(statement: str) -> Iterator[tuple[str, str]]:
    """Yield (table or index, node) of each access; a table is read whole only where no index can serve."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        (answer,) = cursor.fetchone()
        cursor.execute("RESET enable_seqscan")
    plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    for node in _nodes(plan):
        if node["Node Type"] == "Seq Scan":
            yield node["Relation Name"], "whole"
        elif "Index Name" in node:
            yield node["Index Name"], "index"


@pytest.mark.parametrize(
    ("ask", "indexes"),
    [
        pytest.param(lambda: engine.find(Request(in_stock=True)), {"listing_revision"}, id="list"),
        pytest.param(
            lambda: cards_of(Listing.objects.values_list("pk", flat=True), timezone.now()),
            {"catalog_listing_pkey"},
            id="cards",
        ),
        pytest.param(
            lambda: engine.find(Request(text="campera rompe")),
            {"listing_revision", "listing_document"},
            id="words",
        ),
        pytest.param(
            lambda: engine.find(Request(text="779826")),
            {"listing_document", "variant_sku_beginning", "variant_barcode_one", "variant_barcode_beginning"},
            id="code",
        ),
        pytest.param(lambda: engine.find(Request(text="capmera")), set(), id="slip"),
        pytest.param(lambda: engine.suggest("rom", limit=5), set(), id="suggestions"),
    ],
)
def test_every_statement_has_its_index(ask: Callable[[], Any], indexes: set[str]) -> None:
    make_product(("Negro",), ("M",), name="Campera Rompeviento")
    engine.find(Request(text="rompeviento"))
    with CaptureQueriesContext(connection) as captured:
        ask()
    _forget_statistics()
    statements = [one for query in captured.captured_queries for one in query["sql"].split("; ")]
    found = {scan for statement in statements for scan in _scans(statement.replace("%", "%%"))}
    assert {SERVES_AS.get(name, name) for name, kind in found if kind == "index"} >= indexes
    assert not LARGE & {name for name, kind in found if kind == "whole"}
