"""What sells best: by product, variant, category, brand or collection, from the sums of each variant's days.

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
from shop.reports.periods import Period, before

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
# Of each group of days: its sums in the period and before, and a row whose SKU and name stand for all.
_SUMS: Final = """
           min(id) AS one,
           sum(units) FILTER (WHERE day >= %(since)s) AS units,
           sum(units_returned) FILTER (WHERE day >= %(since)s) AS units_returned,
           sum(amount) FILTER (WHERE day >= %(since)s) AS amount,
           sum(returned) FILTER (WHERE day >= %(since)s) AS returned,
           sum(units - units_returned) FILTER (WHERE day < %(since)s) AS earlier_units,
           sum(amount - returned) FILTER (WHERE day < %(since)s) AS earlier
      FROM reports_productday
     WHERE day BETWEEN %(before)s AND %(until)s AND currency = %(currency)s
"""
# Variants are added up by their key alone: by its SKU as well, a year of them would be sorted on the disk.
_BEST: Final = """
WITH summed AS (
    SELECT variant_id, {sums} AND variant_id IS NOT NULL GROUP BY variant_id
     UNION ALL
    SELECT NULL, {sums} AND variant_id IS NULL GROUP BY sku
), row AS (
    SELECT summed.*, day.sku, day.name FROM summed JOIN reports_productday AS day ON day.id = summed.one
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
    """Return what sold best in a period, by one statement.

    Raises:
        KeyError: no such grouping (`BY`) or order (`ORDER`).
    """
    key, name, under = _GROUPS[by]
    statement = _BEST.format(
        sums=_SUMS,
        key=key,
        # Of a variant that was deleted only its SKU and name are left.
        sku="CASE WHEN variant.id IS NULL THEN row.sku END" if by in {"product", "variant"} else "NULL",
        name=name,
        under=under,
        columns=_COLUMNS[by],
        joins=_COLLECTIONS if by == "collection" else "",
        order=_RANKS[order],
    )
    params: dict[str, str | int | date] = {
        "before": before(period).since,
        "since": period.since,
        "until": period.until,
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
