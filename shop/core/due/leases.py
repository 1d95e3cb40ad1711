"""Claims on the row itself: the moment from which it is due is moved into the future while somebody works on it.

For work outside every transaction. The claim of a worker that dies expires, and the row is due again. All moments are
the database's clock. How a row goes:

    due (moment ≤ now) --take--> claimed (moment = now + length) --put_off--> due later, one try more
                                                                 --put_back--> due later, as if never tried
                                                                 --end------> never due again
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Now

from shop.core.database.kept_queries import KeptUpdate
from shop.core.due.locked import free

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim that expires after `length`, longer than any work under it.

    `moment` names the field which says from when a row is due, `tries` the one that counts its tries, where there is
    one. `is_free_when_empty`: a row whose moment is null is free (a mere lock), not done with.
    """

    moment: str
    length: timedelta
    tries: str = ""
    is_free_when_empty: bool = False

    def due(self, rows: "QuerySet[M]") -> "QuerySet[M]":
        """Return those of the rows that are due, the longest waiting first."""
        return rows.filter(self._is_due()).order_by(self.moment)

    def take(
        self, rows: "QuerySet[M]", *, or_if: Q | None = None, waits: bool = False, **values: Any
    ) -> bool:
        """Claim a row, narrowed down by the caller; False: it is not due, or is claimed.

        `or_if`: it may be claimed though it is not due. A row that is locked is skipped (`FOR UPDATE SKIP LOCKED`) and
        stays due; with `waits` its lock is waited for. Compare-and-set: of two workers at once one gets it.
        """
        wanted = self._wanted(rows, or_if)
        changes = self._changes(values)
        if waits:
            return bool(wanted.update(**changes))
        with transaction.atomic():
            keys = list(free(wanted).values_list("pk", flat=True))
            return bool(keys and rows.filter(pk__in=keys).update(**changes))

    def claim(
        self, write: "Callable[..., QuerySet[M]]", *kinds: type, or_if: Q | None = None, **values: Any
    ) -> "KeptUpdate[M]":
        """Return what claims the row that `write` finds, as `take` with `waits`, and returns it as it is then.

        Its SQL is written once (`kept_queries`). No row: it is not due, or is claimed.
        """
        return KeptUpdate(lambda *given: self._wanted(write(*given), or_if), self._changes(values), *kinds)

    def keep(self, rows: "QuerySet[M]", **values: object) -> bool:
        """Extend a claim whose work goes on to its full length."""
        return bool(rows.update(**{self.moment: Now() + self.length}, **values))

    def mine(self, rows: "QuerySet[M]", row: M) -> "QuerySet[M]":
        """Narrow the rows down to one whose claim is still that of `row`, as it was read after `take`.

        A worker whose claim has expired, and whose row another one has claimed since, must change nothing.
        """
        return rows.filter(**{"pk": row.pk, self.tries: getattr(row, self.tries)})

    def put_off(self, rows: "QuerySet[M]", pause: timedelta, **values: object) -> bool:
        """End a claim and make the row due after the pause; its try counts."""
        return bool(rows.update(**{self.moment: Now() + pause}, **values))

    def put_back(self, rows: "QuerySet[M]", pause: timedelta, **values: object) -> bool:
        """End a claim and make the row due after the pause; the try does not count."""
        if self.tries:
            rows = rows.filter(**{f"{self.tries}__gt": 0})
            values = {self.tries: F(self.tries) - 1, **values}
        return bool(rows.update(**{self.moment: Now() + pause}, **values))

    def end(self, rows: "QuerySet[M]", **values: object) -> bool:
        """End the claim; the row is due no more (or free at once, where `is_free_when_empty`)."""
        return bool(rows.update(**{self.moment: None}, **values))

    def _wanted(self, rows: "QuerySet[M]", or_if: Q | None) -> "QuerySet[M]":
        return rows.filter(self._is_due() | or_if if or_if is not None else self._is_due())

    def _changes(self, values: dict[str, Any]) -> dict[str, Any]:
        counted = {self.tries: F(self.tries) + 1} if self.tries else {}
        return {self.moment: Now() + self.length, **counted, **values}

    def _is_due(self) -> Q:
        due = Q(**{f"{self.moment}__lte": Now()})
        return due | Q(**{self.moment: None}) if self.is_free_when_empty else due
