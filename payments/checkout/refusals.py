"""Refusals of a provider, as against its silence: the messages, and which requests are not repeated.

Every permanent error of a provider of any call is handled here. The shopper reads what the refusal is about and
where else to pay; the same request is not repeated while nothing has changed; the staff is notified of each kind of
refusal once, and of a refused key (by any call) at once.
"""

import json
import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from orders.models import Payable
from orders.payables import Bill
from payments import gateways, provider_requests
from payments.gateways.base import GatewayError, NotAsked, NotFoundAtProvider, Reason, Trouble
from payments.masking import masked_text
from payments.models import PaymentAttempt
from payments.models.attempts import REFUSED_FOR
from shop.core.database.kept_queries import KeptQuery
from shop.core.mail import outbox
from shop.core.models import EmailLog

log = logging.getLogger(__name__)
# The name from before the module moved: digests made then still count.
_SALT: Final = "payments.refusals"
# What the staff can repair is asked again after a while; what only the shopper can change is not, until it has changed.
_STAFF_REPAIRS: Final = {Reason.ACCOUNT, Reason.RIGHTS, Reason.RETURN_ADDRESS, Reason.OTHER}
_ASK_AGAIN: Final = timedelta(minutes=10)
# What the shopper can change in the contact step.
BUYERS_OWN: Final = {Reason.NAME, Reason.EMAIL, Reason.PHONE, Reason.DOCUMENT, Reason.BUYER}
# Asking about another account's payment is forbidden too, which says nothing about our own key.
_READS: Final = {"fetch", "find"}


class PaymentUnavailable(Exception):
    """The provider cannot take a payment now; the purchase and its reservations are kept. Trying again helps.

    `gateway` is the provider's code, so that the page can say whom, and offer another. `refusal`: the shop did not
    even ask, to protect itself; a job has not used up a try.
    """

    def __init__(self, gateway: str, detail: str, *, refusal: NotAsked | None = None) -> None:
        super().__init__(detail)
        self.gateway = gateway
        self.refusal = refusal


class PaymentRefused(PaymentUnavailable):
    """The provider answered, and refused: asked the same, it answers the same. The purchase and its reservations are
    kept.

    `reason` is what the refusal is about. `is_about_old`: not the payment that was wanted is refused, but the end of
    the one that was begun before it.
    """

    def __init__(self, gateway: str, detail: str, *, reason: str, is_about_old: bool = False) -> None:
        super().__init__(gateway, detail)
        self.reason = Reason(reason)
        self.is_about_old = is_about_old


def digest_of(bill: Bill) -> str:
    """Return a keyed digest of the buyer's data that a provider is sent, by which a change is noticed."""
    buyer = bill.buyer
    identity = [buyer.first_name, buyer.last_name, buyer.phone, buyer.document_type, buyer.document_number]
    return salted_hmac(_SALT, json.dumps([buyer.email, *identity]), algorithm="sha256").hexdigest()


def _last_failed(payable_id: UUID, gateway: str) -> QuerySet[PaymentAttempt]:
    failed = PaymentAttempt.objects.filter(
        payable_id=payable_id, gateway=gateway, status=PaymentAttempt.Status.FAILED
    )
    return failed.order_by("-created_at")[:1]


LAST_FAILED: Final = KeptQuery(_last_failed, UUID, str)


def check(payable: Payable, bill: Bill, gateway: str) -> None:
    """Make sure that asking `gateway` to take this bill can help.

    Raises:
        PaymentRefused: it takes no such sum, or it has refused exactly this.
    """
    check_beside(LAST_FAILED.first(payable.pk, gateway), bill, gateway)


def check_beside(last: PaymentAttempt | None, bill: Bill, gateway: str) -> None:
    """Make sure of the same, where the last attempt of it that failed at `gateway` is known (`LAST_FAILED`).

    Raises: PaymentRefused: see `check`.
    """
    if reason := _outside(bill, gateway):
        raise PaymentRefused(gateway, f"{gateway} takes no {bill.total} {bill.currency}", reason=reason)
    if last is None or not last.refused_for:
        return
    is_same = last.fingerprint == provider_requests.fingerprint(bill) and last.buyer_digest == digest_of(bill)
    is_old = last.refused_for in _STAFF_REPAIRS and last.created_at < timezone.now() - _ASK_AGAIN
    if is_same and not is_old:
        raise PaymentRefused(gateway, last.last_error, reason=last.refused_for)


def _outside(bill: Bill, gateway: str) -> Reason | None:
    known = gateways.get(gateway).currencies
    if known and bill.currency not in known:
        return Reason.CURRENCY
    bounds = gateways.bounds(gateway, bill.currency)
    if bounds.least is not None and bill.total < bounds.least:
        return Reason.TOO_SMALL
    if bounds.most is not None and bill.total > bounds.most:
        return Reason.TOO_LARGE
    return None if bounds.has_place(bill.total) else Reason.AMOUNT


def tell(gateway: str, error: GatewayError, *, attempt: PaymentAttempt) -> None:
    """Notify the staff, once for each kind of refusal, that a provider refuses a purchase.

    A refused key is reported by `misconfigured`, whichever call it was. A checkout of ours unknown to the provider
    is a refusal as well: its key may be another account's.
    """
    if error.trouble == Trouble.REFUSED or isinstance(error, NotFoundAtProvider):
        _tell(gateway, error, what=f"refused:{error.reason}:{error.code[:60]}", attempt=attempt)


def misconfigured(gateway: str, error: GatewayError, *, call: str) -> None:
    """Notify the staff that a provider refuses the shop itself: once, until a checkout could be opened there again.

    It is called in the middle of a shopper's request (`shop.core.protection.guard`).
    """
    if error.reason == Reason.RIGHTS and call in _READS:
        return
    opened = PaymentAttempt.objects.filter(gateway=gateway).exclude(external_id="")
    epoch = opened.order_by("-created_at").values_list("pk", flat=True).first()
    _tell(gateway, error, what=f"{error.reason}:{epoch or 'never'}")


def _tell(gateway: str, error: GatewayError, *, what: str, attempt: PaymentAttempt | None = None) -> None:
    """Write the mail unless one was written already; two calls at once write one."""
    dedupe_key = f"provider-refuses:{gateway}:{what}"[:150]
    if EmailLog.objects.filter(dedupe_key=dedupe_key).exists():
        return
    page = "paymentattempt/" + (f"{attempt.pk}/change/" if attempt else "?status__exact=failed")
    with transaction.atomic():
        outbox.queue(
            kind="provider_refuses",
            to=settings.SHOP_EMAIL,
            template="provider_refuses",
            context={
                "provider": gateways.get(gateway).label,
                "about": REFUSED_FOR[error.reason],
                "is_urgent": error.trouble == Trouble.MISCONFIGURED,
                "detail": masked_text(str(error))[:300],
                "admin_url": f"{settings.SITE_URL}{reverse('admin:index')}payments/{page}",
            },
            dedupe_key=dedupe_key,
            language=settings.LANGUAGE_CODE,
        )
