"""What the back office's pages about payments share: coloured words, sums and the small forms."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from shop.core.backoffice import VerbForm
from shop.core.money import display as money

TONES = {
    "approved": "success", "succeeded": "success", "paid": "success", "processed": "success", "order": "success",
    "pending": "warning", "requested": "info", "created": "info", "redirected": "info", "received": "info",
    "authorised": "info", "manual": "warning", "surplus": "warning", "refunded": "warning", "ignored": "default",
    "expired": "default", "cancelled": "default", "none": "default", "rejected": "danger", "failed": "danger",
    "mismatch": "danger", "disputed": "danger", "charged_back": "danger",
}  # fmt: skip


class StatusMixin:
    """The status as a coloured word."""

    @display(description=_("status"), ordering="status", label=TONES)
    def status_label(self, obj: Any) -> tuple[str, str]:
        return obj.status, obj.get_status_display()

    @display(description=_("amount"), ordering="amount")
    def sum_label(self, obj: Any) -> str:
        return money(obj.amount, obj.currency)


class ConfirmForm(VerbForm):
    """Nothing to fill in: only to confirm."""
