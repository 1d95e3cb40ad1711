"""The rows of a catalogue file: one for each variant, with its product."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet
from import_export.fields import Field

from catalog.exchange.columns import CATALOGUE
from catalog.models import Option, Variant
from shop.core.spreadsheets import cells
from shop.core.spreadsheets.resources import SheetResource


class CatalogueResource(SheetResource):
    """One row for each variant, with its product. `options` get a column each."""

    labels = CATALOGUE
    prefetched = ("variant_values__option", "variant_values__value")
    columns = {
        "sku": ("sku", cells.Text(60, is_required=True, is_code=True)),
        "product": ("product__name", cells.Text(120, is_required=True)),
        "slug": ("product__slug", cells.Text(140)),
        "brand": ("product__brand__name", cells.Text(100, is_required=True)),
        "category": ("product__category__path_slug", cells.Text(250, is_required=True)),
        "supplier": ("product__supplier__name", cells.Text(120)),
        "product_on_sale": ("product__is_active", cells.Flag()),
        "variant": ("name", cells.Text(120)),
        "barcode": ("barcode", cells.Text(32, is_code=True)),
        "price": ("price", cells.Money(is_required=True)),
        "price_before": ("compare_at_price", cells.Money()),
        "weight": ("weight_grams", cells.Whole(empty=0)),
        "most_per_order": ("max_per_order", cells.Whole(least=1, most=32_000)),
        "on_sale": ("is_active", cells.Flag()),
        "place": ("sort_order", cells.Whole(most=2_000_000_000)),
        "summary": ("product__summary", cells.Text(200)),
        "description": ("product__description", cells.Text(10_000)),
        "care": ("product__care", cells.Text(10_000)),
    }

    def __init__(self, options: Mapping[str, Option] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.option_columns = {f"option:{option.code}": name for name, option in (options or {}).items()}
        for code in self.option_columns:
            self.fields[code] = Field(
                column_name=code,
                widget=cells.Text(60),
                dehydrate_method=_value_of(code.removeprefix("option:")),
            )

    def heading(self, code: str) -> str:
        return self.option_columns.get(code) or super().heading(code)

    def get_queryset(self) -> QuerySet[Variant]:
        """Return every variant with what its row shows, in a constant number of queries for each page of them."""
        return (
            Variant.objects.select_related("product__brand", "product__category", "product__supplier")
            .prefetch_related(*self.prefetched)
            .order_by("product__name", "product_id", "sort_order", "sku")
        )


def _value_of(code: str) -> Callable[[Variant], str]:
    def value(variant: Variant) -> str:
        entries = variant.variant_values.all()
        return next((entry.value.name for entry in entries if entry.option.code == code), "")

    return value
