"""Shared by the back office's pages about payments: status badges, sums and small forms."""

import re
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from payments.gateways.base import GatewayError, Trouble
from payments.masking import masked, masked_text
from shop.core.audit import actors, labels
from shop.core.backoffice.base import pretty
from shop.core.backoffice.verb_forms import VerbForm
from shop.core.money import display as money

TONES = {
    "approved": "success",
    "succeeded": "success",
    "paid": "success",
    "processed": "success",
    "order": "success",
    "pending": "warning",
    "requested": "info",
    "created": "info",
    "redirected": "info",
    "received": "info",
    "authorised": "info",
    "manual": "warning",
    "surplus": "warning",
    "refunded": "warning",
    "ignored": "default",
    "expired": "default",
    "cancelled": "default",
    "none": "default",
    "rejected": "danger",
    "failed": "danger",
    "mismatch": "danger",
    "disputed": "danger",
    "charged_back": "danger",
}


class StatusMixin:
    """The status as a coloured label."""

    @display(description=_("status"), ordering="status", label=TONES)
    def status_label(self, obj: Any) -> tuple[str, str]:
        return obj.status, obj.get_status_display()

    @display(description=_("amount"), ordering="amount")
    def sum_label(self, obj: Any) -> str:
        return money(obj.amount, obj.currency)


class ProviderMixin:
    """The provider by its name, of rows that keep its code (`gateway`)."""

    @display(description=_("provider"), ordering="gateway")
    def gateway_label(self, obj: Any) -> str:
        return provider_name(obj.gateway)


def provider_name(code: str) -> str:
    """Return what people call a provider; of one that is not known, its code."""
    return str(actors.label(f"provider:{code}")) if code else "—"


# The filter of a list by provider, by their names.
BY_PROVIDER = ("gateway", labels.filter_words(provider_name))


class ErrorMixin:
    """The last error of a row, masked."""

    @display(description=_("last error"))
    def error_line(self, obj: Any) -> str:
        return last_line(obj.last_error)

    @display(description=_("last error"))
    def trouble(self, obj: Any) -> str:
        return trouble(obj.last_error)


def no_answer(provider: str, error: GatewayError) -> str:
    """Tell the staff why a request to a provider failed: no answer, this request refused, or the shop's key refused."""
    if error.trouble == Trouble.SILENT:
        words = _(
            "%(provider)s does not answer at the moment. Nothing was changed, and the shop goes on asking by itself: "
            "look again in a few minutes."
        )
        return str(words) % {"provider": provider}
    if error.trouble == Trouble.MISCONFIGURED:
        words = _(
            "%(provider)s refuses the shop's own credentials or rights. Nothing was changed: %(detail)s"
        )
    else:
        words = _("%(provider)s refuses this, and will refuse it again. Nothing was changed: %(detail)s")
    return str(words) % {"provider": provider, "detail": masked_text(str(error))[:300]}


def provider_data(value: object) -> str:
    """Return a provider's answer, indented and escaped, without secrets, cards and persons."""
    return pretty(masked(value))


def trouble(text: str) -> str:
    """Return an error with its traceback, masked, with its line breaks; a dash when there is none."""
    text = labels.reason(masked_text(text).strip())
    return format_html('<pre class="bo-json">{}</pre>', text) if text else "—"


def last_line(text: str) -> str:
    """Return the line of an error that says what went wrong, masked, without its module; a dash when there is none."""
    lines = masked_text(text).strip().splitlines()
    if not lines:
        return "—"
    return labels.reason(re.sub(r"^(?:[a-z_]\w*\.)+(?=[A-Z]\w*:)", "", lines[-1])[:120])


class ConfirmForm(VerbForm):
    """Nothing to fill in: only to confirm."""
