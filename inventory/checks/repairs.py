"""Repairs: an inconsistent figure is recomputed from its rows, by a named person, with the reason.

Checking never repairs. A repair is one `StockRepair` row, and the database does the counting when it is inserted
(`inventory/models/proofs.py`): neither a form nor a command can set a figure to anything but the sum of its rows. When
the rows themselves are wrong (somebody changed the ledger), the figure follows them, and a count or an adjustment with
its own movement corrects the rest.
"""

from uuid import UUID

from django.db import IntegrityError, transaction

from inventory.models import StockLevel, StockRepair

Figure = StockRepair.Figure


class NothingToRepair(Exception):
    """The figure equals the sum of its rows. Trying again does not help."""


class CannotRepair(Exception):
    """The sum of the rows is impossible (more reserved than on hand). Correct the reservations or the ledger first."""

    def __init__(self, level: StockLevel) -> None:
        super().__init__(f"the rows of {level.pk} say what cannot be")
        self.level = level


def repair(*, level_id: UUID, figure: str, reason: str, actor: str) -> StockRepair:
    """Set `on_hand` to the sum of the movements, or `reserved` to the sum of the active reservations; return the row
    of it.

    Locks the one level, until the caller's transaction ends.

    Raises:
        NothingToRepair: they agree. CannotRepair: the sum breaks a constraint (reserved > on hand, or below zero).
        ValueError: no reason, or no such figure.
    """
    if figure not in Figure.values:
        raise ValueError(f"There is no figure {figure!r}.")
    if not reason.strip():
        raise ValueError("Say why.")
    level = StockLevel.objects.get(pk=level_id)
    try:
        with transaction.atomic():
            row = StockRepair.objects.create(
                level=level, figure=figure, reason=reason.strip()[:300], actor=actor[:150]
            )
    except IntegrityError as error:
        if "stockrepair_changes_something" in str(error):
            raise NothingToRepair from error
        if "stocklevel_" in str(error):
            raise CannotRepair(level) from error
        raise
    row.refresh_from_db()
    return row
