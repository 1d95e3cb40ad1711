"""What we send to make an order with a hosted checkout (docs/providers/conekta.md#orders)."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import conekta
from pydantic import ValidationError

from payments.gateways.base import CheckoutRequest, GatewayError, Reason
from payments.gateways.conekta.limits import takes
from payments.gateways.conekta.mapping import to_minor
from payments.gateways.limits import Range
from payments.gateways.refusals import reason_of
from shop.core.user_input.phones import without_extension

# Conekta asks for 5 minutes … 365 days from its own clock; a margin for a second try and for clocks that differ.
_SHORTEST: Final = timedelta(minutes=8)
_LONGEST: Final = timedelta(days=364)
_NAME: Final = 250
_MONTHS: Final = (3, 6, 9, 12, 18, 24)
VOUCHERS: Final = {"cash", "bank_transfer"}


def body_of(
    request: CheckoutRequest,
    *,
    methods: Sequence[str],
    max_installments: int,
    ranges: Mapping[str, Range] | None = None,
) -> Any:
    """Return the SDK's model of the order, which checks types and limits before anything is sent.

    `ranges`: what single methods take at once, by `method/CURRENCY` (`limits`).

    Raises:
        GatewayError: the lines do not add up, a limit is broken, or the buyer has no telephone number.
    """
    offered = [
        name
        for name in methods
        if (request.offers_vouchers or name not in VOUCHERS)
        and takes(name, request.total, request.currency, ranges or {})
    ]
    if not offered:
        message = "Conekta would have no method left to offer: no vouchers may be, or none takes such a sum"
        raise GatewayError(message, permanent=True, reason=Reason.AMOUNT)
    try:
        return conekta.OrderRequest.from_dict(
            {
                "currency": request.currency,
                "customer_info": _customer(request),
                "line_items": _lines(request),
                "metadata": {"attempt": request.reference},
                "needs_shipping_contact": False,
                "checkout": {
                    "type": "HostedPayment",
                    "name": request.reference,
                    "allowed_payment_methods": offered,
                    "success_url": request.return_url,
                    "failure_url": request.cancel_url,
                    "expires_at": int(expiry_of(request, offered).timestamp()),
                    **_installments(max_installments),
                },
            }
        )
    except ValueError as error:  # pydantic's: no network was used.
        data = _as_data(error)
        raise GatewayError(
            f"Conekta would refuse the order: {data}", permanent=True, reason=reason_of(0, data)
        ) from error


def _as_data(error: ValueError) -> str:
    """Say what the SDK's model refuses, without the refused value: it may be a person's."""
    if not isinstance(error, ValidationError):
        return str(error)
    found = error.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in found)


def expiry_of(request: CheckoutRequest, methods: Sequence[str]) -> datetime:
    """Return when Conekta shall end the order: one clock serves its page and the references issued there.

    Where references are offered it is the voucher's; reconciliation cancels a page that nobody used at our own time.
    """
    ends = [request.voucher_end(method) for method in methods if method in VOUCHERS]
    wanted = max(ends, default=request.expires_at)
    return min(max(wanted, request.expires_at, request.made_at + _SHORTEST), request.made_at + _LONGEST)


def _lines(request: CheckoutRequest) -> list[dict[str, object]]:
    lines = [
        {
            "name": item.title[:_NAME],
            "sku": item.sku,
            "quantity": item.quantity,
            "unit_price": to_minor(item.unit_price, request.currency),
        }
        for item in request.items
    ]
    if request.shipping:
        # As a line of its own: shipping lines would ask for the address as well.
        price = to_minor(request.shipping, request.currency)
        lines.append({"name": request.shipping_label[:_NAME], "quantity": 1, "unit_price": price})
    added = sum((item.unit_price * item.quantity for item in request.items), request.shipping)
    if added != request.total:
        message = f"The lines add up to {added}, the total is {request.total}"
        raise GatewayError(message, permanent=True, reason=Reason.ITEMS)
    return lines


def _customer(request: CheckoutRequest) -> dict[str, object]:
    buyer = request.buyer
    phone = re.sub(r"[^0-9]", "", without_extension(buyer.phone))
    if not phone:
        message = "Conekta asks for the buyer's telephone number"
        raise GatewayError(message, permanent=True, reason=Reason.PHONE)
    name = f"{buyer.first_name} {buyer.last_name}".strip()
    return {"name": name, "email": buyer.email, "phone": f"+{phone}" if "+" in buyer.phone else phone}


def _installments(most: int) -> dict[str, object]:
    """Return the months without interest up to the shop's limit; none: the card pays at once."""
    options = [months for months in _MONTHS if months <= most]
    if not options:
        return {"monthly_installments_enabled": False}
    return {"monthly_installments_enabled": True, "monthly_installments_options": options}
