"""Our own forms act once, however often they are submitted."""

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

from shop.core.models import IdempotencyKey

R = TypeVar("R")


def once(scope: str, key: str, act: Callable[[], R]) -> tuple[R | None, bool]:
    """Call `act` unless this key was used in this scope before; return its result and whether it was called.

    Key and act live in one transaction: an act that raises uses up no key. A concurrent call with the same key waits
    until the first one ends (`ON CONFLICT DO NOTHING` waits for it), so that two clicks at once act once.
    """
    with transaction.atomic():
        mine = IdempotencyKey(scope=scope, key=key)
        IdempotencyKey.objects.bulk_create([mine], ignore_conflicts=True)
        if not IdempotencyKey.objects.filter(pk=mine.pk).exists():
            return None, False
        return act(), True
