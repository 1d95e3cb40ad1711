"""All payments of one order on one page: attempts, payments, refunds, disputes, webhooks."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.translation import gettext as _

from orders.models import InstallmentPlan, Order
from payments import gateways
from payments.admin.presentation import TONES, last_line, provider_data
from payments.admin.refunds import plan_return_page
from payments.masking import masked_text
from payments.models import Dispute, Payment, PaymentAttempt, Refund, RefundLine, WebhookEvent
from payments.refunds import quotes, refund_requests
from shop.core.audit import labels
from shop.core.backoffice.base import BackOfficeAdmin, require, row
from shop.core.money import display as money

_MONEY = {Payment.Role.ORDER, Payment.Role.SURPLUS, Payment.Role.MISMATCH}
_UNDER_WAY = {Refund.Status.REQUESTED, Refund.Status.PENDING, Refund.Status.MANUAL}
_WEBHOOKS = 20


@dataclass(frozen=True)
class Sums:
    """The money of an order in its own currency."""

    total: str
    paid: str
    back: str
    under_way: str
    left: str


class OrderPaymentsMixin(BackOfficeAdmin[Payment]):
    """The page `admin:payments_order` of the payments' admin."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.order_view)
        goods_back = self.admin_site.admin_view(self.goods_back_view)
        return [
            path("order/<uuid:order_id>/", view, name="payments_order"),
            path("order/<uuid:order_id>/goods-back/", goods_back, name="payments_order_goods_back"),
            *super().get_urls(),
        ]

    def goods_back_view(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        """Let goods of an order paid in instalments come back, in two steps."""
        require(request, "payments.view_payment", "payments.add_refund")
        return plan_return_page.page(request, self, row(Order.objects.filter(plan__isnull=False), order_id))

    def order_view(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        """Show an order's payments (a fixed number of queries, however many there are)."""
        require(request, "payments.view_payment", "payments.view_refund", "payments.view_paymentattempt")
        order = row(Order.objects.all(), order_id)
        attempts = list(_attempts(order))
        payments = [payment for attempt in attempts for payment in attempt.payments.all()]
        refunds = [refund for payment in payments for refund in payment.refunds.all()]
        disputes = [dispute for payment in payments for dispute in payment.disputes.all()]
        owed = refund_requests.owed_shares(order.pk)
        has_plan = InstallmentPlan.objects.filter(order=order).exists()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("Payments"),
            "order": order,
            "sums": _sums(order, payments, refunds, owed),
            "attempts": [_attempt(attempt) for attempt in attempts],
            "payments": [_payment(payment, owed, has_plan=has_plan) for payment in payments],
            "refunds": [_refund(refund) for refund in sorted(refunds, key=lambda one: one.created_at)],
            "disputes": [_dispute(dispute) for dispute in disputes],
            "webhooks": _webhooks(order) if _may(request, "payments.view_webhookevent") else [],
            "snapshots": [
                (payment, provider_data(payment.snapshot)) for payment in payments if payment.snapshot
            ]
            + [(dispute, provider_data(dispute.snapshot)) for dispute in disputes if dispute.snapshot],
            "may_ask": _may(request, "payments.change_paymentattempt"),
            "may_refund": _may(request, "payments.add_refund"),
            "has_plan": has_plan,
            "may_repair": _may(request, "payments.change_refund"),
            "may_decide": _may(request, "payments.change_payment"),
        }
        return TemplateResponse(request, "admin/payments/order.html", context)


def _may(request: HttpRequest, permission: str) -> bool:
    return bool(request.user.has_perm(permission))


def _attempts(order: Order) -> Any:
    lines = Prefetch("lines", queryset=RefundLine.objects.select_related("order_line"))
    refunds = Prefetch("refunds", queryset=Refund.objects.order_by("created_at").prefetch_related(lines))
    payments = Payment.objects.order_by("created_at").prefetch_related(refunds, "disputes")
    found = PaymentAttempt.objects.filter(purchase_id=order.checkout_id).order_by("created_at")
    return found.prefetch_related(Prefetch("payments", queryset=payments))


def _sums(order: Order, payments: list[Payment], refunds: list[Refund], owed: Mapping[UUID, Decimal]) -> Sums:
    """Add up what came in and went back, in the order's currency (payments in another one are left out)."""
    came = [payment for payment in payments if payment.role in _MONEY and payment.currency == order.currency]
    keys = {payment.pk for payment in came}
    went = [refund for refund in refunds if refund.payment_id in keys]

    def total(amounts: Any) -> str:
        return money(sum(amounts, Decimal("0.00")), order.currency)

    return Sums(
        total=money(order.total, order.currency),
        paid=total(payment.amount for payment in came),
        back=total(refund.amount for refund in went if refund.status == Refund.Status.SUCCEEDED),
        under_way=total(refund.amount for refund in went if refund.status in _UNDER_WAY),
        left=total(quotes.remaining(payment, owed) for payment in came),
    )


def _provider(code: str) -> str:
    return str(gateways.get(code).label) if code in gateways.GATEWAYS else code


def _attempt(attempt: PaymentAttempt) -> dict[str, Any]:
    return {
        "attempt": attempt,
        "provider": _provider(attempt.gateway),
        "sum": money(attempt.amount, attempt.currency),
        "tone": _tone(attempt.status),
        "error": masked_text(attempt.last_error),
    }


def _payment(payment: Payment, owed: Mapping[UUID, Decimal], *, has_plan: bool) -> dict[str, Any]:
    left = quotes.remaining(payment, owed) if payment.role in _MONEY else Decimal(0)
    return {
        "payment": payment,
        "provider": _provider(payment.gateway),
        "sum": money(payment.amount, payment.currency),
        "left": money(left, payment.currency) if left else "",
        "is_refunded_alone": bool(left) and not (has_plan and payment.role == Payment.Role.ORDER),
        "tone": _tone(payment.status),
        "role_tone": _tone(payment.role),
        "detail": masked_text(labels.reason(payment.status_detail)),
        "must_decide": payment.role == Payment.Role.MISMATCH,
    }


def _refund(refund: Refund) -> dict[str, Any]:
    return {
        "refund": refund,
        "sum": money(refund.amount, refund.currency),
        "tone": _tone(refund.status),
        "error": last_line(refund.last_error) if refund.last_error else "",
        "reason": masked_text(labels.reason(refund.reason)),
        "lines": [str(line) for line in refund.lines.all()],
        "is_failed": refund.status == Refund.Status.FAILED,
        "is_manual": refund.status == Refund.Status.MANUAL,
    }


def _dispute(dispute: Dispute) -> dict[str, Any]:
    try:
        url = reverse("admin:payments_dispute_change", args=[dispute.pk])
    except NoReverseMatch:
        url = ""
    return {
        "dispute": dispute,
        "sum": money(dispute.amount, dispute.currency),
        "url": url,
        "tone": "error" if dispute.is_open or dispute.status == Dispute.Status.LOST else "ok",
    }


def _webhooks(order: Order) -> list[dict[str, Any]]:
    found = WebhookEvent.objects.filter(trail=order.checkout_id).defer("payload").order_by("-received_at")
    return [
        {
            "event": event,
            "provider": _provider(event.provider),
            "tone": _tone(event.status),
            "error": last_line(event.error) if event.error else "",
        }
        for event in found[:_WEBHOOKS]
    ]


def _tone(status: str) -> str:
    """Return a status as one of the back office's tones."""
    return {"success": "ok", "danger": "error", "warning": "warn"}.get(TONES.get(status, ""), "")
