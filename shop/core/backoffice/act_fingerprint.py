"""Fingerprints of the rows that a confirmation page showed, which somebody else may change meanwhile.

Minutes may pass between the page and its submission. The page carries a fingerprint of what it showed of each row;
before the verb is called, in its transaction, the rows are read again. Rows that have changed are not acted on: the
page is shown again with the present state, and submitting it again acts.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final, cast

from django.db.models import QuerySet

from shop.core.backoffice import form_fingerprint

# By key of row: the values shown and acted on. Locks the rows when its argument is true, in the verb's order.
ShownRows = Callable[[bool], Mapping[str, object]]
Lock = Callable[[Collection[Any]], object]


class ChangedMeanwhile(Exception):
    """Rows are not as they were shown, or the form has no fingerprints. Nothing was done; reload and submit again."""

    def __init__(self, keys: Collection[str]) -> None:
        super().__init__(f"changed meanwhile: {', '.join(sorted(keys))}")
        self.keys = frozenset(keys)


def columns(rows: "QuerySet[Any]", *names: str, lock: Lock | None = None) -> ShownRows:
    """Return the `ShownRows` of these columns. It locks the rows by primary key, or by `lock` with their keys."""
    everything: Any = rows.model._base_manager

    def shown_rows(is_acting: bool) -> dict[str, object]:
        keys = sorted(rows.order_by().values_list("pk", flat=True))
        chosen = everything.filter(pk__in=keys).order_by("pk")
        if is_acting:
            _locked(chosen) if lock is None else lock(keys)
        return {
            str(key): [_exact(one) for one in values] for key, *values in chosen.values_list("pk", *names)
        }

    return shown_rows


def _exact(value: object) -> object:
    """Return an instant with microseconds: two changes may happen in one second."""
    return value.isoformat() if isinstance(value, datetime) else value


def _locked(rows: "QuerySet[Any]") -> None:
    list(rows.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))


class Shows:
    """What a form shows of the rows that it acts on."""

    FIELD: Final = form_fingerprint.FIELD

    def __init__(self, subject: str, shown_rows: ShownRows, *, may_shrink: bool) -> None:
        self.subject, self.shown_rows, self.may_shrink = f"seen:{subject}", shown_rows, may_shrink
        self.keys: list[str] = []  # Of the rows that are as they were shown; known when the verb is called.

    def signed(self) -> str:
        """Return the fingerprints of the rows as they are, for the form's hidden field. Locks nothing."""
        return form_fingerprint.sign(_prints(self.shown_rows(False)), self.subject)

    def read(self, sent: str | None) -> dict[str, str]:
        """Return the fingerprints of a sent form; empty when it has none of this act."""
        return cast(dict[str, str], form_fingerprint.read(sent, self.subject))

    def demand(self, before: Mapping[str, str], *, touched: Collection[str] | None = None) -> None:
        """Lock the rows and keep the keys of those that are as the sent form showed them; within the transaction.

        Rows that were not shown are not acted on, nor, when `touched` is given, others than these. One that is gone is
        a change, but for `may_shrink`: rows that have ended since are skipped.

        Raises:
            ChangedMeanwhile: a row that was shown has changed, or the form has no fingerprints.
        """
        now = _prints(self.shown_rows(True))
        meant = set(before) if touched is None else set(touched)
        changed = {key for key in meant & now.keys() if now[key] != before.get(key)}
        gone = set() if self.may_shrink else meant - now.keys()
        unsaid = set() if before else set(now)
        if changed | gone | unsaid:
            raise ChangedMeanwhile(changed | gone | unsaid)
        self.keys = [key for key in now if key in meant]


def _prints(found: Mapping[str, object]) -> dict[str, str]:
    return {key: form_fingerprint.fingerprint(value) for key, value in found.items()}
