"""The gateway's calls in Conekta's API: an order is paid by one of its charges, through its hosted checkout."""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import conekta
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

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
    RawWebhook,
    RefundSnapshot,
    RefundState,
    Trouble,
)
from payments.gateways.conekta import disputes, listing, webhook
from payments.gateways.conekta.client import Client
from payments.gateways.conekta.limits import LIMITS, of_methods
from payments.gateways.conekta.mapping import (
    ORDER_STATUS_MAP,
    SEPARATOR,
    from_minor,
    read_charge,
    read_refund,
    reference_of,
    rows_of,
    to_minor,
)
from payments.gateways.conekta.order import VOUCHERS, body_of
from payments.gateways.errors import DISPUTED, NOT_REFUNDABLE
from payments.gateways.limits import Range
from shop.core.json_types import JsonMapping, JsonObject

log = logging.getLogger(__name__)
_PAGES = 20
_REASON = "requested_by_client"


def from_settings(patience: Patience) -> "Conekta":
    """Make the gateway from the settings; no call is made."""
    return Conekta(
        token=settings.CONEKTA_ACCESS_TOKEN,
        base=settings.CONEKTA_API_BASE,
        keys=settings.CONEKTA_WEBHOOK_KEYS,
        livemode=settings.CONEKTA_LIVEMODE,
        methods=settings.CONEKTA_PAYMENT_METHODS,
        max_installments=settings.CONEKTA_MAX_INSTALLMENTS,
        ranges=of_methods(settings.PAYMENT_LIMITS),
        patience=patience,
    )


class Conekta:
    """Orders with `HostedPayment`. There are no idempotency keys: before a repeated call its effect is looked for."""

    code = "conekta"
    label = "Conekta"
    words = _("Card, also in months without interest; cash at OXXO; or a bank transfer.")
    currencies = frozenset({"MXN", "USD"})
    limits = LIMITS
    is_outside = True
    return_hint = ""
    forged_status = 401
    notifies = True
    stays_payable = False
    # What was paid in cash or by transfer is `is_refundable: false` (docs/providers/conekta.md#refunds).
    by_hand = frozenset({"cash", "bank_transfer", "spei"})
    refund_days = 0

    def __init__(
        self,
        *,
        token: str,
        base: str,
        keys: Sequence[str],
        livemode: bool,
        methods: Sequence[str],
        max_installments: int,
        patience: Patience,
        ranges: Mapping[str, Range] | None = None,
    ) -> None:
        self._client = Client(token=token, base=base, patience=patience)
        self._keys = tuple(keys)
        self._livemode = livemode
        self._methods = tuple(methods)
        self._ranges = ranges or {}
        self.has_vouchers = bool(VOUCHERS & set(methods))
        self.pays_at_once = bool(set(methods) - VOUCHERS)
        self.max_installments = max_installments

    # -- The checkout -----------------------------------------------------------------------------------------------

    def create_checkout(self, request: CheckoutRequest) -> HostedCheckout:
        """Make an order.

        A repeated call makes a second one: whoever retries looks with `find` first (`payments.checkout.attempts`). An
        order whose address nobody was given cannot be paid.
        """
        body = body_of(
            request, methods=self._methods, max_installments=request.max_installments, ranges=self._ranges
        )
        made = self._client.write(
            lambda orders, timeout: orders.create_order_without_preload_content(
                body, accept_language=_language(request.language), _request_timeout=timeout
            )
        )
        address = (made.get("checkout") or {}).get("url")
        if not made.get("id") or not address:
            raise GatewayError(
                "Conekta answered without an address to pay at", permanent=False, maybe_done=True
            )
        # Ours may be the shorter clock: then reconciliation cancels the order at our time.
        return HostedCheckout(str(made["id"]), str(address), request.expires_at)

    def close_checkout(self, external_id: str, *, reference: str) -> CheckoutSnapshot:
        """Cancel the order with its references; of a paid or ended one, only return its state.

        It is fetched first: what a cancellation would do to a paid order is documented nowhere.
        """
        before = self.fetch(external_id, reference=reference, checkout_id=external_id)
        if before.state != CheckoutState.OPEN:
            return before
        try:
            self._client.write(
                lambda orders, timeout: orders.cancel_order_without_preload_content(
                    external_id, _request_timeout=timeout
                )
            )
        except NotFoundAtProvider:
            raise
        except GatewayError as error:
            if error.trouble != Trouble.REFUSED:
                raise
            log.info("Order %s could not be cancelled: %s", external_id, error)
        return self.fetch(external_id, reference=reference, checkout_id=external_id)

    # -- Fetching --------------------------------------------------------------------------------------------------

    def fetch(self, subject: str, *, reference: str = "", checkout_id: str = "") -> CheckoutSnapshot:
        """Retrieve the order again: an event's own snapshot is of its moment. A payment is asked about by its order."""
        fetched_at = timezone.now()
        return self._read(self._order(checkout_id or subject.partition(SEPARATOR)[0]), fetched_at)

    def find(self, reference: str, *, since: datetime) -> CheckoutSnapshot | None:
        """List the orders made since then: the API's search does not promise to look into the metadata."""
        filters: JsonObject = {"created_at_gte": int(since.timestamp()) - 60, "limit": listing.PAGE}
        for _turn in range(_PAGES):
            fetched_at = timezone.now()
            page = self._client.read(listing.listing(filters))
            rows = rows_of(page)
            for order in rows:
                if reference_of(order) == reference:
                    return self._read(order, fetched_at)
            following = listing.next_of(page)
            if not rows or not page.get("has_more") or not following:
                break
            filters = {**filters, "next": following}
        return None

    def _order(self, order_id: str) -> dict[str, object]:
        if not order_id:  # An empty number would ask for the whole list.
            raise NotFoundAtProvider("Conekta was asked about an order without a number")
        return self._client.read(
            lambda orders, timeout: orders.get_order_by_id_without_preload_content(
                order_id, _request_timeout=timeout
            )
        )

    def _read(self, order: JsonMapping, fetched_at: datetime) -> CheckoutSnapshot:
        checkout, status = order.get("checkout") or {}, str(order.get("payment_status") or "")
        if status not in ORDER_STATUS_MAP:
            log.warning("Conekta's order %s has an unknown status %r", order.get("id"), status)
        charges = rows_of(order.get("charges"))
        return CheckoutSnapshot(
            external_id=str(order["id"]),
            reference=reference_of(order),
            state=ORDER_STATUS_MAP.get(status),
            redirect_url=str(checkout.get("url") or ""),
            payments=tuple(
                disputes.added(read_charge(order, charge, livemode=self._livemode), charge)
                for charge in charges
            ),
            fetched_at=fetched_at,
        )

    def list_payments(self, *, since: datetime, until: datetime, cursor: str = "") -> ListedPage:
        """Return one page of the list by last change."""
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
        """Refund by amount, once: what an earlier try left is looked for before anything is sent.

        Conekta keeps nothing of ours in a refund, so one of this amount that belongs to no other row of ours is ours;
        one made in the panel at the same time, of the same amount, is taken for it: too little goes back, never twice.

        Raises:
            GatewayError: `DISPUTED` while a chargeback runs; `NOT_REFUNDABLE` where Conekta says that the
                order cannot be (cash, transfers).
        """
        order_id, _, charge_id = payment_id.partition(SEPARATOR)
        order = self._order(order_id)
        earlier = self._earlier(order, charge_id, amount, known)
        if earlier is not None:
            return earlier
        if disputes.is_running(order, charge_id):
            raise GatewayError("Conekta refunds no disputed charge", permanent=True, code=DISPUTED)
        left = _left_of(order, charge_id)
        if amount > left:
            # Before the order is asked whether it can be refunded: one of which nothing is left says no as well.
            raise GatewayError(f"Only {left} is left of Conekta's charge", permanent=True, code="amount")
        if order.get("is_refundable") is False:
            words = f"Conekta cannot refund {_method_of(order, charge_id)} payments"
            raise GatewayError(words, permanent=True, code=NOT_REFUNDABLE)
        wanted = conekta.OrderRefundRequest(amount=to_minor(amount, currency), reason=_REASON)
        data = self._client.write(
            lambda orders, timeout: orders.order_refund_without_preload_content(
                order_id, wanted, _request_timeout=timeout
            )
        )
        listed = {row.external_id for row in _refunds_of(order, charge_id)}
        made = self._earlier(data, charge_id, amount, listed | set(known), failed=True)
        if made is None:
            raise GatewayError("Conekta does not list the refund it made", permanent=False, maybe_done=True)
        return made

    def _earlier(
        self,
        order: dict[str, object],
        charge_id: str,
        amount: Decimal,
        known: Collection[str],
        *,
        failed: bool = False,
    ) -> RefundSnapshot | None:
        """Return the last listed refund of this amount which belongs to no other row of ours.

        A failed one moved no money: it answers the try that has just been made, and no later one.
        """
        fitting = [
            one
            for one in _refunds_of(order, charge_id)
            if one.amount == amount
            and one.external_id not in known
            and (failed or one.state != RefundState.FAILED)
        ]
        return fitting[-1] if fitting else None

    def parse_webhook(self, raw: RawWebhook) -> Notification:
        """Verify and read an event."""
        return webhook.parse(raw, keys=self._keys, livemode=self._livemode)


def _language(code: str) -> str:
    return "en" if code == "en" else "es"


def _refunds_of(order: dict[str, object], charge_id: str) -> list[RefundSnapshot]:
    charges = [charge for charge in rows_of(order.get("charges")) if str(charge["id"]) == charge_id]
    return [read_refund(row) for charge in charges for row in rows_of(charge.get("refunds"))]


def _left_of(order: dict[str, object], charge_id: str) -> Decimal:
    """Return how much of a charge has not gone back, and is not on its way back."""
    charges = [charge for charge in rows_of(order.get("charges")) if str(charge["id"]) == charge_id]
    gone = (one.amount for one in _refunds_of(order, charge_id) if one.state != RefundState.FAILED)
    return sum((from_minor(charge.get("amount")) for charge in charges), -sum(gone, Decimal(0)))


def _method_of(order: JsonObject, charge_id: str) -> str:
    charges = [charge for charge in rows_of(order.get("charges")) if str(charge["id"]) == charge_id]
    method = charges[0].get("payment_method") if charges else None
    kind = method.get("object") if isinstance(method, Mapping) else None
    return str(kind or "these").removesuffix("_payment")
