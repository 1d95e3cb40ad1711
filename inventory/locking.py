"""Lock stock levels in the order that every verb keeps (docs/locking.md)."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from inventory.models import StockLevel
from shop.core.database.kept_queries import KeptQuery


def require_transaction(verb: str) -> None:
    """Require a transaction: without one, row locks would end with the statement.

    Raises: RuntimeError naming the verb: a programming error.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{verb} needs the caller's transaction.")


def lock_levels(*, variant_ids: Collection[UUID], level_ids: Collection[UUID] = ()) -> list[StockLevel]:
    """Lock every level of the variants, and the levels named, in primary key order; return them with their location.

    All levels are locked, also those that sell nothing, so that nothing needs to be locked later, out of order.
    The caller's transaction holds them until it ends. NO KEY UPDATE: a reservation that is updated twice in one
    transaction asks for KEY SHARE of its level at the commit (foreign key), with the reservation locked already; it
    must not wait here.
    """
    require_transaction("lock_levels")
    if level_ids:
        return _NAMED_TOO(list(variant_ids), list(level_ids))
    return _OF_VARIANTS(list(variant_ids))


def _locked(found: QuerySet[StockLevel]) -> QuerySet[StockLevel]:
    return found.select_related("location").order_by("pk").select_for_update(of=("self",), no_key=True)


def _of_variants(variant_ids: list[UUID]) -> QuerySet[StockLevel]:
    return _locked(StockLevel.objects.filter(variant_id__in=variant_ids))


def _named_too(variant_ids: list[UUID], level_ids: list[UUID]) -> QuerySet[StockLevel]:
    named = StockLevel.objects.filter(pk__in=level_ids)
    return _locked(StockLevel.objects.filter(variant_id__in=variant_ids) | named)


_OF_VARIANTS: Final = KeptQuery(_of_variants, list)
_NAMED_TOO: Final = KeptQuery(_named_too, list, list)
