"""The story of a return for its buyer: what has happened, what comes next, in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from orders.models import Reimbursement, Return, ReturnReceipt
from orders.models.money import MoneyState

Status: Final = Return.Status
DONE, NOW, AHEAD = "done", "now", "ahead"


@dataclass(frozen=True, slots=True)
class Step:
    """One entry. `at` None: it has not happened yet, or its instant means nothing to the buyer."""

    title: str
    words: str
    pace: str
    at: datetime | None = None
    is_money: bool = False


def of(rma: Return) -> list[Step]:
    """Return the steps of a return, oldest first (two queries)."""
    owed = Reimbursement.objects.filter(return_decision__rma=rma)
    return in_order(rma, list(rma.receipts.order_by("ordinal")), list(owed))


def in_order(rma: Return, receipts: Sequence[ReturnReceipt], paid: Sequence[Reimbursement]) -> list[Step]:
    """Return the steps of a return, oldest first, from its parcels and from what was paid back for it."""
    is_ours = rma.origin == Return.Origin.STAFF
    begun = _("We entered the return") if is_ours else _("You asked for the return")
    found = [Step(begun, "", DONE, rma.created_at)]
    if rma.status == Status.REQUESTED:
        words = _("Please send nothing before we have answered.")
        return [*found, Step(_("We look at your request"), words, NOW)]
    if rma.approved_at:
        found.append(Step(_("We approved it"), "", DONE, rma.approved_at))
    if rma.sent_at and not receipts:
        found.append(Step(_("You sent it"), rma.tracking_number, DONE, rma.sent_at))
    found += [Step(_("It has arrived"), "", DONE, receipt.received_at) for receipt in receipts]
    found += [_paid(rma, owed) for owed in paid]
    if rma.is_open:
        return [*found, *_ahead(rma, has_come=bool(receipts))]
    return [*found, *_end(rma)]


def _paid(rma: Return, owed: Reimbursement) -> Step:
    if owed.status == Reimbursement.Status.PAID:
        return Step(_("Paid back"), "", DONE, owed.paid_at, is_money=True)
    is_under_way = owed.status == Reimbursement.Status.PAYING
    if not is_under_way and rma.order.money.gone_state == MoneyState.CHARGED_BACK:
        return Step(_("Charged back"), _("Your bank took the payment back."), DONE, is_money=True)
    return Step(_("Your money is on its way back"), "", NOW, owed.created_at, is_money=True)


def _ahead(rma: Return, *, has_come: bool) -> list[Step]:
    if has_come:
        return [Step(_("We look at what you sent"), _("Then we write to you."), NOW)]
    if rma.sent_at:
        return [Step(_("On its way to us"), "", NOW)]
    return [
        Step(_("Send it to us"), _("How, you see on this page."), NOW),
        Step(_("We look at it"), "", AHEAD),
    ]


def _end(rma: Return) -> list[Step]:
    titles = {
        Status.REJECTED: _("We could not accept it"),
        Status.CANCELLED: _("Cancelled"),
        Status.EXPIRED: _("Nothing was sent in time"),
        Status.CLOSED: _("Settled"),
    }
    words = rma.end_reason if rma.status == Status.REJECTED else ""
    return [Step(titles[Status(rma.status)], words, DONE, rma.ended_at)]
