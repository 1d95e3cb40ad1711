"""What payments add to an order's story."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext

from payments.models import Dispute, Payment, PaymentAttempt, Refund, WebhookEvent
from shop.core import story, trail_words
from shop.core.money import display as money


def _payments(subject: story.Subject) -> Any:
    """Tell the attempts and payments of a purchase."""
    for attempt in PaymentAttempt.objects.filter(purchase_id=subject.trail):
        yield story.Entry(
            at=attempt.created_at, kind=gettext("payment"), title=gettext("Sent to pay with %s") % attempt.gateway,
            detail=money(attempt.amount, attempt.currency), url=story.link("payments_paymentattempt", attempt.pk),
        )  # fmt: skip
    for payment in Payment.objects.filter(attempt__purchase_id=subject.trail):
        bad = payment.status in {"rejected", "disputed", "charged_back"} or payment.role == "mismatch"
        yield story.Entry(
            at=payment.approved_at or payment.created_at, kind=gettext("payment"),
            title=f"{payment.get_status_display().capitalize()}: {money(payment.amount, payment.currency)}",
            detail=f"{payment.gateway} {payment.external_id} · {payment.get_role_display()}",
            url=story.link("payments_payment", payment.pk),
            tone="error" if bad else "ok" if payment.status == "approved" else "",
        )  # fmt: skip


def _refunds(subject: story.Subject) -> Any:
    """Tell what went back."""
    for refund in Refund.objects.filter(payment__attempt__purchase_id=subject.trail):
        yield story.Entry(
            at=refund.created_at, kind=gettext("refund"),
            title=f"{money(refund.amount, refund.currency)} · {refund.get_status_display()}",
            detail=trail_words.reason(refund.reason),
            url=story.link("payments_refund", refund.pk), tone="error" if refund.status == "failed" else "warn",
        )  # fmt: skip


def _disputes(subject: story.Subject) -> Any:
    """Tell what the buyer's bank says."""
    for dispute in Dispute.objects.filter(payment__attempt__purchase_id=subject.trail):
        bad = dispute.is_open or dispute.status == Dispute.Status.LOST
        yield story.Entry(
            at=dispute.opened_at, kind=gettext("dispute"),
            title=f"{money(dispute.amount, dispute.currency)} · {dispute.get_status_display()}",
            detail=f"{dispute.get_reason_display()} · {dispute.external_id}",
            url=story.link("payments_dispute", dispute.pk), tone="error" if bad else "ok",
        )  # fmt: skip


def _webhooks(subject: story.Subject) -> Any:
    """Tell what the providers notified."""
    for event in WebhookEvent.objects.filter(Q(trail=subject.trail)).defer("payload"):
        times = f" ×{event.deliveries}" if event.deliveries > 1 else ""
        yield story.Entry(
            at=event.received_at, kind=gettext("notice"), title=f"{event.topic}{times}",
            detail=f"{event.provider} {event.subject} · {event.get_status_display()}",
            url=story.link("payments_webhookevent", event.pk),
            tone="error" if event.status == "failed" else "",
        )  # fmt: skip


story.contribute("payments", _payments)
story.contribute("refunds", _refunds)
story.contribute("disputes", _disputes)
story.contribute("webhooks", _webhooks)
