"""How much of a variant should lie where: minimum, optimal and shelf of many levels at once."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from inventory.models import StockLevel

RULES: Final = frozenset({"minimum", "optimal", "bin"})


def set_rules(level_ids: Collection[UUID], *, rules: Mapping[str, Any]) -> int:
    """Set `rules` (any of minimum, optimal, bin) on the levels; return how many there were.

    Locks the levels in primary key order, as carts do, until the caller's transaction ends.

    Raises: ValueError for no rule or another field: figures move through the ledger only.
    """
    if not rules or not rules.keys() <= RULES:
        raise ValueError(f"Rules are {sorted(RULES)}, not {sorted(rules)}.")
    with transaction.atomic():
        found = StockLevel.objects.filter(pk__in=level_ids).order_by("pk").select_for_update(no_key=True)
        keys = list(found.values_list("pk", flat=True))
        return StockLevel.objects.filter(pk__in=keys).update(**rules, updated_at=Now())
