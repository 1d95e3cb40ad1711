"""What sells best: by product, variant, category, brand or collection, from the sums of each variant.

Figures are of what was sold in the period: what of it has gone back until now is taken off, whenever it went back, so
that nothing ranks that was sold and returned, and no return of older sales makes a product negative.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from shop.core.money import ZERO
from shop.reports import product_periods
from shop.reports.periods import Grain, Period, before, pieces

BY: Final[Mapping[str, StrOrPromise]] = {
    "product": _("Product"),
    "variant": _("Variant"),
    "category": _("Category"),
    "brand": _("Brand"),
    "collection": _("Collection"),
}
ORDER: Final[Mapping[str, StrOrPromise]] = {"units": _("units"), "amount": _("amount")}
# What each row of a grouping is: its key, its name and a second line, in terms of the tables joined below.
_GROUPS: Final = {
    "product": ("product.id::text", "coalesce(product.name, max(row.name))", "brand.name"),
    "variant": ("variant.id::text", "max(row.name)", "max(row.sku)"),
    "category": ("category.id::text", "category.name", "category.path_slug"),
    "brand": ("brand.id::text", "brand.name", "NULL"),
    "collection": ("collection.id::text", "collection.name", "NULL"),
}
_COLLECTIONS: Final = """
  LEFT JOIN catalog_collectionproduct AS place ON place.product_id = product.id
  LEFT JOIN catalog_collection AS collection ON collection.id = place.collection_id
"""
# Sums of each variant in the period (`is_now`) and before: of its whole months and weeks, and of the days at the ends.
_SUMS: Final = """
    SELECT variant_id, sku, name, units, units_returned, amount, returned, {first} >= %(since)s AS is_now
      FROM {table}
     WHERE {first} = ANY (%({grain}s)s) AND currency = %(currency)s
"""
_PIECES: Final = " UNION ALL ".join(
    [
        _SUMS.format(table="reports_productday", first="day", grain="day"),
        *(
            _SUMS.format(table="reports_productperiod", first="first_day", grain=grain)
            + f" AND grain = '{grain}'"
            for grain in (Grain.WEEK, Grain.MONTH)
        ),
    ]
)
# Variants are added up by their key alone; those that were deleted by the SKU that is left.
_BEST: Final = """
WITH piece AS (
{pieces}
), row AS (
    SELECT variant_id, max(sku COLLATE "C") AS sku, max(name COLLATE "C") AS name,
           sum(units) FILTER (WHERE is_now) AS units,
           sum(units_returned) FILTER (WHERE is_now) AS units_returned,
           sum(amount) FILTER (WHERE is_now) AS amount,
           sum(returned) FILTER (WHERE is_now) AS returned,
           sum(units - units_returned) FILTER (WHERE NOT is_now) AS earlier_units,
           sum(amount - returned) FILTER (WHERE NOT is_now) AS earlier
      FROM piece
     GROUP BY variant_id, CASE WHEN variant_id IS NULL THEN sku END
), grouped AS (
    SELECT {key} AS key, {sku} AS sku, {name} AS name, {under} AS under,
           coalesce(sum(row.units), 0) AS units, coalesce(sum(row.units_returned), 0) AS units_returned,
           coalesce(sum(row.amount), 0) AS amount, coalesce(sum(row.returned), 0) AS returned,
           coalesce(sum(row.earlier_units), 0) AS earlier_units, coalesce(sum(row.earlier), 0) AS earlier
      FROM row
      LEFT JOIN catalog_variant AS variant ON variant.id = row.variant_id
      LEFT JOIN catalog_product AS product ON product.id = variant.product_id
      LEFT JOIN catalog_category AS category ON category.id = product.category_id
      LEFT JOIN catalog_brand AS brand ON brand.id = product.brand_id
      {joins}
     GROUP BY 1, 2, {columns}
)
SELECT key, sku, name, under, units, units_returned, amount, returned, earlier_units, earlier,
       count(*) OVER () AS number,
       sum(units - units_returned) OVER () AS all_units, sum(amount - returned) OVER () AS all_amount
  FROM grouped
 WHERE units > 0
 ORDER BY {order} DESC, name, key
 LIMIT %(limit)s OFFSET %(offset)s
"""
_COLUMNS: Final = {
    "product": "product.name, brand.name",
    "variant": "variant.id",
    "category": "category.name, category.path_slug",
    "brand": "brand.name",
    "collection": "collection.name",
}
_RANKS: Final = {"units": "units - units_returned", "amount": "amount - returned"}


@dataclass(frozen=True, slots=True)
class BestSeller:
    """One row: what was sold of it in the period and what of that has gone back; `earlier`: kept in the period before.

    `key` is that of the product, variant, category, brand or collection; "": it is in none, or was deleted (`sku`).
    """

    key: str
    sku: str
    name: str
    under: str
    units: int
    units_returned: int
    amount: Decimal
    returned: Decimal
    earlier_units: int
    earlier: Decimal

    @property
    def kept_units(self) -> int:
        return self.units - self.units_returned

    @property
    def kept(self) -> Decimal:
        return self.amount - self.returned


@dataclass(frozen=True, slots=True)
class BestSellers:
    """A page of rows, the best first. `number`: of all rows; sums are of all rows, of collections they may overlap."""

    rows: Sequence[BestSeller]
    number: int = 0
    units: int = 0
    amount: Decimal = ZERO


def best(
    period: Period,
    *,
    by: str = "product",
    order: str = "units",
    currency: str = "",
    limit: int = 50,
    offset: int = 0,
) -> BestSellers:
    """Return what sold best in a period, by two statements.

    Raises:
        KeyError: no such grouping (`BY`) or order (`ORDER`).
    """
    key, name, under = _GROUPS[by]
    statement = _BEST.format(
        pieces=_PIECES,
        key=key,
        # Of a variant that was deleted only its SKU and name are left.
        sku="CASE WHEN variant.id IS NULL THEN row.sku END" if by in {"product", "variant"} else "NULL",
        name=name,
        under=under,
        columns=_COLUMNS[by],
        joins=_COLLECTIONS if by == "collection" else "",
        order=_RANKS[order],
    )
    params: dict[str, str | int | date | list[date]] = {
        **_first_days(period),
        "since": period.since,
        "currency": currency or settings.SHOP_CURRENCY,
        "limit": limit,
        "offset": offset,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        found = cursor.fetchall()
    if not found:
        return BestSellers([])
    number, units, amount = found[0][10:]
    return BestSellers([_row(*row[:10]) for row in found], number, int(units), amount)


def _first_days(period: Period) -> dict[str, list[date]]:
    """Return of which days, weeks and months the period and the one before consist, by their first days."""
    both = (before(period), period)
    if not product_periods.are_complete():
        return {"days": [day for one in both for day in one], "weeks": [], "months": []}
    found = [pieces(one) for one in both]
    return {f"{grain}s": [day for one in found for day in one[grain]] for grain in Grain}


def _row(
    key: str | None,
    sku: str | None,
    name: str | None,
    under: str | None,
    units: Decimal,
    units_returned: Decimal,
    amount: Decimal,
    returned: Decimal,
    earlier_units: Decimal,
    earlier: Decimal,
) -> BestSeller:
    return BestSeller(
        key or "",
        sku or "",
        name or "",
        under or "",
        int(units),
        int(units_returned),
        amount,
        returned,
        int(earlier_units),
        earlier,
    )
