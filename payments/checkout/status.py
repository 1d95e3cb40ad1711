"""The status page's answer about an attempt: one word for every state, read from our own rows only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders import payables
from orders.models import Order, Payable
from orders.payables import Bill
from payments import gateways, notices
from payments.checkout.attempts import MAY_OPEN
from payments.checkout.refusals import BUYERS_OWN
from payments.gateways.base import Gateway, Reason
from payments.models import Payment, PaymentAttempt, Refund, TransferInstruction
from shop.core.database.kept_queries import KeptQuery
from shop.core.protection import guard


class Kind(StrEnum):
    """The words; each has its own fragment `templates/payments/_<kind>.html`."""

    OPENING = "opening"
    SILENT = "silent"
    REFUSED = "refused"
    CONFIRMING = "confirming"
    UNPAID = "unpaid"
    DECLINED = "declined"
    PENDING = "pending"
    PAID = "paid"
    EXPIRED = "expired"
    RETURNED = "returned"
    UNDER_REVIEW = "under_review"


# While it shows one of these, the answer may still change by itself: the page keeps polling.
_OPEN = {Kind.OPENING, Kind.CONFIRMING, Kind.UNPAID, Kind.DECLINED, Kind.PENDING}


@dataclass(frozen=True, slots=True)
class Silence:
    """What a shopper is shown when a provider does not answer.

    `wanted` is the provider chosen, `others` those that may answer, `reserved_until` how long the units stay reserved.
    `old_address`: where a payment waits that must be closed before another one begins; "": there is none.
    """

    bill: Bill
    provider: str
    wanted: str
    others: Sequence[Gateway]
    reserved_until: datetime | None
    old_address: str


# What a refusal is about, in the shopper's words.
_ABOUT: Final = {
    Reason.NAME: _(
        "It does not take the name as it is written: look whether it is the one on your document."
    ),
    Reason.EMAIL: _("It does not take the e-mail address as it is written."),
    Reason.PHONE: _("It asks for a telephone number that it can use, with the area code."),
    Reason.DOCUMENT: _("It does not take the document number as it is written."),
    Reason.BUYER: _("It does not take something in your data: name, e-mail, telephone or document."),
    Reason.AMOUNT: _("It cannot take a total like this one."),
    Reason.TOO_SMALL: _("The total is less than it takes."),
    Reason.TOO_LARGE: _("The total is more than it takes in one payment."),
    Reason.CURRENCY: _("It does not take payments in this currency."),
    Reason.ITEMS: _(
        "It does not take one of the products as we describe it; that is on our side, and we know."
    ),
}
_OURS: Final = _("That is on our side, not yours and not your card's, and we know.")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a shopper is shown when a provider refuses the purchase.

    `about` says what the refusal is about, `is_buyers` whether the shopper can change it; `others` take this sum.
    `old_address`: not this purchase is refused, but the end of the payment begun before, which waits there until
    `until`.
    """

    bill: Bill
    provider: str
    about: str
    is_buyers: bool
    others: Sequence[Gateway]
    reserved_until: datetime | None
    old_address: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AttemptStatus:
    """An attempt in words. `order`: what the purchase became; `payment`: the one that decides the word, if any."""

    kind: Kind
    attempt: PaymentAttempt
    bill: Bill
    provider: str
    order: Order | None = None
    payment: Payment | None = None
    refund: Refund | None = None
    silence: Silence | None = None
    refusal: Refusal | None = None

    @property
    def is_open(self) -> bool:
        return self.kind in _OPEN

    @property
    def can_retry(self) -> bool:
        """Say whether the purchase can still be paid on the same reservations."""
        return self.bill.is_live and self.order is None

    @property
    def came_late(self) -> bool:
        """Say whether the money goes back because the units were gone, and not by a person's decision."""
        if self.payment is None:
            return False
        return self.payment.refunds.filter(dedupe_key__startswith=f"{notices.LATE}:").exists()

    @property
    def is_transfer(self) -> bool:
        """Say whether the money is waited for on the shop's own account: its page is one of the shop's."""
        return TransferInstruction.objects.filter(attempt=self.attempt).exists()

    @property
    def landing(self) -> str:
        """Return the page where whoever has paid lands: the order, or the bill alone where its link opens no more."""
        if self.order is not None and payables.kind_of(self.attempt.payable).opens_order:
            return self.order.get_absolute_url()
        return self.bill.page

    @property
    def until(self) -> datetime:
        return self.attempt.voucher_until or self.attempt.expires_at


_PAYMENTS: Final = KeptQuery(lambda key: Payment.objects.filter(attempt_id=key).order_by("-created_at"), UUID)


def describe(attempt: PaymentAttempt, *, has_left: bool = False) -> AttemptStatus:
    """Return an attempt's status from our rows. `has_left`: the shopper said (or the provider hinted) "not paid"."""
    kind = payables.kind_of(attempt.payable)
    bill, order = kind.bill(attempt.payable), kind.order(attempt.payable)
    payments = _PAYMENTS(attempt.pk)
    provider = gateways.get(attempt.gateway).label

    def status_of(word: Kind, payment: Payment | None = None, refund: Refund | None = None) -> AttemptStatus:
        return AttemptStatus(word, attempt, bill, provider, order, payment, refund)

    if order is not None:
        return status_of(Kind.PAID, next((row for row in payments if row.role == Payment.Role.ORDER), None))
    back = next((row for row in payments if row.role == Payment.Role.SURPLUS), None)
    if back is not None:
        return status_of(Kind.RETURNED, back, back.refunds.exclude(status=Refund.Status.FAILED).first())
    under_review = next((row for row in payments if row.role == Payment.Role.MISMATCH), None)
    if under_review is not None:
        return status_of(Kind.UNDER_REVIEW, under_review)
    if attempt.status == PaymentAttempt.Status.PENDING:
        return status_of(Kind.PENDING, payments[0] if payments else None)
    if attempt.refused_for and attempt.status == PaymentAttempt.Status.FAILED:
        return replace(
            status_of(Kind.REFUSED), refusal=refusal(attempt.payable, attempt.gateway, attempt.refused_for)
        )
    if not attempt.is_live:
        return status_of(Kind.EXPIRED)
    if attempt.status == PaymentAttempt.Status.CREATED:
        if _is_being_opened(attempt):
            return status_of(Kind.OPENING)
        return replace(status_of(Kind.SILENT), silence=silence(attempt.payable, attempt.gateway))
    if payments and payments[0].status == Payment.Status.REJECTED:
        return status_of(Kind.DECLINED, payments[0])
    return status_of(Kind.UNPAID if has_left else Kind.CONFIRMING)


def silence(
    payable: Payable, gateway: str, *, wanted: str = "", attempt: PaymentAttempt | None = None
) -> Silence:
    """Say that `gateway` does not answer: what is kept, and where else one may pay.

    `wanted`: the provider chosen, when it is another one, whose checkout may not begin before `attempt` is closed.
    """
    must_close = bool(attempt and attempt.is_live and attempt.redirect_url and wanted not in {"", gateway})
    bill = payables.kind_of(payable).bill(payable)
    return Silence(
        bill=bill,
        provider=gateways.get(gateway).label,
        wanted=wanted or gateway,
        others=[] if must_close else _others(bill, gateway),
        reserved_until=payables.kind_of(payable).reserved_until(payable),
        old_address=attempt.redirect_url if attempt and must_close else "",
    )


def refusal(payable: Payable, gateway: str, reason: str, *, old: PaymentAttempt | None = None) -> Refusal:
    """Say that `gateway` refuses a payment as it stands, or refuses to end the payment `old` begun there."""
    bill = payables.kind_of(payable).bill(payable)
    return Refusal(
        bill=bill,
        provider=gateways.get(gateway).label,
        about=str(_ABOUT.get(Reason(reason), _OURS)),
        is_buyers=reason in BUYERS_OWN,
        others=[] if old else _others(bill, gateway),
        reserved_until=payables.kind_of(payable).reserved_until(payable),
        old_address=old.redirect_url if old else "",
        until=(old.voucher_until or old.expires_at) if old else None,
    )


def _others(bill: Bill, gateway: str) -> list[Gateway]:
    """Return the other providers that answer and take this sum."""
    return [
        other
        for other in gateways.offered()
        if other.code != gateway
        and guard.refusal(other.code) is None
        and gateways.takes(other.code, bill.total, bill.currency)
    ]


def _is_being_opened(attempt: PaymentAttempt) -> bool:
    """Say whether its checkout is being opened, or is about to be."""
    now = timezone.now()
    if attempt.opening_until and attempt.opening_until > now:
        return True
    return not attempt.last_error and attempt.created_at > now - MAY_OPEN
