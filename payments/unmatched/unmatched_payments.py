"""Unmatched payments: shown to people, reported once when they hold money, closed automatically
when our own row turns up."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from payments.gateways.base import ListedPayment, PaymentState
from payments.models import Payment, Refund, StrayPayment
from shop.core.database.kept_queries import KeptQuery
from shop.core.mail import outbox
from shop.core.states import move, record

Decision = StrayPayment.Decision
# Failed payments of others get no mail: another shop's declined cards.
_NOTHING: Final = {PaymentState.REJECTED, PaymentState.CANCELLED}


def note(gateway: str, listed: Iterable[ListedPayment], *, actor: str) -> dict[str, int]:
    """Write or bring up to date the rows of unmatched payments; return counts. Safe to repeat.

    The staff is notified, once, of one that holds money.
    """
    counts: Counter[str] = Counter()
    for payment in listed:
        if payment.state is None:
            continue
        with transaction.atomic():
            row = (
                StrayPayment.objects.select_for_update()
                .filter(gateway=gateway, external_id=payment.external_id[:200])
                .first()
            )
            if row is None and payment.state in _NOTHING:
                continue
            is_new = row is None
            row = _written(row, gateway, payment, Payment.Status(payment.state.value), actor=actor)
            counts["new strays" if is_new else "strays"] += 1
            if row.has_money and row.decision == Decision.OPEN:
                _tell_staff(row)
    return dict(counts)


def _written(
    row: StrayPayment | None, gateway: str, payment: ListedPayment, status: str, *, actor: str
) -> StrayPayment:
    snapshot: dict[str, object] = {
        "status": status,
        "amount": payment.amount,
        "currency": payment.currency[:3],
        "refunded_amount": payment.refunded_amount,
        "last_seen_at": timezone.now(),
    }
    if row is None:
        row = StrayPayment.objects.create(
            gateway=gateway,
            external_id=payment.external_id[:200],
            reference=payment.reference.replace("\x00", "")[:256],
            made_at=payment.made_at,
            **snapshot,
        )
        record(row, "found", actor=actor, reason=row.reference, to_state=row.status)
        return row
    if row.status != status:
        record(row, "state", actor=actor, field="status", from_state=row.status, to_state=status)
    for name, value in snapshot.items():
        setattr(row, name, value)
    row.save(update_fields=[*snapshot, "updated_at"])
    return row


def decide(unmatched_payment: StrayPayment, decision: str, *, note: str, actor: str) -> bool:
    """Store the decision about an unmatched payment, with a note; False: somebody was first.

    Raises:
        IllegalTransition: its row has arrived since, or it has this decision already.
    """
    return move(
        unmatched_payment,
        decision,
        field="decision",
        actor=actor,
        reason=note,
        note=note[:300],
        decided_by=actor[:150],
        decided_at=timezone.now(),
    )


def _unexplained(gateway: str, external_id: str) -> QuerySet[StrayPayment]:
    rows = StrayPayment.objects.select_for_update().filter(gateway=gateway, external_id=external_id)
    return rows.exclude(decision=Decision.KNOWN)


_UNEXPLAINED: Final = KeptQuery(_unexplained, str, str)


def close(payment: Payment, *, actor: str) -> None:
    """Close the unmatched payment of a payment whose own row has just been written, in the same transaction."""
    for unmatched_payment in _UNEXPLAINED(payment.gateway, payment.external_id):
        move(
            unmatched_payment,
            Decision.KNOWN,
            field="decision",
            actor=actor,
            reason=f"payment {payment.pk}",
            decided_by=actor[:150],
            decided_at=timezone.now(),
        )


def of(payment: Payment) -> StrayPayment | None:
    """Return the unmatched payment that a payment was taken over from, or was before its row arrived."""
    return StrayPayment.objects.filter(gateway=payment.gateway, external_id=payment.external_id).first()


def renew(payment: Payment, *, actor: str) -> None:
    """Bring the unmatched payment of a payment that was taken over to what its row says; one that we sent back whole
    is explained.

    Called in the transaction that has written the payment, which is locked.
    """
    unmatched_payment = (
        StrayPayment.objects.select_for_update()
        .filter(gateway=payment.gateway, external_id=payment.external_id)
        .first()
    )
    if unmatched_payment is None:
        return
    if unmatched_payment.status != payment.status:
        record(
            unmatched_payment,
            "state",
            actor=actor,
            field="status",
            from_state=unmatched_payment.status,
            to_state=payment.status,
        )
    for name in ("status", "amount", "currency", "refunded_amount"):
        setattr(unmatched_payment, name, getattr(payment, name))
    unmatched_payment.save(update_fields=["status", "amount", "currency", "refunded_amount", "updated_at"])
    ours = payment.refunds.filter(origin=Refund.Origin.STAFF, status=Refund.Status.SUCCEEDED).last()
    if (
        unmatched_payment.decision == Decision.OPEN
        and ours is not None
        and payment.status == Payment.Status.REFUNDED
    ):
        decide(unmatched_payment, Decision.EXPLAINED, note=ours.reason, actor=actor)


def _tell_staff(unmatched_payment: StrayPayment) -> None:
    address = reverse("admin:index") + f"payments/straypayment/{unmatched_payment.pk}/change/"
    outbox.queue(
        kind="payment_stray",
        to=settings.SHOP_EMAIL,
        template="payment_stray",
        context={"stray": unmatched_payment, "admin_url": f"{settings.SITE_URL}{address}"},
        dedupe_key=f"payment-stray:{unmatched_payment.pk}",
        language=settings.LANGUAGE_CODE,
    )
