"""What can be exported as a file: its rows, how many there are, and who may have them.

Filters are what a job keeps of a page's choices: texts and keys alone (JSON).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.exchange.columns import option_headings
from catalog.exchange.resources import CatalogueResource
from catalog.models import Category, Option
from inventory.counts import count_files
from inventory.exchange.resources import StockResource
from inventory.ledger import valuation
from inventory.models import ExportJob, StockCount
from inventory.purchasing import replenishment
from shop.core.spreadsheets import batches
from shop.core.spreadsheets.cells import guard

Filters = Mapping[str, Any]
Table = Iterator[list[Any]]
Contents = ExportJob.Contents


@dataclass(frozen=True)
class Listing:
    """A list. `table` yields the headings and then the rows, inside a transaction, in constant memory.

    `count` gives the number of rows, counted no further than the second argument. `stem` is the file's name without
    its ending.
    """

    permissions: tuple[str, ...]
    count: Callable[[Filters, int | None], int]
    table: Callable[[Filters], Table]
    stem: Callable[[Filters], str]


def _rows(resource: Any) -> Table:
    yield resource.get_export_headers()
    for rows in batches.of_models(resource.get_queryset()):
        prefetch_related_objects(rows, *resource.prefetched)
        for row in rows:
            yield resource.export_resource(row)
            # Prefetched objects refer back to their row: without breaking the cycle, a long list stays in memory until
            # a full collection.
            getattr(row, "_prefetched_objects_cache", {}).clear()


def _catalogue(filters: Filters) -> Table:
    return _rows(CatalogueResource(options=option_headings(Option.objects.all())))


def _stock(filters: Filters) -> Table:
    return _rows(StockResource())


def _openings(filters: Filters) -> Table:
    return _rows(StockResource(as_opening=True))


def _of_day(name: object) -> Callable[[Filters], str]:
    return lambda _filters: f"{_stem(name)}-{timezone.localdate():%Y-%m-%d}"


def _stem(name: object) -> str:
    """Return a name in the reader's language as the beginning of a file's name: ASCII, whatever the language."""
    return slugify(str(name))


def _variants(filters: Filters, most: int | None) -> int:
    return CatalogueResource().get_queryset().order_by()[:most].count()


def _levels(filters: Filters, most: int | None) -> int:
    return StockResource().get_queryset().order_by()[:most].count()


def _asked_of_valuation(filters: Filters) -> dict[str, Any]:
    """Return the arguments of `valuation.levels`. Raises: Category.DoesNotExist."""
    category, at = filters.get("category"), filters.get("at")
    return {
        "at": datetime.fromisoformat(at) if at else None,
        "location_id": UUID(filters["location"]) if filters.get("location") else None,
        "category_path": Category.objects.get(pk=category).path if category else None,
    }


def _holdings(filters: Filters, most: int | None) -> int:
    return valuation.levels(**_asked_of_valuation(filters)).order_by()[:most].count()


def _valuation(filters: Filters) -> Table:
    yield [
        _("SKU"),
        _("product"),
        _("variant"),
        _("category"),
        _("location"),
        _("units"),
        _("average cost"),
        _("value"),
    ]
    for row in valuation.each_holding(**_asked_of_valuation(filters)):
        place = row.location or _("on the way")
        words = (row.sku, row.product, row.variant, row.category, place)
        cost = "" if row.cost is None else row.cost.quantize(valuation.CENT)
        yield [*map(guard, words), row.units, cost, "" if row.value is None else row.value]


def _moment_of_valuation(filters: Filters) -> str:
    at = datetime.fromisoformat(filters["at"]) if filters.get("at") else None
    name = _stem(_("valuation"))
    return f"{name}-{timezone.localtime(at):%Y-%m-%d-%H%M}"


def _asked_of_needs(filters: Filters) -> dict[str, Any]:
    """Return the arguments of `replenishment.needs`."""
    return {
        "location_id": UUID(filters["location"]) if filters.get("location") else None,
        "supplier_id": UUID(filters["supplier"]) if filters.get("supplier") else None,
        "below_minimum": filters.get("only") == "minimum",
    }


def _replenish(filters: Filters) -> Table:
    yield [
        "supplier",
        "location",
        "sku",
        "product",
        "variant",
        "available",
        "minimum",
        "optimal",
        "on_order",
        "drafted",
        "wanted",
        "unit_cost",
    ]
    for need in replenishment.each_need(**_asked_of_needs(filters)):
        words = (need.supplier, need.location, need.sku, need.product, need.variant)
        yield [
            *map(guard, words),
            need.available,
            need.minimum,
            need.optimal,
            need.on_order,
            need.drafted,
            need.wanted,
            need.unit_cost,
        ]


def _stock_count(filters: Filters) -> StockCount:
    return StockCount.objects.get(pk=filters["count"])


_LEVELS: Final = ("inventory.view_stocklevel",)
LISTINGS: Final[dict[str, Listing]] = {
    Contents.CATALOGUE: Listing(
        ("catalog.view_variant",), _variants, _catalogue, _of_day(gettext_lazy("catalogue"))
    ),
    Contents.STOCK: Listing(_LEVELS, _levels, _stock, _of_day(gettext_lazy("stock"))),
    Contents.OPENING: Listing(_LEVELS, _levels, _openings, _of_day(gettext_lazy("opening"))),
    Contents.VALUATION: Listing(
        (*_LEVELS, "inventory.view_stockmovement"), _holdings, _valuation, _moment_of_valuation
    ),
    Contents.REPLENISH: Listing(
        ("inventory.view_purchaseorder",),
        lambda filters, most: replenishment.count(**_asked_of_needs(filters), most=most),
        _replenish,
        lambda _filters: _stem(_("what to buy")),
    ),
    Contents.COUNT: Listing(
        ("inventory.view_stockcount",),
        lambda filters, most: _stock_count(filters).lines.order_by()[:most].count(),
        lambda filters: count_files.sheet_rows(_stock_count(filters)),
        lambda filters: _stock_count(filters).number,
    ),
}
