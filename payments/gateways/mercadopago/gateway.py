"""The gateway's calls in Mercado Pago's API: a preference is paid by any number of payments."""

import logging
import warnings
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import mercadopago
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from mercadopago.config import RequestOptions
from mercadopago.errors import MPResponse

from payments.gateways.base import (
    CheckoutRequest,
    CheckoutSnapshot,
    CheckoutState,
    GatewayError,
    HostedCheckout,
    ListedPage,
    NotFoundAtProvider,
    Notification,
    Patience,
    PaymentSnapshot,
    PaymentState,
    RawWebhook,
    RefundSnapshot,
    Trouble,
)
from payments.gateways.mercadopago import disputes, listing, webhook
from payments.gateways.mercadopago.client import Call, Client
from payments.gateways.mercadopago.limits import LIMITS
from payments.gateways.mercadopago.mapping import read_date, read_payment, read_refund, wire, write_date
from payments.gateways.mercadopago.preference import body_of
from shop.core.json_types import JsonObject

log = logging.getLogger(__name__)
_PAGE = 50
_MOST = 500
_OPEN = {"pending", "in_process", "authorized"}
_FINAL = {"rejected", "cancelled"}
# "The action requested is not valid for the current payment state", "already refunded": read again
# (docs/providers/mercadopago.md#refunds).
_READ_AGAIN = {"2063", "2018"}


def from_settings(patience: Patience) -> "MercadoPago":
    """Make the gateway from the settings; no call is made."""
    return MercadoPago(
        token=settings.MERCADOPAGO_ACCESS_TOKEN,
        base=settings.MERCADOPAGO_API_BASE,
        secrets=settings.MERCADOPAGO_WEBHOOK_SECRETS,
        collector_id=settings.MERCADOPAGO_COLLECTOR_ID,
        livemode=settings.MERCADOPAGO_LIVEMODE,
        shop_name=settings.SHOP_NAME,
        max_installments=settings.MERCADOPAGO_MAX_INSTALLMENTS,
        patience=patience,
    )


class MercadoPago:
    """Checkout Pro with preferences (docs/providers/mercadopago.md#accounts-and-modes)."""

    code = "mercadopago"
    label = "Mercado Pago"
    words = _("Card in instalments, account money, or cash.")
    currencies: frozenset[str] = frozenset()  # The site's own; the account belongs to one site.
    limits = LIMITS
    is_outside = True
    return_hint = "payment_id"  # docs/providers/mercadopago.md#return
    forged_status = 401
    notifies = True
    has_vouchers = True
    pays_at_once = True
    stays_payable = True
    by_hand: frozenset[str] = frozenset()
    refund_days = 180  # docs/providers/mercadopago.md#refunds; later: error 2024.

    def __init__(
        self,
        *,
        token: str,
        base: str,
        secrets: Sequence[str],
        collector_id: str,
        shop_name: str,
        max_installments: int,
        patience: Patience,
        livemode: bool = False,
    ) -> None:
        self._client = Client(token=token, base=base, patience=patience)
        self._secrets = tuple(secrets)
        self._collector_id = collector_id
        self._livemode = livemode
        self._shop_name = shop_name
        self.max_installments = max_installments

    # -- The checkout -----------------------------------------------------------------------------------------------

    def create_checkout(self, request: CheckoutRequest) -> HostedCheckout:
        """Make a preference.

        The API ignores an idempotency key here, so a repeated call makes a second preference; whoever retries looks
        with `find` first (docs/providers/mercadopago.md#idempotency). A preference whose address nobody was given
        cannot be paid.
        """
        body = body_of(request, shop_name=self._shop_name)

        def create(sdk: mercadopago.SDK, options: RequestOptions) -> MPResponse:
            # Deprecated by the SDK, yet by the documentation it still wins over the panel's address.
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="notification_url", category=DeprecationWarning)
                return sdk.preference().create(body, options)

        made = self._client.write(create, request.idempotency_key)
        if not isinstance(made, dict) or not made.get("id") or not made.get("init_point"):
            raise GatewayError("Mercado Pago answered without a preference", permanent=False, maybe_done=True)
        # `sandbox_init_point` must not be used, also for test users.
        return HostedCheckout(str(made["id"]), str(made["init_point"]), request.expires_at)

    def close_checkout(self, external_id: str, *, reference: str) -> CheckoutSnapshot:
        """End the preference and cancel its pending payments: a buyer may have a ticket issued again.

        docs/providers/mercadopago.md#clocks
        """
        now = timezone.now()
        ended = {
            "expires": True,
            "expiration_date_from": write_date(now - timedelta(days=1)),
            "expiration_date_to": write_date(now),
        }
        self._client.write(lambda sdk, options: sdk.preference().update(external_id, ended, options))
        for payment in self._payments(reference):
            if payment.status in _OPEN:
                self._cancel(payment.external_id)
        return self.fetch("", reference=reference, checkout_id=external_id)

    def _cancel(self, payment_id: str) -> None:
        wanted = {"status": "cancelled"}
        try:
            self._client.write(lambda sdk, options: sdk.payment().update(payment_id, wanted, options))
        except GatewayError as error:
            if error.trouble != Trouble.REFUSED:
                raise
            # It was paid or cancelled a moment ago: the fetch that follows shows which.
            log.info("Payment %s could not be cancelled: %s", payment_id, error)

    # -- Fetching --------------------------------------------------------------------------------------------------

    def fetch(self, subject: str, *, reference: str = "", checkout_id: str = "") -> CheckoutSnapshot:
        """Return the payments under our reference, and the preference's own state when nothing is paid yet."""
        fetched_at = timezone.now()
        named = self._hinted(subject) if reference else self._named(subject)
        reference = reference or (named.reference if named else "")
        if not checkout_id and not subject.isdigit() and not subject.startswith(webhook.CHARGEBACK):
            checkout_id = subject
        if not reference and not named:
            preference = self._preference(checkout_id)
            reference = str(preference.get("external_reference") or "")
        payments = self._payments(reference, extra=named)
        if any(payment.state == PaymentState.APPROVED for payment in payments):
            return CheckoutSnapshot(checkout_id, reference, CheckoutState.COMPLETE, "", payments, fetched_at)
        if not checkout_id:
            return CheckoutSnapshot("", reference, None, "", payments, fetched_at)
        preference = self._preference(checkout_id)
        state = CheckoutState.EXPIRED if _is_over(preference, timezone.now()) else CheckoutState.OPEN
        address = str(preference.get("init_point") or "")
        return CheckoutSnapshot(checkout_id, reference, state, address, payments, fetched_at)

    def find(self, reference: str, *, since: datetime) -> CheckoutSnapshot | None:
        """Search the preferences by our reference, the newest first."""
        filters = {"external_reference": reference, "limit": 10, "offset": 0}
        found = self._client.read(lambda sdk, options: sdk.preference().search(filters, options)) or {}
        ours = [
            element
            for element in found.get("elements") or []
            if str(element.get("external_reference") or reference) == reference and element.get("id")
        ]
        if not ours:
            return None
        newest = max(ours, key=lambda element: str(element.get("date_created") or ""))
        return self.fetch("", reference=reference, checkout_id=str(newest["id"]))

    def _named(self, subject: str) -> PaymentSnapshot | None:
        """Return the payment that a hint names, directly or through a chargeback."""
        if subject.startswith(webhook.CHARGEBACK):
            chargeback_id = subject.removeprefix(webhook.CHARGEBACK)
            chargeback = (
                self._client.read(lambda sdk, options: sdk.chargeback().get(chargeback_id, options)) or {}
            )
            ids = disputes.payments_of(chargeback)
            return self._payment(ids[0]) if ids else None
        return self._payment(subject) if subject.isdigit() else None

    def _hinted(self, subject: str) -> PaymentSnapshot | None:
        """Return the payment that a hint names; a payment that does not exist says nothing about our checkout."""
        try:
            return self._named(subject)
        except NotFoundAtProvider:
            log.info("Mercado Pago knows no payment %r (yet)", subject)
            return None

    def _payment(self, payment_id: str) -> PaymentSnapshot:
        found = self._client.read(lambda sdk, options: sdk.payment().get(payment_id, options))
        if not isinstance(found, dict) or not found.get("id"):
            raise NotFoundAtProvider(f"Mercado Pago answered nothing about payment {payment_id}")
        return disputes.added(
            self._client, read_payment(found, collector_id=self._collector_id, livemode=self._livemode)
        )

    def _preference(self, preference_id: str) -> dict[str, object]:
        found = self._client.read(lambda sdk, options: sdk.preference().get(preference_id, options))
        return found if isinstance(found, dict) else {}

    def _payments(self, reference: str, extra: PaymentSnapshot | None = None) -> tuple[PaymentSnapshot, ...]:
        """Return every payment under the reference, each read by its own number.

        The search lags behind and lacks fields (docs/providers/mercadopago.md#lists), so it only names the payments;
        one that a notification named may be missing in it and is added. What is rejected or cancelled for good is not
        asked about again.
        """
        found = {extra.external_id: extra} if extra and extra.reference == reference else {}
        if not reference:
            return tuple(found.values())
        for listed in self._search(reference):
            payment_id = str(listed["id"])
            if payment_id in found:
                continue
            if str(listed.get("status")) in _FINAL:
                found[payment_id] = read_payment(
                    listed, collector_id=self._collector_id, livemode=self._livemode
                )
            else:
                found[payment_id] = self._payment(payment_id)
        return tuple(payment for payment in found.values() if payment.reference == reference)

    def _search(self, reference: str) -> list[JsonObject]:
        """Page by hand: the SDK's own pager turns a 401 or a 500 into "no payments"."""
        results: list[JsonObject] = []
        while len(results) < _MOST:
            filters = {
                "external_reference": reference,
                "sort": "date_created",
                "criteria": "desc",
                "limit": _PAGE,
                "offset": len(results),
            }
            page = self._client.read(_searching(filters)) or {}
            rows = [row for row in page.get("results") or [] if isinstance(row, dict) and row.get("id")]
            results += rows
            total = int((page.get("paging") or {}).get("total") or 0)
            if not rows or len(results) >= total:
                break
        return results

    def list_payments(self, *, since: datetime, until: datetime, cursor: str = "") -> ListedPage:
        """Return one page of the list by last change."""
        return listing.page(
            self._client,
            since=since,
            until=until,
            cursor=cursor,
            collector_id=self._collector_id,
            livemode=self._livemode,
        )

    # -- Money back -------------------------------------------------------------------------------------------------

    def refund(
        self,
        payment_id: str,
        *,
        amount: Decimal,
        currency: str,
        idempotency_key: str,
        known: Collection[str] = (),
    ) -> RefundSnapshot:
        """Refund by amount, also the whole: without one the API returns whatever remains.

        The same key again answers 200 with an empty body, so the refund is looked for in the list
        (docs/providers/mercadopago.md#idempotency).

        Raises:
            GatewayError: `DISPUTED` while a dispute runs; `NOT_REFUNDABLE` after one that was won
                (docs/providers/mercadopago.md#disputes).
        """
        wanted = {"amount": wire(amount, currency)}
        try:
            made = self._client.write(
                lambda sdk, options: sdk.refund().create(payment_id, wanted, options), idempotency_key
            )
        except GatewayError as error:
            if error.code not in _READ_AGAIN:
                raise
            earlier = self._earlier(payment_id, amount, known)
            if earlier is None:
                raise disputes.why_not_refunded(self._payment(payment_id), error) from error
            return earlier
        if isinstance(made, dict) and made.get("id"):
            return read_refund(made)
        repeated = self._earlier(payment_id, amount, known)
        if repeated is None:
            raise GatewayError(
                "Mercado Pago repeated a refund that it does not list", permanent=False, maybe_done=True
            )
        return repeated

    def _earlier(self, payment_id: str, amount: Decimal, known: Collection[str]) -> RefundSnapshot | None:
        """Return the refund of this amount which belongs to no other row of ours."""
        listed = self._client.read(lambda sdk, options: sdk.refund().list_all(payment_id, options)) or []
        refunds = [read_refund(refund) for refund in listed if isinstance(refund, dict) and refund.get("id")]
        fitting = [found for found in refunds if found.amount == amount and found.external_id not in known]
        return fitting[-1] if fitting else None

    def parse_webhook(self, raw: RawWebhook) -> Notification:
        """Verify and read a notification."""
        return webhook.parse(raw, secrets=self._secrets, livemode=self._livemode)


def _searching(filters: JsonObject) -> Call:
    return lambda sdk, options: sdk.payment().search(filters, options)


def _is_over(preference: dict[str, object], now: datetime) -> bool:
    """Say whether the preference's own clock has run out."""
    end = read_date(preference.get("expiration_date_to"))
    return bool(preference.get("expires") and end and end <= now)
