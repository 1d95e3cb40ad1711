"""The state of a return as lists and clients read it, derived from its headline and the facts on its lines."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.models import Claim, Exchange, Return, ReturnDecision, ReturnReceipt
from orders.returns.units import lines

Status = Return.Status


class State(StrEnum):
    """What clients call the states of a return; `in transit` is approved, `inspected` is received."""

    REQUESTED = "requested"
    APPROVED = "approved"
    RECEIVED = "received"
    REJECTED = "rejected"
    REFUNDED = "refunded"


WORDS = {
    State.REQUESTED: pgettext_lazy("return of goods", "requested"),
    State.APPROVED: pgettext_lazy("return of goods", "approved"),
    State.RECEIVED: pgettext_lazy("return of goods", "received"),
    State.REJECTED: pgettext_lazy("return of goods", "rejected"),
    State.REFUNDED: pgettext_lazy("return of goods", "refunded"),
}


def with_words(rows: Iterable[Any]) -> list[Any]:
    """Return rows of `with_state` with `words`: the state in words."""
    found = list(rows)
    for rma in found:
        rma.words = words_of(rma)
    return found


def words_of(rma: Any) -> str:
    """Return the state of a row of `with_state` in words, with its mark."""
    words = str(WORDS[State(rma.state)])
    return f"{words} · {EXCHANGED}" if rma.is_exchanged else words


EXCHANGED = _("exchanged")
_CAME = Exists(ReturnReceipt.objects.filter(rma=OuterRef("pk")))
_PAID = Exists(ReturnDecision.objects.filter(rma=OuterRef("pk"), reimbursement__isnull=False))
_CLAIM = Claim.objects.filter(rma=OuterRef("pk"))
_IS_EXCHANGED = Exists(Exchange.objects.filter(rma=OuterRef("pk"), status=Exchange.Status.RELEASED)) | Exists(
    _CLAIM.filter(outcome__in=[Claim.Outcome.REPLACE, Claim.Outcome.BOTH])
)
_DECIDED = Exists(ReturnDecision.objects.filter(rma=OuterRef("pk"), withdrawn_at=None))
_UNPAID = Exists(
    ReturnDecision.objects.filter(rma=OuterRef("pk"), withdrawn_at=None, reimbursement=None, total__gt=0)
)


def with_state(rows: "QuerySet[Return]") -> QuerySet[Any]:
    """Add `state`, and `is_exchanged`: other units were sent for those that came back.

    Closed with money is refunded, closed by an exchange is received; closed without either, cancelled and expired are
    rejected.
    """
    found: QuerySet[Any] = rows.annotate(
        is_exchanged=Q(status=Status.CLOSED) & _IS_EXCHANGED,
        state=Case(
            When(status=Status.REQUESTED, then=Value(State.REQUESTED.value)),
            When(
                Q(status=Status.CLOSED) & (_PAID | Exists(_CLAIM.filter(reimbursement__isnull=False))),
                then=Value(State.REFUNDED.value),
            ),
            When(Q(status=Status.CLOSED) & _IS_EXCHANGED, then=Value(State.RECEIVED.value)),
            When(Q(status=Status.APPROVED) & _CAME, then=Value(State.RECEIVED.value)),
            When(status=Status.APPROVED, then=Value(State.APPROVED.value)),
            default=Value(State.REJECTED.value),
            output_field=CharField(),
        ),
    )
    return found


def with_todo(rows: "QuerySet[Return]") -> QuerySet[Any]:
    """Add to `with_state` what is to be done next, as `in_queue` says it, and whether something of it has come.

    `is_in_exchange`: other units are wished instead of all or some of it, and its exchange is open.
    """
    is_approved = Q(status=Status.APPROVED)
    open_exchange = Exchange.objects.filter(rma=OuterRef("pk"), status=Exchange.Status.REQUESTED)
    found: QuerySet[Any] = with_state(rows).annotate(
        has_come=_CAME,
        is_to_inspect=is_approved & Exists(_with_units_to_inspect().filter(rma=OuterRef("pk"))),
        is_to_decide=is_approved & _CAME & ~_DECIDED,
        is_to_pay=is_approved & _UNPAID,
        is_in_exchange=Exists(open_exchange),
    )
    return found


class Queue(StrEnum):
    """What the staff has to do next; a return may be in two of them."""

    TO_APPROVE = "to_approve"
    AWAITED = "awaited"
    TO_INSPECT = "to_inspect"
    TO_DECIDE = "to_decide"
    TO_PAY = "to_pay"


QUEUE_WORDS = {
    Queue.TO_APPROVE: _("to approve"),
    Queue.AWAITED: _("parcel awaited"),
    Queue.TO_INSPECT: _("to inspect"),
    Queue.TO_DECIDE: _("to decide"),
    Queue.TO_PAY: _("to pay back"),
}


def in_queue(rows: "QuerySet[Return]", queue: str) -> "QuerySet[Return]":
    """Return those of the returns that wait for this act."""
    approved = rows.filter(status=Status.APPROVED)
    match queue:
        case Queue.TO_APPROVE:
            return rows.filter(status=Status.REQUESTED)
        case Queue.AWAITED:
            return approved.filter(~_CAME)
        case Queue.TO_INSPECT:
            return approved.filter(pk__in=_with_units_to_inspect())
        case Queue.TO_DECIDE:
            return approved.filter(_CAME, ~_DECIDED)
        case Queue.TO_PAY:
            return approved.filter(_UNPAID)
    return rows


def _with_units_to_inspect() -> QuerySet[Any]:
    open_lines = lines().filter(rma__status=Status.APPROVED)
    return open_lines.filter(received__gt=F("inspected")).values("rma")
