"""Money of unmatched payments: a payment that only the provider knows is taken over as a row of ours, so that it can
go back.

From there on it is a `Payment` like others, with the role `stray` and without a purchase: refunds, their keys, the
limit on their sum and the jobs that send them are those of every payment (`payments.refunds.refund_requests`).
Nothing is paid by it. When its own attempt turns up after all, the row becomes that attempt's
(`payments.settlement.sync`).
"""

import logging
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from payments import gateways
from payments.disputes import money
from payments.gateways.base import (
    CheckoutSnapshot,
    GatewayError,
    NotFoundAtProvider,
    Patience,
    PaymentSnapshot,
    PaymentState,
)
from payments.models import Payment, StrayPayment
from payments.refunds import sync as refund_sync
from payments.settlement import sync
from payments.unmatched import unmatched_payments
from shop.core.states import record

log = logging.getLogger(__name__)
_BROUGHT_NOTHING: Final = {
    PaymentState.PENDING,
    PaymentState.AUTHORIZED,
    PaymentState.REJECTED,
    PaymentState.CANCELLED,
}


class KnownSince(Exception):
    """The payment belongs to a purchase after all: see that one. Trying again does not help."""


class NothingCame(Exception):
    """The provider says that the payment brought no money (yet). `status` is its state now."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


def payment_of(unmatched_payment: StrayPayment) -> Payment | None:
    """Return the row of ours that an unmatched payment has become: taken over here, or written by its own purchase."""
    return Payment.objects.filter(
        gateway=unmatched_payment.gateway, external_id=unmatched_payment.external_id
    ).first()


def take_over(unmatched_payment: StrayPayment, *, actor: str, patience: Patience | None = None) -> Payment:
    """Fetch an unmatched payment and write it as a payment without a purchase. Safe to repeat.

    The provider is asked outside every transaction. Nothing is sent back by this.

    Raises:
        GatewayError: the provider did not answer, knows no such payment of this account, or the state is unknown here.
        KnownSince, NothingCame: see there.
    """
    snapshot, fetched_at = _ask(unmatched_payment.gateway, unmatched_payment.external_id, patience)
    if snapshot.state is None:
        raise GatewayError(f"{unmatched_payment} has the unknown status {snapshot.status!r}", permanent=True)
    if snapshot.state in _BROUGHT_NOTHING:
        raise NothingCame(snapshot.state.value)
    with transaction.atomic():
        before = payment_of(unmatched_payment)
        payment = _written(unmatched_payment.gateway, snapshot, fetched_at, actor=actor)
        if payment is None:
            raise KnownSince(str(unmatched_payment))
        if before is None:
            record(unmatched_payment, "taken over", actor=actor, reason=f"payment {payment.pk}")
    return payment


def fetch(payment: Payment, *, actor: str, patience: Patience | None = None) -> Payment:
    """Bring an unmatched payment that was taken over, and its refunds, to what the provider says now.

    Raises:
        GatewayError: it did not answer.
    """
    snapshot, fetched_at = _ask(payment.gateway, payment.external_id, patience)
    with transaction.atomic():
        return _written(payment.gateway, snapshot, fetched_at, actor=actor) or payment


def refresh(payment_id: UUID | str) -> str:
    """Fetch for a job: a provider that does not answer is asked again by the jobs. Returns the state."""
    payment = Payment.objects.get(pk=payment_id)
    if not payment.is_unmatched:
        return payment.status
    try:
        return fetch(payment, actor="job:settle").status
    except GatewayError as error:
        log.warning("Stray %s could not be looked at: %s", payment, error)
        return "failed"


def upsert(gateway: str, snapshot: CheckoutSnapshot, *, actor: str) -> bool:
    """Write what a notification's answer says of unmatched payments that were taken over.

    Return whether there were any.
    """
    numbers = [payment.external_id for payment in snapshot.payments]
    mine = Payment.objects.filter(gateway=gateway, external_id__in=numbers, role=Payment.Role.UNMATCHED)
    found = set(mine.values_list("external_id", flat=True))
    for payment in snapshot.payments:
        if payment.external_id in found:
            with transaction.atomic():
                _written(gateway, payment, snapshot.fetched_at, actor=actor)
    return bool(found)


def _ask(gateway: str, external_id: str, patience: Patience | None) -> tuple[PaymentSnapshot, datetime]:
    snapshot = gateways.get(gateway, patience).fetch(external_id)
    for payment in snapshot.payments:
        if payment.external_id == external_id and payment.is_ours:
            return payment, snapshot.fetched_at
    raise NotFoundAtProvider(f"{gateway} tells nothing of a payment {external_id} of this account")


def _written(gateway: str, snapshot: PaymentSnapshot, fetched_at: datetime, *, actor: str) -> Payment | None:
    """Write the payment and its refunds, in the caller's transaction; None: it has a purchase, or no known state.

    Its disputes are answered in the provider's panel: they place no hold on an order, but they block refunds.
    """
    payment = sync.unmatched_payment(gateway, snapshot, fetched_at=fetched_at, actor=actor)
    if payment is None:
        return None
    if sync.is_older(payment, snapshot, fetched_at):
        return payment
    refund_sync.refunds(payment, snapshot.refunds, actor=actor)
    is_lost = payment.status == Payment.Status.CHARGED_BACK or payment.charged_back_amount
    if is_lost and money.recount(payment, actor=actor):
        money.drop(payment, actor=actor)
    unmatched_payments.renew(payment, actor=actor)
    return payment
