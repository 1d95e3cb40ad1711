"""Payments that the provider knows and we do not: shown to people, told once when they hold money, closed by themselves
when our own row turns up."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from payments.gateways.base import ListedPayment, PaymentState
from payments.models import Payment, Refund, StrayPayment
from shop.core.mail import outbox
from shop.core.states import move, record

Decision = StrayPayment.Decision
# What never was money, and is not told of again: another shop's declined cards are no news.
_NOTHING: Final = {PaymentState.REJECTED, PaymentState.CANCELLED}


def note(gateway: str, listed: Iterable[ListedPayment], *, actor: str) -> dict[str, int]:
    """Write or bring up to date the rows of payments that nobody here knows; return a tally. Safe to repeat.

    One that holds money is told to the staff, once.
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
            if row.holds_money and row.decision == Decision.OPEN:
                _tell_staff(row)
    return dict(counts)


def _written(
    row: StrayPayment | None, gateway: str, payment: ListedPayment, status: str, *, actor: str
) -> StrayPayment:
    told: dict[str, object] = {
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
            **told,
        )
        record(row, "found", actor=actor, reason=row.reference, to_state=row.status)
        return row
    if row.status != status:
        record(row, "state", actor=actor, field="status", from_state=row.status, to_state=status)
    for name, value in told.items():
        setattr(row, name, value)
    row.save(update_fields=[*told, "updated_at"])
    return row


def decide(stray: StrayPayment, decision: str, *, note: str, actor: str) -> bool:
    """Keep what people found out about a stray, with their words; False: somebody was first.

    Raises:
        IllegalTransition: it is known since, or stands so already.
    """
    return move(
        stray,
        decision,
        field="decision",
        actor=actor,
        reason=note,
        note=note[:300],
        decided_by=actor[:150],
        decided_at=timezone.now(),
    )


def close(payment: Payment, *, actor: str) -> None:
    """Close the stray of a payment whose own row has just been written, in the same transaction."""
    strays = StrayPayment.objects.select_for_update().filter(
        gateway=payment.gateway, external_id=payment.external_id
    )
    for stray in strays.exclude(decision=Decision.KNOWN):
        move(
            stray,
            Decision.KNOWN,
            field="decision",
            actor=actor,
            reason=f"payment {payment.pk}",
            decided_by=actor[:150],
            decided_at=timezone.now(),
        )


def of(payment: Payment) -> StrayPayment | None:
    """Return the stray that a payment was taken over from, or was before its row arrived."""
    return StrayPayment.objects.filter(gateway=payment.gateway, external_id=payment.external_id).first()


def renew(payment: Payment, *, actor: str) -> None:
    """Bring the stray of a payment that was taken over to what its row says; one that we sent back whole is explained.

    Called in the transaction that has written the payment, which is locked.
    """
    stray = (
        StrayPayment.objects.select_for_update()
        .filter(gateway=payment.gateway, external_id=payment.external_id)
        .first()
    )
    if stray is None:
        return
    if stray.status != payment.status:
        record(stray, "state", actor=actor, field="status", from_state=stray.status, to_state=payment.status)
    for name in ("status", "amount", "currency", "refunded_amount"):
        setattr(stray, name, getattr(payment, name))
    stray.save(update_fields=["status", "amount", "currency", "refunded_amount", "updated_at"])
    ours = payment.refunds.filter(origin=Refund.Origin.STAFF, status=Refund.Status.SUCCEEDED).last()
    if stray.decision == Decision.OPEN and ours is not None and payment.status == Payment.Status.REFUNDED:
        decide(stray, Decision.EXPLAINED, note=ours.reason, actor=actor)


def _tell_staff(stray: StrayPayment) -> None:
    address = reverse("admin:index") + f"payments/straypayment/{stray.pk}/change/"
    outbox.queue(
        kind="payment_stray",
        to=settings.SHOP_EMAIL,
        template="payment_stray",
        context={"stray": stray, "admin_url": f"{settings.SITE_URL}{address}"},
        dedupe_key=f"payment-stray:{stray.pk}",
        language=settings.LANGUAGE_CODE,
    )
