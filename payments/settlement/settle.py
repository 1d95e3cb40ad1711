"""Settling: an attempt's present state is fetched from the provider and applied, exactly once.

The webhook, the return page, and reconciliation all call `settle`. It asks the provider outside every transaction,
then applies the answer in one transaction under the attempt's lock: a second call finds everything done.
Lock order (docs/locking.md): attempt → payments → payable (checkout session) → order → stock levels.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from orders import payables
from orders.models import Order
from orders.payables import Bill, CannotFulfil, Received
from payments import gateways, notices, provider_requests
from payments.disputes import disputes
from payments.gateways.base import CheckoutSnapshot, NotFoundAtProvider, Patience
from payments.models import Payment, PaymentAttempt, Refund
from payments.refunds import kept, refund_requests
from payments.refunds import sync as refund_sync
from payments.settlement import attempt_state, sync
from shop.core.database.kept_queries import KeptQuery, together
from shop.core.money import display as money
from shop.core.states import move, record

log = logging.getLogger(__name__)
Status = PaymentAttempt.Status
Role = Payment.Role
_MONEY: Final = {Role.ORDER, Role.SURPLUS, Role.MISMATCH}


@dataclass(frozen=True, slots=True)
class Settlement:
    """The attempt after settling, and the order that it paid, if any."""

    attempt: PaymentAttempt
    order: Order | None


def settle(
    *, attempt_id: UUID | str, actor: str, subject: str = "", patience: Patience | None = None
) -> Settlement:
    """Ask the provider about an attempt and apply the answer. Safe to repeat, in any order, concurrently.

    `subject` is a hint of the provider's (a payment id of a notification or return address), never trusted.

    Raises:
        GatewayError: the provider did not answer; nothing was changed, and trying again helps.
    """
    attempt = _ATTEMPT.first(UUID(str(attempt_id)))
    if attempt is None:
        raise PaymentAttempt.DoesNotExist(str(attempt_id))
    return apply(attempt.pk, ask(attempt, subject=subject, patience=patience), actor=actor)


def ask(attempt: PaymentAttempt, *, subject: str = "", patience: Patience | None = None) -> CheckoutSnapshot:
    """Fetch an attempt's present state; no transaction may be open.

    Raises:
        NotFoundAtProvider: the provider has nothing of it.
        GatewayError: it did not answer.
    """
    gateway = gateways.get(attempt.gateway, patience)
    if attempt.external_id or subject:
        return gateway.fetch(subject, reference=attempt.reference, checkout_id=attempt.external_id)
    found = gateway.find(attempt.reference, since=attempt.created_at)
    if found is None:
        raise NotFoundAtProvider(f"{attempt.gateway} has nothing under {attempt.reference}")
    return found


def _locked(key: UUID) -> QuerySet[PaymentAttempt]:
    rows = PaymentAttempt.objects.select_related("payable").filter(pk=key).order_by()
    return rows.select_for_update(of=("self",))


def _payments(attempt_id: UUID) -> QuerySet[Payment]:
    return Payment.objects.select_for_update().filter(attempt_id=attempt_id).order_by("created_at")


_ATTEMPT: Final = KeptQuery(lambda key: PaymentAttempt.objects.filter(pk=key), UUID)
_LOCKED: Final = KeptQuery(_locked, UUID)
_PAYMENTS: Final = KeptQuery(_payments, UUID)


def _lock(attempt_id: UUID) -> tuple[PaymentAttempt, list[Payment]]:
    """Lock an attempt and its payments; return them as they are now, the attempt with its payable.

    Raises: PaymentAttempt.DoesNotExist.
    """
    found, payments = together(_LOCKED.asked(attempt_id), _PAYMENTS.asked(attempt_id))
    if not found:
        raise PaymentAttempt.DoesNotExist(str(attempt_id))
    (attempt,) = found
    for row in payments:
        row.attempt = attempt
    return attempt, payments


def apply(
    attempt_id: UUID, snapshot: CheckoutSnapshot, *, actor: str, end: str = Status.EXPIRED
) -> Settlement:
    """Apply the provider's answer in one transaction: payments, order, refunds, and the attempt's status.

    `end` is the status of an attempt that ended at the provider without money: expired, or cancelled by us.
    """
    with transaction.atomic():
        attempt, known = _lock(attempt_id)
        rows, untouched = _synced(attempt, known, snapshot, actor=actor)
        order: Order | None = None
        fresh = [row for row in rows if row.role == Role.NONE and row.status == Payment.Status.APPROVED]
        for row in sorted(fresh, key=lambda row: row.approved_at or timezone.now()):
            order = _decide(attempt, row, is_untouched=row.pk in untouched, actor=actor) or order
        disputes.hold_orders([row for row in rows if row.pk not in untouched], actor=actor)
        if any(row.role in _MONEY for row in rows):
            attempt_state.paid(attempt, actor=actor)
        elif _became_unreadable(rows, snapshot):
            attempt_state.left_as_it_is(attempt)
        else:
            waiting = [payment for payment in snapshot.payments if sync.is_waiting(payment)]
            attempt_state.unpaid(attempt, snapshot, waiting, actor=actor, end=end)
        order = order or payables.kind_of(attempt.payable).order(attempt.payable)
    return Settlement(attempt, order)


def _synced(
    attempt: PaymentAttempt, known: list[Payment], snapshot: CheckoutSnapshot, *, actor: str
) -> tuple[list[Payment], set[UUID]]:
    """Write the fetched payments and refunds; return all payments of the attempt, locked.

    And the keys of those that were written just now, and of which nothing has gone back or is disputed: nobody else
    has seen them yet. `known`: the attempt's payments before, locked.
    """
    rows, untouched, is_plain = list(known), set(), True
    by_number = {row.external_id: row for row in known}
    if snapshot.external_id and not attempt.external_id and snapshot.reference in {"", attempt.reference}:
        attempt.external_id = snapshot.external_id
        attempt.save(update_fields=["external_id", "updated_at"])
    for payment in snapshot.payments:
        if payment.reference != attempt.reference or not payment.is_ours:
            # Of another attempt, another seller or the other mode: ignored.
            log.warning(
                "%s payment %s is not of attempt %s", attempt.gateway, payment.external_id, attempt.pk
            )
            continue
        row, is_new = sync.payment(
            attempt, payment, by_number.get(payment.external_id), fetched_at=snapshot.fetched_at, actor=actor
        )
        if row is not None and is_new and not payment.refunds and not payment.disputes:
            rows.append(row)
            untouched.add(row.pk)
        else:
            is_plain = False
        if row is None or sync.is_older(row, payment, snapshot.fetched_at):
            continue  # Refunds and disputes in an older answer are older, too.
        if row.pk not in untouched:
            refund_sync.refunds(row, payment.refunds, actor=actor)
        disputes.upsert(row, payment, fetched_at=snapshot.fetched_at, is_new=row.pk in untouched, actor=actor)
    if not is_plain:
        rows = _PAYMENTS(attempt.pk)
        for found in rows:
            found.attempt = attempt
    return rows, untouched


def _became_unreadable(rows: Sequence[Payment], snapshot: CheckoutSnapshot) -> bool:
    """Say whether a payment that was waiting has an unknown status now."""
    unknown = {
        payment.external_id for payment in snapshot.payments if payment.is_ours and payment.state is None
    }
    return any(row.external_id in unknown and row.status in Payment.WAITING for row in rows)


def _decide(attempt: PaymentAttempt, payment: Payment, *, is_untouched: bool, actor: str) -> Order | None:
    """Decide once what an approved payment means: it pays the order, it is surplus, or it does not fit.

    Return the order that is paid, if any. `is_untouched`: nothing of it can be on its way back.

    Only an untouched payment of exactly what was offered may fulfil (docs/providers/README.md#edge-cases, row 8),
    and only while the purchase is what was offered: after an attempt was closed, the shopper may have changed it.
    A refund that somebody has begun in the provider's panel counts as touched too: the money would be gone when the
    order is sent.
    """
    exact = payment.amount == attempt.amount and payment.currency == attempt.currency
    is_whole = is_untouched or refund_requests.refundable(payment) == payment.amount
    if not exact or payment.refunded_amount or not is_whole:
        detail = f"{money(payment.amount, payment.currency)} ≠ {money(attempt.amount, attempt.currency)}"
        if exact:
            detail = f"{money(payment.amount, payment.currency)}, of which some goes back already"
        _put_under_review(attempt, payment, detail, actor=actor)
        return None
    kind = payables.kind_of(attempt.payable)
    order, bill = kind.lock_with_bill(attempt.payable)
    if order is not None:
        _send_back(
            payment, notices.SURPLUS, f"order #{order.number} is paid already", actor=actor, order=order
        )
        return order
    as_read = is_offered = bill is not None and provider_requests.is_still_offered(attempt, bill)
    if not is_offered:
        kind.set_way(attempt.payable, attempt.gateway)  # It may be priced for another way since.
        is_offered = provider_requests.is_still_offered(attempt, kind.bill(attempt.payable))
    if not is_offered:
        detail = f"{money(payment.amount, payment.currency)} for the purchase as it was before it was changed"
        _put_under_review(attempt, payment, detail, actor=actor)
        return None
    try:
        order = kind.fulfil(attempt.payable, _received(payment), actor=actor, as_read=as_read)
    except CannotFulfil as error:
        _send_back(payment, notices.LATE, str(error), actor=actor)
        return None
    move(payment, Role.ORDER, field="role", actor=actor, reason=f"order #{order.number}", order=order)
    return order


def _received(payment: Payment) -> Received:
    return Received(
        payment_id=payment.pk,
        transaction_id=f"{payment.gateway}:{payment.external_id}",
        amount=payment.amount,
        paid_at=payment.approved_at or timezone.now(),
    )


def _put_under_review(attempt: PaymentAttempt, payment: Payment, detail: str, *, actor: str) -> None:
    """Keep a payment that does not fit until people decide (`resolve`)."""
    if move(payment, Role.MISMATCH, field="role", actor=actor, reason=detail):
        payables.kind_of(attempt.payable).keep_for_review(attempt.payable)
        notices.tell_staff(payment, "mismatch", detail, actor=actor)


def _send_back(payment: Payment, why: str, detail: str, *, actor: str, order: Order | None = None) -> None:
    """Refund all of a payment that buys nothing; the order that is paid stays as it is."""
    if not move(payment, Role.SURPLUS, field="role", actor=actor, reason=f"{why}: {detail}", order=order):
        return
    refund_requests.request(
        payment, payment.amount, Refund.Origin.AUTOMATIC, why, f"{why}:{payment.pk}", actor=actor
    )
    notices.tell_staff(payment, why, detail, actor=actor)


class PurchaseChanged(Exception):
    """The purchase, or what is left of its payment, differs from what was shown when it was to be sold. Reload."""


def resolve(payment: Payment, *, actor: str, accept: bool, seen: str = "") -> Settlement:
    """Let staff decide about a payment that does not fit: take it for the order, or send all of it back.

    Taking it sells the purchase as it is now, whatever was offered, when the stock is there (otherwise the money goes
    back by itself). Nothing is sold for money that has gone. `seen`: what was shown (`sight`). Locks the attempt.

    Raises:
        PurchaseChanged: it is to be sold, and is not what was seen.
        PaymentDisputed: it is to go back, and cannot before the end of a dispute.
    """
    with transaction.atomic():
        attempt = PaymentAttempt.objects.select_for_update().get(pk=payment.attempt_key)
        row = Payment.objects.select_for_update().get(pk=payment.pk)
        if row.role == Role.MISMATCH and accept:
            _accept(attempt, row, actor=actor, seen=seen)
        elif row.role == Role.MISMATCH:
            _return_rest(row, actor=actor)
        disputes.hold_orders([row], actor=actor)
        order = payables.kind_of(attempt.payable).order(attempt.payable)
    return Settlement(attempt, order)


def sight(payment: Payment, bill: Bill) -> str:
    """Return a digest of what is decided about: the purchase as it is now, and what is left of its payment."""
    seen = f"{provider_requests.fingerprint(bill)}|{refund_requests.refundable(payment)}|{payment.currency}"
    return hashlib.sha256(seen.encode()).hexdigest()


def _accept(attempt: PaymentAttempt, payment: Payment, *, actor: str, seen: str) -> None:
    kind = payables.kind_of(attempt.payable)
    kind.lock(attempt.payable)
    kind.set_way(attempt.payable, attempt.gateway)
    if seen and seen != sight(payment, kind.bill(attempt.payable)):
        raise PurchaseChanged(str(attempt.payable))
    if kind.order(attempt.payable) is not None or not refund_requests.refundable(payment):
        _return_rest(payment, actor=actor)
        return
    try:
        order = kind.fulfil(attempt.payable, _received(payment), actor=actor)
    except CannotFulfil:
        _return_rest(payment, actor=actor)
        return
    move(payment, Role.ORDER, field="role", actor=actor, reason="accepted by staff", order=order)
    kept.tell(payment.pk, actor=actor)  # Some of it may have gone back before.


def _return_rest(payment: Payment, *, actor: str) -> None:
    """Send back what is left of a payment that does not fit."""
    rest = refund_requests.refundable(payment)
    move(payment, Role.SURPLUS, field="role", actor=actor, reason="returned by staff")
    if rest:
        refund_requests.request(
            payment, rest, Refund.Origin.STAFF, "mismatch", f"mismatch:{payment.pk}", actor=actor
        )
    record(payment, "resolved", actor=actor, reason="returned")
