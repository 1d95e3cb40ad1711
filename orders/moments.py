"""An entry of an order's timeline for its buyer, and those of what happens after the sale.

What is internal stays out: reasons of the staff, their names, notes, tries. A gift's return is not told to the buyer;
the money that comes back for it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db.models import Min, Prefetch, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from orders.models import (
    Claim,
    Exchange,
    ExchangeCharge,
    InstallmentEvent,
    InstallmentPlan,
    Order,
    Reimbursement,
    Replacement,
    ReturnLine,
    WithdrawalRequest,
)
from orders.models.money import LIVE_REFUNDS, MoneyState
from orders.returns import steps
from shop.core.database.kept_queries import KeptQuery
from shop.core.database.read_ahead import Wanted, of
from shop.core.money import display as money


class Pace(StrEnum):
    """Whether an entry is past, present, or to come."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry. `at` None: it has not happened yet, or its instant means nothing to the buyer.

    `url`: the carrier's page that shows where the parcel is. `page`: the page of ours where it goes on, and `link` what
    its link says.
    """

    title: str
    words: str
    pace: Pace
    at: datetime | None = None
    url: str = ""
    page: str = ""
    link: str = ""


_CLAIM_ENDS: Final = {Claim.Status.RESOLVED, Claim.Status.DENIED}


def _sent_back(order_id: UUID) -> Any:
    # Refunds are above orders in the import order: they are reached through the reverse relations.
    rows: Any = Order.objects.filter(pk=order_id, payments__refunds__status__in=LIVE_REFUNDS)
    names = ("amount", "currency", "created_at", "succeeded_at")
    rows = rows.order_by("payments__refunds__created_at")
    return rows.values_list(*(f"payments__refunds__{name}" for name in names))


def _owed(order_id: UUID) -> "QuerySet[Reimbursement]":
    return Reimbursement.objects.filter(order_id=order_id, status=Reimbursement.Status.OWED)


_WITHDRAWALS: Final = KeptQuery(
    lambda key: WithdrawalRequest.objects.filter(order_id=key).order_by("created_at"), UUID
)
_SENT_BACK: Final = KeptQuery(_sent_back, UUID)
_OWED: Final = KeptQuery(_owed, UUID)


def ahead(order: Order) -> list[Wanted]:
    """Return what `after_the_sale` asks of every order."""
    return [(query, order.pk) for query in (_WITHDRAWALS, _SENT_BACK, _OWED)]


def after_the_sale(order: Order, *, has_left: bool) -> list[Moment]:
    """Return what became of an order after its sale, oldest first, whatever is still to be done at the end.

    `has_left`: something of it was sent; without that nothing comes back. A fixed number of queries.
    """
    moments = [
        *_late(order),
        *_withdrawals(order),
        *_money_back(order),
        *_fallen(getattr(order, "plan", None)),
    ]
    if has_left:
        moments += [*_returns(order), *_exchanges(order), *_claims(order)]
    return sorted(moments, key=lambda one: one.at.timestamp() if one.at else 0)


def _late(order: Order) -> Iterable[Moment]:
    if order.late_since and order.promised_by:
        day = date_format(order.promised_by, "SHORT_DATE_FORMAT")
        words = _("We had told you %(day)s, and were not in time. We are sorry.") % {"day": day}
        yield Moment(_("It takes longer than we said"), words, Pace.DONE, order.late_since)


def _withdrawals(order: Order) -> Iterable[Moment]:
    for asked in of(order, _WITHDRAWALS, order.pk):
        words = _("Your code is %(code)s.") % {"code": asked.code}
        yield Moment(_("You withdrew from the purchase"), words, Pace.DONE, asked.created_at)


def _returns(order: Order) -> Iterable[Moment]:
    rows = order.returns.filter(is_gift=False).prefetch_related(
        "receipts",
        "decisions__reimbursement",
        Prefetch("lines", ReturnLine.objects.filter(quantity__gt=0).select_related("order_line")),
    )
    for rma in rows.order_by("ordinal"):
        rma.order = order
        units = ", ".join(f"{line.quantity} × {line.order_line.name}" for line in rma.lines.all())
        owed = [made.reimbursement for made in rma.decisions.all() if made.reimbursement]
        for number, step in enumerate(steps.in_order(rma, list(rma.receipts.all()), owed)):
            # What goes back is told with its amount, as all money of the order (`_money_back`).
            if step.pace == steps.AHEAD or step.is_money:
                continue
            words = " ".join(filter(None, (f"{rma.number}.", step.words, units if not number else "")))
            page = rma.get_absolute_url() if not number or step.pace == steps.NOW else ""
            yield Moment(
                step.title,
                words,
                Pace(step.pace),
                step.at,
                page=page,
                link=_("See the return") if page else "",
            )


def _exchanges(order: Order) -> Iterable[Moment]:
    rows = order.exchanges.filter(rma__is_gift=False).select_related("charge", "rma")
    units = Prefetch("units", Replacement.objects.select_related("replaced"))
    for exchange in rows.prefetch_related(units).order_by("ordinal"):
        exchange.order = exchange.rma.order = order
        yield from _of_exchange(exchange)


def _of_exchange(exchange: Exchange) -> Iterable[Moment]:
    new = ", ".join(unit.name for unit in exchange.units.all())
    words = f"{exchange.number}. {new}"
    page = exchange.rma.get_absolute_url()
    yield Moment(
        _("You asked for an exchange"),
        words,
        Pace.DONE,
        exchange.created_at,
        page=page,
        link=_("See the return"),
    )
    charge: ExchangeCharge | None = getattr(exchange, "charge", None)
    if charge is not None:
        yield from _of_charge(charge, exchange)
    if exchange.released_at:
        yield Moment(_("We send you what you chose"), words, Pace.DONE, exchange.released_at)
    if exchange.ended_at:
        is_by_people = exchange.end in {Exchange.End.BUYER, Exchange.End.STAFF}
        why = exchange.end_reason or ("" if is_by_people else exchange.get_end_display())
        words = f"{exchange.number}. {why}".strip()
        yield Moment(_("The exchange was cancelled"), words, Pace.DONE, exchange.ended_at)


def _of_charge(charge: ExchangeCharge, exchange: Exchange) -> Iterable[Moment]:
    amount = money(charge.amount, charge.currency)
    if charge.paid_at:
        yield Moment(_("You paid the difference"), f"{exchange.number}. {amount}", Pace.DONE, charge.paid_at)
    elif charge.is_live:
        page = reverse("orders:exchange_pay", args=[charge.token])
        yield Moment(
            _("The difference is to be paid"),
            f"{exchange.number}. {amount}",
            Pace.NOW,
            page=page,
            link=_("Pay the difference"),
        )


def _claims(order: Order) -> Iterable[Moment]:
    for claim in order.claims.prefetch_related("lines__order_line").order_by("ordinal"):
        claim.order = order
        units = ", ".join(f"{line.quantity} × {line.order_line.name}" for line in claim.lines.all())
        page, link = claim.get_absolute_url(), _("See the claim")
        words = f"{claim.number}. {units}"
        yield Moment(_("You told us what is wrong"), words, Pace.DONE, claim.created_at, page=page, link=link)
        if claim.is_open:
            yield Moment(_("We look into it"), f"{claim.number}.", Pace.NOW)
        elif claim.status in _CLAIM_ENDS:
            said = claim.answer or (claim.get_outcome_display() if claim.outcome else "")
            yield Moment(_("We answered you"), f"{claim.number}. {said}".strip(), Pace.DONE, claim.ended_at)
        else:
            yield Moment(_("You cancelled the claim"), f"{claim.number}.", Pace.DONE, claim.ended_at)


def _money_back(order: Order) -> Iterable[Moment]:
    """Yield each sum that went or goes back to the buyer; what is owed and not yet begun as well."""
    for amount, currency, begun_at, done_at in of(order, _SENT_BACK, order.pk):
        yield _sum_back(money(amount, currency), begun_at, done_at)
    # What a bank took is not on its way, whatever is owed.
    if getattr(order, "plan", None) is None and order.money.gone_state != MoneyState.CHARGED_BACK:
        for owed in of(order, _OWED, order.pk):
            yield _sum_back(str(owed), owed.created_at, None)


def _sum_back(amount: str, begun_at: datetime, done_at: datetime | None) -> Moment:
    if done_at:
        return Moment(_("We paid you back %(amount)s") % {"amount": amount}, "", Pace.DONE, done_at)
    words = _("Depending on the bank it takes some days until you see it.")
    return Moment(_("%(amount)s is on its way back to you") % {"amount": amount}, words, Pace.NOW, begun_at)


def _fallen(plan: InstallmentPlan | None) -> Iterable[Moment]:
    """Yield what fell of the instalments because goods came back or were cancelled."""
    if plan is None:
        return
    rows = InstallmentEvent.objects.filter(
        Q(kind=InstallmentEvent.Kind.REDUCED), installment__plan=plan
    ).order_by()
    for cause in rows.values("cause").annotate(fell=Sum("amount"), since=Min("created_at")):
        words = _("%(amount)s comes off what is still to be paid") % {
            "amount": money(cause["fell"], plan.currency)
        }
        yield Moment(words, "", Pace.DONE, cause["since"])
