"""Entered amounts with decimals that the shop's currency lacks: nobody could pay them."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Mod

from shop.core import money
from shop.core.user_input.fields import ModelMoneyField


@dataclass(frozen=True)
class Unpayable:
    """One amount with too many decimals: its model and field, and the amount."""

    model: type[models.Model]
    field: str
    pk: object
    words: str
    amount: Decimal


def entered_fields() -> list[tuple[type[models.Model], ModelMoneyField[Any, Any]]]:
    """Return every model's amounts that people type or import."""
    return [
        (model, field)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, ModelMoneyField) and not field.is_recorded
    ]


def unpayable(*, most: int | None = None) -> Iterator[Unpayable]:
    """Yield the amounts with more decimals than the shop's currency takes (at most `most` of each field)."""
    unit = Decimal(1).scaleb(-money.decimals())
    for model, field in entered_fields():
        found = model._base_manager.annotate(rest=Mod(F(field.name), Value(unit, field))).exclude(rest=0)
        for row in found.exclude(**{f"{field.name}__isnull": True}).order_by("pk")[:most]:
            yield Unpayable(model, field.name, row.pk, str(row), getattr(row, field.name))
