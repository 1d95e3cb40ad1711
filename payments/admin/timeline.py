"""Entries that payments add to an order's timeline."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext

from payments.models import Dispute, Payment, PaymentAttempt, Refund, WebhookEvent
from shop.core.audit import actors, labels, timeline
from shop.core.money import display as money


def _payments(subject: timeline.Subject) -> Any:
    """Yield the attempts and payments of a purchase."""
    for attempt in PaymentAttempt.objects.filter(purchase_id=subject.trail):
        yield timeline.TimelineEntry(
            at=attempt.created_at,
            kind=gettext("payment"),
            title=gettext("Sent to pay with %s") % actors.label(f"provider:{attempt.gateway}"),
            detail=money(attempt.amount, attempt.currency),
            url=timeline.link("payments_paymentattempt", attempt.pk),
        )
    for payment in Payment.objects.filter(attempt__purchase_id=subject.trail):
        provider = actors.label(f"provider:{payment.gateway}")
        bad = payment.status in {"rejected", "disputed", "charged_back"} or payment.role == "mismatch"
        yield timeline.TimelineEntry(
            at=payment.approved_at or payment.created_at,
            kind=gettext("payment"),
            title=f"{payment.get_status_display().capitalize()}: {money(payment.amount, payment.currency)}",
            detail=f"{provider} {payment.external_id} · {payment.get_role_display()}",
            about=payment.pk,
            number=money(payment.amount, payment.currency),
            url=timeline.link("payments_payment", payment.pk),
            tone="error" if bad else "ok" if payment.status == "approved" else "",
        )


def _refunds(subject: timeline.Subject) -> Any:
    """Yield its refunds."""
    for refund in Refund.objects.filter(payment__attempt__purchase_id=subject.trail):
        yield timeline.TimelineEntry(
            at=refund.created_at,
            kind=gettext("refund"),
            title=f"{money(refund.amount, refund.currency)} · {refund.get_status_display()}",
            detail=labels.reason(refund.reason),
            about=refund.pk,
            number=money(refund.amount, refund.currency),
            url=timeline.link("payments_refund", refund.pk),
            tone="error" if refund.status == "failed" else "warn",
        )


def _disputes(subject: timeline.Subject) -> Any:
    """Yield its disputes."""
    for dispute in Dispute.objects.filter(payment__attempt__purchase_id=subject.trail):
        bad = dispute.is_open or dispute.status == Dispute.Status.LOST
        yield timeline.TimelineEntry(
            at=dispute.opened_at,
            kind=gettext("dispute"),
            title=f"{money(dispute.amount, dispute.currency)} · {dispute.get_status_display()}",
            detail=f"{dispute.get_reason_display()} · {dispute.external_id}",
            about=dispute.pk,
            number=money(dispute.amount, dispute.currency),
            url=timeline.link("payments_dispute", dispute.pk),
            tone="error" if bad else "ok",
        )


def _webhooks(subject: timeline.Subject) -> Any:
    """Yield the webhooks about it."""
    for event in WebhookEvent.objects.filter(Q(trail=subject.trail)).defer("payload"):
        times = f" ×{event.deliveries}" if event.deliveries > 1 else ""
        yield timeline.TimelineEntry(
            at=event.received_at,
            kind=gettext("notice"),
            title=f"{event.topic}{times}",
            detail=f"{event.provider} {event.subject} · {event.get_status_display()}",
            url=timeline.link("payments_webhookevent", event.pk),
            tone="error" if event.status == "failed" else "",
        )


timeline.contribute("payments", _payments)
timeline.contribute("refunds", _refunds)
timeline.contribute("disputes", _disputes)
timeline.contribute("webhooks", _webhooks)
