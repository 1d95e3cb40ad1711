"""Minimum, optimal and bin of many levels at once."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from inventory.models import StockLevel
from shop.core.backoffice.form_fingerprint import fingerprint

RULES: Final = frozenset({"minimum", "optimal", "bin"})


class RulesChanged(Exception):
    """Since they were shown, rules that would be overwritten have changed, or the levels are others.

    `now` has for each rule that is no longer as shown its present values and how many levels have each.
    """

    def __init__(self, now: Mapping[str, "Counter[Any]"]) -> None:
        super().__init__(f"changed meanwhile: {', '.join(sorted(now))}")
        self.now = now


def seen(level_ids: Collection[UUID]) -> dict[str, str]:
    """Return a fingerprint of each rule of these levels as they are: `set_rules` compares with it. Locks nothing."""
    return _prints(_rules_of(level_ids))


def set_rules(
    level_ids: Collection[UUID], *, rules: Mapping[str, object], shown: Mapping[str, str] | None = None
) -> int:
    """Set `rules` (any of minimum, optimal, bin) on the levels; return how many there were.

    Locks the levels in primary key order, as carts do, until the caller's transaction ends.

    Args:
        shown: what `seen` returned when the levels were shown; None skips the comparison.

    Raises:
        ValueError: no rule or another field: figures move through the ledger only.
        RulesChanged: a rule that would be set is no longer as it was shown. Nothing is set then.
    """
    if not rules or not rules.keys() <= RULES:
        raise ValueError(f"Rules are {sorted(RULES)}, not {sorted(rules)}.")
    with transaction.atomic():
        found = StockLevel.objects.filter(pk__in=level_ids).order_by("pk").select_for_update(no_key=True)
        keys = list(found.values_list("pk", flat=True))
        if shown is not None:
            _demand_as_shown(keys, rules, shown)
        return StockLevel.objects.filter(pk__in=keys).update(**rules, updated_at=Now())


def _demand_as_shown(keys: Collection[UUID], rules: Mapping[str, object], shown: Mapping[str, str]) -> None:
    rows = _rules_of(keys)
    now = _prints(rows)
    changed = sorted(name for name in rules if shown.get(name) != now[name])
    if changed:
        raise RulesChanged({name: Counter(row[name] for row in rows) for name in changed})


def _rules_of(level_ids: Collection[UUID]) -> list[dict[str, object]]:
    return list(StockLevel.objects.filter(pk__in=level_ids).order_by("pk").values("pk", *RULES))


def _prints(rows: list[dict[str, object]]) -> dict[str, str]:
    return {name: fingerprint([f"{row['pk']}={row[name]}" for row in rows]) for name in RULES}
