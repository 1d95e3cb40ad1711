"""The payments' data: attempts, payments, refunds, and the inbox of webhooks."""

from payments.models.attempts import PaymentAttempt
from payments.models.payments import Payment, Refund
from payments.models.webhooks import WebhookEvent

__all__ = ["Payment", "PaymentAttempt", "Refund", "WebhookEvent"]
