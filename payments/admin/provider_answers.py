"""Asking the provider from a button: the usual settling, with a page's time-out, and the outcome as a message."""

from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.core.cache import cache
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from payments import gateways
from payments.admin.presentation import no_answer
from payments.gateways import UnknownGateway
from payments.gateways.base import GatewayError, NotFoundAtProvider, Trouble
from payments.models import PaymentAttempt
from payments.settlement import settle
from shop.core.money import display as money

_PAUSE: Final = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome: a level of `django.contrib.messages`, and the words."""

    level: int
    words: str


def ask(attempt: PaymentAttempt, *, actor: str) -> Answer:
    """Ask the provider about an attempt and settle the answer. Safe to repeat; pressed twice at once it asks once."""
    if not _may_ask(attempt):
        return Answer(messages.INFO, _("The provider was asked a moment ago; what it said stands below."))
    before = _shown(attempt)
    try:
        provider = str(gateways.get(attempt.gateway).label)
        settle.settle(attempt_id=attempt.pk, actor=actor, patience=gateways.for_pages())
    except UnknownGateway:
        return Answer(messages.ERROR, _("This shop has no connection to %s.") % attempt.gateway)
    except NotFoundAtProvider:
        words = _("%s knows nothing of this payment (yet). Nothing was changed.")
        return Answer(messages.WARNING, words % provider)
    except GatewayError as error:
        level = messages.WARNING if error.trouble == Trouble.SILENT else messages.ERROR
        return Answer(level, no_answer(provider, error))
    after = _shown(attempt)
    said = "; ".join(after) or _("nothing was paid")
    if after == before:
        return Answer(
            messages.INFO,
            _("%(provider)s says: %(said)s. Nothing new.") % {"provider": provider, "said": said},
        )
    words = _("%(provider)s says: %(said)s. That was news, and it is settled now.")
    return Answer(messages.SUCCESS, words % {"provider": provider, "said": said})


def _shown(attempt: PaymentAttempt) -> list[str]:
    """Return the status of an attempt's payments, in words."""
    return [
        f"{payment.external_id} {payment.get_status_display()}, {money(payment.amount, payment.currency)}, "
        f"{payment.get_role_display()}"
        + (
            f", {_('refunded')} {money(payment.refunded_amount, payment.currency)}"
            if payment.refunded_amount
            else ""
        )
        for payment in attempt.payments.order_by("created_at")
    ]


def _may_ask(attempt: PaymentAttempt) -> bool:
    try:
        return bool(cache.add(f"staff-asked:{attempt.pk}", 1, timeout=_PAUSE))
    except (RedisError, OSError):
        return True
