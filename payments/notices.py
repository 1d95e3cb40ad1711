"""Mails to the shopper and to the staff about money: outbox rows, written in the transaction of what causes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import Sum
from django.urls import reverse

from orders.models import Order, Purchase, Reimbursement
from orders.models.money import LIVE_REFUNDS
from orders.pricing.purchases import charges_of
from orders.pricing.totals import Target
from payments import bank_account
from payments.models import Payment, PaymentAttempt, Refund, RefundLine, TransferInstruction
from shop.core.mail import outbox
from shop.core.models import EmailLog, Event
from shop.core.states import record

# What an automatic refund is for is in its dedupe key: `late:<payment>`, `surplus:<payment>`.
LATE = "late"
SURPLUS = "surplus"
# Of one that pays back what a buyer was owed for an order: `reimbursement:<reimbursement>`.
REIMBURSES = "reimbursement"


def tell_pending(attempt: PaymentAttempt) -> None:
    """Write the shopper a mail, once per attempt: what to do with a voucher, where to transfer, until when."""
    transfer = TransferInstruction.objects.filter(attempt=attempt).first()
    to_shopper(
        attempt.purchase,
        template="payment_pending",
        dedupe_key=f"payment-pending:{attempt.pk}",
        charges=charges_of(attempt.purchase),
        pay_url=attempt.voucher_url,
        status_url=f"{settings.SITE_URL}{reverse('payments:status', args=[attempt.token])}",
        until=attempt.voucher_until,
        is_short=not attempt.is_reserved_for_cash_voucher,
        transfer=transfer,
        account=bank_account.rows(transfer.account) if transfer else [],
    )


def tell_returned(refund: Refund) -> None:
    """Write the shopper, once per refund, that money is on its way back or has arrived: which, how much, how long.

    Called when the provider has taken the refund, so that the mail is true. What goes back by itself bought nothing:
    the mail says why. What people must transfer has mails of its own (`bank_requests`, `bank_details`).
    """
    if refund.payment.is_unmatched:
        return
    if refund.origin != Refund.Origin.AUTOMATIC or refund.dedupe_key.startswith(f"{REIMBURSES}:"):
        _tell_refunded(refund)
        return
    is_late = refund.dedupe_key.startswith(f"{LATE}:")
    to_shopper(
        refund.payment.purchase,
        template="order_refunded_late" if is_late else "payment_surplus_returned",
        dedupe_key=f"payment-returned:{refund.pk}",
        amount=refund.amount,
        currency=refund.currency,
        order=refund.payment.order,
        order_url=f"{settings.SITE_URL}{refund.payment.order.get_absolute_url()}"
        if refund.payment.order
        else "",
        home_url=f"{settings.SITE_URL}{reverse('catalog:home')}",
    )


def _tell_refunded(refund: Refund) -> None:
    """Write the shopper a mail that a refund was made, by the staff here or in the provider's panel."""
    payment, order = refund.payment, refund.payment.order
    total, is_all_gone = _whole(payment, order)
    to_shopper(
        payment.purchase,
        template="order_refunded",
        dedupe_key=f"payment-returned:{refund.pk}",
        refund=refund,
        payment=payment,
        is_whole=refund.amount >= total,
        is_all_gone=is_all_gone,
        is_on_its_way=refund.status == Refund.Status.PENDING,
        units=_parts(refund),
        order=order,
        order_url=f"{settings.SITE_URL}{order.get_absolute_url()}" if order else "",
    )


def _whole(payment: Payment, order: Order | None) -> tuple[Decimal, bool]:
    """Return what was paid in all, for the order where it paid one, and whether nothing of that is left or to come."""
    if order and payment.role == Payment.Role.ORDER:
        paid = order.money
        return paid.paid, paid.is_gone and not paid.due
    live = payment.refunds.filter(status__in=LIVE_REFUNDS).aggregate(sum=Sum("amount"))["sum"] or 0
    return payment.amount, live + payment.charged_back_amount >= payment.amount


@dataclass(frozen=True, slots=True)
class RefundedPart:
    """What a refund gives back of an order, in words of the language in use, and its sum.

    `others` names the charges of the order that go back with its shipping.
    """

    line: RefundLine
    others: Sequence[str]

    @property
    def amount(self) -> Decimal:
        return self.line.amount

    def __str__(self) -> str:
        return str(self.line) if self.line.order_line else ", ".join([str(self.line), *self.others])


def _parts(refund: Refund) -> list[RefundedPart]:
    lines = list(refund.lines.select_related("order_line"))
    order = refund.payment.order
    if order is None or all(line.order_line for line in lines):
        return [RefundedPart(line, ()) for line in lines]
    others = [charge.label for charge in charges_of(order) if charge.target == Target.ORDER]
    return [RefundedPart(line, others) for line in lines]


def to_shopper(session: Purchase, *, template: str, dedupe_key: str, **context: object) -> None:
    """Queue a mail to the buyer of a purchase, in the language bought in; nothing without an address."""
    if not session.email:
        return
    outbox.queue(
        kind=template,
        to=session.email,
        template=template,
        context={"session": session, "lines": list(session.lines.all()), **context},
        dedupe_key=dedupe_key,
        language=session.language,
        user=session.user,
        trail=session.pk,
    )


def tell_staff(
    payment: Payment, matter: str, detail: str, *, actor: str, about: Refund | Reimbursement | None = None
) -> None:
    """Notify the staff, once per payment (or what it is `about`) and matter: an event and a mail.

    `matter` is one of surplus, late, mismatch, disputed, refund-failed, refund-manual, refund-mismatch, refund-stuck,
    refund-no-bank-data, reimbursement-failed.
    """
    dedupe_key = f"payment-attention:{matter}:{about.pk if about else payment.pk}"
    if isinstance(about, Refund) and (again := _times_sent_again(about)):
        dedupe_key += f":{again}"
    if EmailLog.objects.filter(dedupe_key=dedupe_key).exists():
        return
    record(payment, f"attention.{matter}", actor=actor, reason=detail)
    outbox.queue(
        kind="payment_attention",
        to=settings.SHOP_EMAIL,
        template="payment_attention",
        context={
            "payment": payment,
            "session": payment.attempt.purchase if payment.attempt else None,
            "matter": matter,
            "detail": detail,
            "admin_url": f"{settings.SITE_URL}{reverse('admin:index')}payments/payment/{payment.pk}/change/",
        },
        dedupe_key=dedupe_key,
        language=settings.LANGUAGE_CODE,
        trail=payment.trail,
    )


def _times_sent_again(refund: Refund) -> int:
    """Return how often a failed refund was put into the queue again: its next failure gets a new mail."""
    moves = Event.objects.filter(subject_type=refund._meta.label_lower, subject_id=refund.pk, field="status")
    return moves.filter(from_state=Refund.Status.FAILED, to_state=Refund.Status.REQUESTED).count()
