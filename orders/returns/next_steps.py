"""Why nothing of a return is to be decided, and what its next step is, in words for the staff."""

from django.utils.translation import gettext as _

from orders.models import Return
from orders.returns.units import lines

Status = Return.Status


def when_nothing_is_to_decide(rma: Return) -> str:
    """Return why nobody decides about money for a return now, and what comes next. One query."""
    if rma.status == Status.REQUESTED:
        return _("Nothing is to be decided yet: answer the buyer's request first.")
    if rma.status != Status.APPROVED:
        return _("Nothing is to be decided: the return has ended.")
    rows = list(lines().filter(rma=rma))
    if not any(row.exchanging for row in rows):
        return _(
            "Nothing is to be decided: all of it is decided. What is owed is paid back on the return's page."
        )
    why = _("Nothing is to be decided: all of it is exchanged, and no money goes back.")
    return f"{why} {_next(rows)}"


def _next(rows: list[object]) -> str:
    """Return the next step of a return whose units are all exchanged."""
    received, inspected = (sum(getattr(row, name) for row in rows) for name in ("received", "inspected"))
    if not received:
        return _("Next: receive the parcel when it comes.")
    if inspected < received:
        return _("Next: inspect what has come.")
    return _("Next: see to the exchange; what it sends leaves with it.")
