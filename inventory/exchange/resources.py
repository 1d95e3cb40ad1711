"""Which columns there are, what may stand in them, and what an export writes: django-import-export's resources."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model, QuerySet
from import_export import resources
from import_export.fields import Field
from import_export.widgets import Widget

from catalog.models import Option, Variant
from inventory.exchange.columns import CATALOGUE, STOCK, STOCK_INFORMATIVE
from inventory.models import StockLevel
from shop.core.spreadsheets import cells


def _fields(model: type, widgets: Mapping[str, tuple[str, Widget]]) -> dict[str, Field]:
    return {
        code: Field(attribute=attribute, column_name=code, widget=widget)
        for code, (attribute, widget) in widgets.items()
    }


class _Sheet(resources.Resource):
    """A resource whose column names are codes; `labels` are the headings people see."""

    labels: Mapping[str, Any] = {}
    columns: Mapping[str, tuple[str, Widget]] = {}
    # What `prefetch_related` fetches; whoever reads the rows in batches fetches it for each.
    prefetched: tuple[str, ...] = ()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fields = _fields(type(self), self.columns)

    def get_export_order(self) -> list[str]:
        return list(self.fields)

    def heading(self, code: str) -> str:
        """Return what stands above a column, in the active language."""
        return str(self.labels.get(code, code))

    def get_export_headers(self, selected_fields: object = None) -> list[str]:
        # The name of an option is a heading too, and whoever may add options writes it.
        return [cells.guard(self.heading(code)) for code in self.get_export_order()]

    def export_field(self, field: Field, instance: Model, **kwargs: object) -> object:
        value = super().export_field(field, instance, **kwargs)
        return cells.guard(value) if isinstance(value, str) else value


class CatalogueResource(_Sheet):
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
        """Return every variant with what its row tells, in a constant number of queries for each page of them."""
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


class StockResource(_Sheet):
    """One row for each stock level. `as_opening`: the rows book what is there into an empty shop."""

    labels = {**STOCK_INFORMATIVE, **STOCK}
    columns = {
        "sku": ("variant__sku", cells.Text(60, is_required=True, is_code=True)),
        "product": ("variant__product__name", cells.Text(120)),
        "variant": ("variant__name", cells.Text(120)),
        "barcode": ("variant__barcode", cells.Text(32)),
        "location": ("location__code", cells.Text(80)),
        "on_hand": ("on_hand", cells.Whole()),
        "reserved": ("reserved", cells.Whole()),
        "available": ("available", cells.Whole()),
        "act": ("", cells.Text(20)),
        "quantity": ("", cells.Whole(empty=None)),
        "unit_cost": ("", cells.Money(may_be_zero=True)),
        "reference": ("", cells.Text(80)),
        "note": ("", cells.Text(300)),
        "minimum": ("minimum", cells.Whole(empty=0)),
        "optimal": ("optimal", cells.Whole(empty=0)),
        "bin": ("bin", cells.Text(40)),
    }

    def __init__(self, *, as_opening: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.as_opening = as_opening

    def get_queryset(self) -> QuerySet[StockLevel]:
        """Return every level with its variant and place: one query."""
        return StockLevel.objects.select_related("variant__product", "location").order_by(
            "variant__product__name", "variant__sort_order", "variant__sku", "location__priority"
        )

    def dehydrate_act(self, level: StockLevel) -> str:
        return "opening" if self.as_opening and level.on_hand else ""

    def dehydrate_quantity(self, level: StockLevel) -> object:
        return level.on_hand if self.as_opening and level.on_hand else ""

    def dehydrate_unit_cost(self, level: StockLevel) -> str:
        return ""

    def dehydrate_reference(self, level: StockLevel) -> str:
        return ""

    def dehydrate_note(self, level: StockLevel) -> str:
        return ""
