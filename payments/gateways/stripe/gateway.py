"""The gateway's calls in Stripe's API: a Checkout Session is paid by its one PaymentIntent."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import stripe
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.gateways.base import (
    CheckoutRequest,
    CheckoutSnapshot,
    DisputeSnapshot,
    GatewayError,
    HostedCheckout,
    ListedPage,
    NotFoundAtProvider,
    Notification,
    Patience,
    RawWebhook,
    RefundSnapshot,
    Trouble,
)
from payments.gateways.stripe import disputes, listing, webhook
from payments.gateways.stripe.client import Call, Client
from payments.gateways.stripe.limits import LIMITS
from payments.gateways.stripe.mapping import (
    INTENT_CHECKOUTS,
    SESSION_STATUS_MAP,
    read_payment,
    read_refund,
    to_minor,
)
from payments.gateways.stripe.session import VOUCHERS, expiry_of, intent_params_of, params_of
from shop.core.json_types import Json, JsonObject

log = logging.getLogger(__name__)
_PAGE = 100
_PAGES = 20
_INTENT = "pi_"
_EXPAND = ["payment_intent.latest_charge"]


def from_settings(patience: Patience) -> "Stripe":
    """Make the gateway from the settings; no call is made."""
    return Stripe(
        key=settings.STRIPE_SECRET_KEY,
        base=settings.STRIPE_API_BASE,
        secrets=settings.STRIPE_WEBHOOK_SECRETS,
        livemode=settings.STRIPE_LIVEMODE,
        # It has cuotas in Mexico only, and takes no cap: more than one switches them on.
        max_installments=settings.STRIPE_MAX_INSTALLMENTS,
        has_vouchers=settings.SHOP_CURRENCY in VOUCHERS,
        patience=patience,
    )


class Stripe:
    """Hosted Checkout Sessions; `client.v1` throughout (docs/providers/stripe.md#sdk)."""

    code = "stripe"
    label = "Stripe"
    words = _("Credit or debit card, in one payment.")
    currencies: frozenset[str] = frozenset()  # More than a hundred; the account decides.
    limits = LIMITS
    is_outside = True
    return_hint = ""
    forged_status = 400
    notifies = True
    pays_at_once = True
    stays_payable = False
    # Money goes back to the original method only, which these do not have (docs/providers/stripe.md#refunds).
    by_hand = frozenset({"oxxo", "boleto"})
    refund_days = 0

    def __init__(
        self,
        *,
        key: str,
        base: str,
        secrets: Sequence[str],
        livemode: bool,
        max_installments: int,
        patience: Patience,
        has_vouchers: bool = False,
    ) -> None:
        self._client = Client(key=key, base=base, patience=patience)
        self._secrets = tuple(secrets)
        self._livemode = livemode
        self.max_installments, self.has_vouchers = max_installments, has_vouchers

    # -- The checkout -----------------------------------------------------------------------------------------------

    def create_checkout(self, request: CheckoutRequest) -> HostedCheckout:
        """Make a session; the same key returns the same one."""
        params: Json = params_of(request)
        made = self._client.call(
            lambda sdk: sdk.v1.checkout.sessions.create(params, {"idempotency_key": request.idempotency_key})
        )
        if not made.get("url"):
            raise GatewayError(
                "Stripe answered without an address to pay at", permanent=False, maybe_done=True
            )
        return HostedCheckout(str(made["id"]), str(made["url"]), min(request.expires_at, expiry_of(request)))

    def create_intent(self, request: CheckoutRequest) -> HostedCheckout:
        """Make a PaymentIntent that an app confirms; the same key returns the same one."""
        params: Json = intent_params_of(request)
        made = self._client.call(
            lambda sdk: sdk.v1.payment_intents.create(params, {"idempotency_key": request.idempotency_key})
        )
        return HostedCheckout(str(made["id"]), "", request.expires_at)

    def client_secret(self, intent_id: str) -> str:
        """Return the secret of a PaymentIntent."""
        intent = self._client.call(lambda sdk: sdk.v1.payment_intents.retrieve(intent_id))
        return str(intent.get("client_secret") or "")

    def close_checkout(self, external_id: str, *, reference: str) -> CheckoutSnapshot:
        """Expire an open session; of a complete one, cancel the voucher that nobody has paid yet. Cancel an intent."""
        if external_id.startswith(_INTENT):
            self._cancel(external_id)
            return self.fetch("", reference=reference, checkout_id=external_id)
        try:
            self._client.call(lambda sdk: sdk.v1.checkout.sessions.expire(external_id))
        except NotFoundAtProvider:
            raise
        except GatewayError as error:
            if error.trouble != Trouble.REFUSED:
                raise
            # "Only sessions with a status in ['open'] can be expired": complete or expired, the fetch shows.
            session = self._session(external_id)
            intent = session.get("payment_intent")
            if session.get("status") == "complete" and session.get("payment_status") == "unpaid" and intent:
                self._cancel(str(intent["id"] if isinstance(intent, dict) else intent))
        return self.fetch(external_id, reference=reference, checkout_id=external_id)

    def _cancel(self, intent_id: str) -> None:
        try:
            self._client.call(lambda sdk: sdk.v1.payment_intents.cancel(intent_id))
        except GatewayError as error:
            if error.trouble != Trouble.REFUSED:
                raise
            log.info("PaymentIntent %s could not be cancelled: %s", intent_id, error)

    # -- Fetching --------------------------------------------------------------------------------------------------

    def fetch(self, subject: str, *, reference: str = "", checkout_id: str = "") -> CheckoutSnapshot:
        """Retrieve the session again: an event's own snapshot is of its moment."""
        fetched_at = timezone.now()
        session = self._named(checkout_id) if checkout_id else self._session_of(subject)
        payment = self._intent_of(session)
        refunds = (
            self._refunds(str(payment["id"])) if payment and payment.get("status") == "succeeded" else []
        )
        found = self._disputes(payment, subject) if payment else []
        read = (
            read_payment(session, payment, refunds, livemode=self._livemode, disputes=found)
            if payment
            else None
        )
        return CheckoutSnapshot(
            external_id=str(session["id"]),
            reference=str(session.get("client_reference_id") or ""),
            state=SESSION_STATUS_MAP.get(str(session.get("status"))),
            redirect_url=str(session.get("url") or ""),
            payments=(read,) if read else (),
            fetched_at=fetched_at,
        )

    def find(self, reference: str, *, since: datetime) -> CheckoutSnapshot | None:
        """List the sessions, then the intents, made since then.

        There is no filter by our reference (docs/providers/stripe.md#lists).
        """
        filters: JsonObject = {"created": {"gte": int(since.timestamp()) - 60}}
        for session in self._listed(filters, lambda sdk, params: sdk.v1.checkout.sessions.list(params)):
            if session.get("client_reference_id") == reference:
                return self.fetch("", reference=reference, checkout_id=str(session["id"]))
        for intent in self._listed(filters, lambda sdk, params: sdk.v1.payment_intents.list(params)):
            # A session's own has the same reference: its session would have been found.
            if (intent.get("metadata") or {}).get("attempt") == reference:
                return self.fetch("", reference=reference, checkout_id=str(intent["id"]))
        return None

    def _named(self, checkout_id: str) -> JsonObject:
        """Return the session with this id, or the shell of one around an intent."""
        return (
            self._without_session(checkout_id)
            if checkout_id.startswith(_INTENT)
            else self._session(checkout_id)
        )

    def _session(self, session_id: str) -> dict[str, object]:
        if not session_id:  # The SDK would ask for the whole list.
            raise NotFoundAtProvider("Stripe was asked about a session without a number")
        return self._client.call(
            lambda sdk: sdk.v1.checkout.sessions.retrieve(session_id, {"expand": _EXPAND})
        )

    def _session_of(self, subject: str) -> JsonObject:
        if disputes.is_dispute(subject):
            data = self._client.call(lambda sdk: sdk.v1.disputes.retrieve(subject))
            subject = str(data.get("payment_intent") or "")
        if not subject.startswith("pi_"):
            return self._session(subject)
        filters: Json = {"payment_intent": subject, "limit": 1}
        found = self._client.call(lambda sdk: sdk.v1.checkout.sessions.list(filters)).get("data") or []
        if not found:
            return self._without_session(subject)
        return self._session(str(found[0]["id"]))

    def _without_session(self, intent_id: str) -> JsonObject:
        """Return the shell of a session around a payment that was made without one: by a link, an invoice, the panel.

        Raises:
            NotFoundAtProvider: there is no such payment.
        """
        wanted: Json = {"expand": ["latest_charge"]}
        intent = self._client.call(lambda sdk: sdk.v1.payment_intents.retrieve(intent_id, wanted))
        return {
            "id": intent_id,
            "client_reference_id": (intent.get("metadata") or {}).get("attempt"),
            "status": INTENT_CHECKOUTS.get(str(intent.get("status")), "open"),
            "payment_intent": intent,
        }

    def _intent_of(self, session: JsonObject) -> JsonObject | None:
        """Return the expanded PaymentIntent; there is none until the shopper confirms."""
        intent = session.get("payment_intent")
        if not intent or isinstance(intent, dict):
            return intent or None
        return self._client.call(
            lambda sdk: sdk.v1.payment_intents.retrieve(str(intent), {"expand": ["latest_charge"]})
        )

    def _refunds(self, intent_id: str) -> list[JsonObject]:
        """List the refunds, also failed ones: a charge does not carry them by default."""
        filters = {"payment_intent": intent_id}
        return self._listed(filters, lambda sdk, params: sdk.v1.refunds.list(params))

    def _disputes(self, intent: JsonObject, subject: str) -> list[DisputeSnapshot]:
        """List the disputes of a payment which has any, as its charge or the hint says."""
        charge = intent.get("latest_charge")
        is_disputed = isinstance(charge, dict) and bool(charge.get("disputed"))
        if intent.get("status") != "succeeded" or not (is_disputed or disputes.is_dispute(subject)):
            return []
        filters = {"payment_intent": str(intent["id"])}
        listed = self._listed(filters, lambda sdk, params: sdk.v1.disputes.list(params))
        return [disputes.read_dispute(dispute) for dispute in listed]

    def _listed(
        self, filters: JsonObject, call: Callable[[stripe.StripeClient, Json], Json]
    ) -> list[JsonObject]:
        rows: list[JsonObject] = []
        for _turn in range(_PAGES):
            params = {**filters, "limit": _PAGE, **({"starting_after": rows[-1]["id"]} if rows else {})}
            page = self._client.call(_with(call, params))
            found = page.get("data") or []
            rows += found
            if not found or not page.get("has_more"):
                break
        return rows

    def list_payments(self, *, since: datetime, until: datetime, cursor: str = "") -> ListedPage:
        """Return one page of the list by making, then by what happened since."""
        return listing.page(self._client, since=since, until=until, cursor=cursor, livemode=self._livemode)

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
        """Refund by amount; the key is also in the metadata, so that the refund can be found again.

        Raises:
            GatewayError: with `SERVER_ERROR` and not `maybe_done` when Stripe failed and provably did nothing: it
                would replay its failure to this key, so the next try needs another one
                (docs/providers/stripe.md#idempotency).
        """
        params: Json = {
            "payment_intent": payment_id,
            "amount": to_minor(amount, currency),
            "metadata": {"refund": idempotency_key},
        }
        try:
            made = self._client.call(
                lambda sdk: sdk.v1.refunds.create(params, {"idempotency_key": idempotency_key})
            )
        except GatewayError as error:
            if error.code not in {GatewayError.SERVER_ERROR, "charge_already_refunded"}:
                raise
            for listed in map(read_refund, self._refunds(payment_id)):
                if listed.idempotency_reference == idempotency_key:
                    return listed
            raise GatewayError(
                str(error), permanent=error.permanent, code=error.code, reason=error.reason
            ) from error
        return read_refund(made)

    def draft_evidence(self, dispute_id: str, texts: Mapping[str, str]) -> None:
        """Keep texts in the dispute's form; `submit` is true by default, and a bank reviews evidence only once."""
        params: Json = {"evidence": disputes.evidence_of(texts), "submit": False}
        self._client.call(lambda sdk: sdk.v1.disputes.update(dispute_id, params))

    def parse_webhook(self, raw: RawWebhook) -> Notification:
        """Verify and read an event."""
        return webhook.parse(raw, secrets=self._secrets, livemode=self._livemode)


def _with(call: Callable[[stripe.StripeClient, Json], Json], params: JsonObject) -> Call:
    return lambda sdk: call(sdk, params)
