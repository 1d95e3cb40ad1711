"""A purchase becomes an order paid in the shop's own instalments: order, plan and stock at once, before any payment."""

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from orders.checkout import issues, placement, sessions
from orders.checkout.issues import NotReady
from orders.checkout.placement import CannotFulfil
from orders.fulfilment import holds
from orders.installments import contract, limits, mails, notices, quotes
from orders.installments.quotes import QuoteOutdated
from orders.models import CheckoutSession, Installment, InstallmentPlan, InstallmentQuote, Order, OrderHold
from orders.pricing import ways
from shop.core.installments import table
from shop.core.installments.quotation import Installments
from shop.core.states import record

if TYPE_CHECKING:
    from shop.accounts.models import User

_COPIED: Final = (
    "currency",
    "base",
    "total",
    "count",
    "factor",
    "monthly_rate",
    "tna",
    "tea",
    "rate",
    "rate_name",
    "rate_method",
    "rate_text",
    "due_policy",
    "late_monthly_rate",
    "grace_days",
)


class NotAccepted(Exception):
    """The contract was not accepted. Accepting it helps."""


def accept(
    session: CheckoutSession, *, user: "User", quote_id: object, accepts: bool, address: str, actor: str
) -> InstallmentPlan:
    """Sell a checkout by a quote that the shopper was shown and accepts; repeated, it returns the plan there is.

    One transaction: order and lines, stock, plan and instalments, a hold of the order until the first is paid, the
    mail. `address` is the visitor's, kept with the contract. Takes the customer's turn, then locks as
    `sessions.freeze_for_payment` and `placement.place` do.

    Raises:
        NotAccepted: the contract was not.
        QuoteOutdated: the purchase or the day has changed since; the shopper must look again.
        PlanRefused: this customer may not begin a plan now.
        NotReady: it cannot be bought as it stands; what was recomputed stays written.
    """
    placed = InstallmentPlan.objects.filter(order__checkout=session).first()
    if placed is not None:
        return placed
    if not accepts:
        raise NotAccepted
    quote = quotes.find(session, quote_id)
    refusal: NotReady
    with transaction.atomic():
        limits.take_turn(user)
        placed = InstallmentPlan.objects.filter(order__checkout=session).first()
        if placed is not None:
            return placed
        limits.check(user, quote.total, quote.currency)
        try:
            frozen = sessions.freeze_for_payment(session, actor, way=ways.INSTALLMENTS, quote=quote)
        except NotReady as error:
            refusal = error
        else:
            return _sold(frozen, quote, user, address=address, actor=actor)
    raise refusal


def _sold(
    session: CheckoutSession, quote: InstallmentQuote, user: "User", *, address: str, actor: str
) -> InstallmentPlan:
    if session.status == CheckoutSession.Status.AWAITING_PAYMENT:
        raise NotReady([issues.PAYING])
    if session.total != quote.total or session.user_id != user.pk:
        raise QuoteOutdated(None)
    now, terms = timezone.now(), quotes.shown_terms(quote)
    try:
        order = placement.place(
            checkout_id=session.pk,
            transaction_id=f"plan:{quote.pk}",
            paid_at=now,
            actor=actor,
            confirms=False,
        )
    except CannotFulfil as error:
        raise NotReady([issues.EXPIRED]) from error
    plan = _plan(order, quote, terms, user, now=now, address=address)
    record(
        plan,
        "accepted",
        actor=actor,
        reason=f"{plan.count} × {terms.amount}, {plan.rate_text}",
        data={"quote": str(quote.pk)},
    )
    _hold(plan, actor=actor)
    mails.accepted(plan)
    return plan


def _plan(
    order: Order, quote: InstallmentQuote, terms: Installments, user: "User", *, now: datetime, address: str
) -> InstallmentPlan:
    first_by = pay_first_by(terms, quote.grace_days)
    session = order.checkout
    plan = InstallmentPlan.objects.create(
        order=order,
        quote=quote,
        user=user,
        sold_on=terms.sale_date,
        pay_first_by=first_by,
        accepted_at=now,
        accepted_from=address[:45],
        contract=contract.text(contract.of(session, quote, terms, pay_first_by=first_by), session.language),
        **{name: getattr(quote, name) for name in _COPIED},
    )
    Installment.objects.bulk_create(
        Installment(
            plan=plan,
            number=row.number,
            amount=row.amount,
            principal=row.principal,
            interest=row.interest,
            balance=row.actuarial_balance,
            due_date=row.due_date,
            original_due_date=row.due_date,
            next_notice_at=notices.next_notice(row.due_date, sent=0, after=now),
        )
        for row in table.table(terms)
    )
    return plan


def pay_first_by(terms: Installments, grace_days: int) -> datetime:
    """Return until when the first must be paid: INSTALLMENT_FIRST_TTL from now, or its due date and grace if sooner."""
    due = terms.due_dates[0] + timedelta(days=grace_days + 1)
    end = timezone.make_aware(datetime.combine(due, time.min))
    return min(timezone.now() + settings.INSTALLMENT_FIRST_TTL, end)


def _hold(plan: InstallmentPlan, *, actor: str) -> None:
    with translation.override(settings.LANGUAGE_CODE):
        reason = _("The first instalment has not been paid yet.")
    holds.place_hold(
        plan.order, kind=OrderHold.Kind.INSTALLMENT, source=hold_source(plan), reason=reason, actor=actor
    )


def hold_source(plan: InstallmentPlan) -> str:
    """Return the source of the hold that ends with the first payment."""
    return f"plan:{plan.pk}"
