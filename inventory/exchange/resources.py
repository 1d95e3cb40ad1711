"""The rows of a stock file: one for each stock level."""

from typing import Any

from django.db.models import QuerySet

from inventory.exchange.columns import STOCK, STOCK_INFORMATIVE
from inventory.models import StockLevel
from shop.core.spreadsheets import cells
from shop.core.spreadsheets.resources import SheetResource


class StockResource(SheetResource):
    """One row for each stock level. `as_opening`: the rows book the present stock into an empty shop."""

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
