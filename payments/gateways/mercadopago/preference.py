"""What we send to make a preference, within Mercado Pago's newest limits.

Sources: docs/providers/mercadopago.md#preferences, docs/providers/mercadopago.md#limits.
"""

from datetime import timedelta
from typing import Final

from payments.gateways.base import CheckoutRequest, GatewayError, Reason
from payments.gateways.mercadopago.mapping import descriptor, wire, write_date
from shop.core.json_types import JsonObject

_TITLE: Final = 250
_EMAIL: Final = 150
_REFERENCE: Final = 64
_URL: Final = 248
# Paid at a counter, days later. Account money can never be excluded, and a bank transfer is paid in minutes.
_CASH_VOUCHERS: Final = [{"id": "ticket"}, {"id": "atm"}]
# The identification types of the sites (AR, BR, CL, CO, MX, PE, UY); any other is left out, it is optional.
_DOCUMENTS: Final = frozenset(
    ("DNI", "CUIT", "CUIL", "CPF", "CNPJ", "RUT", "CC", "CE", "NIT", "RFC", "CURP", "RUC", "CI", "LC", "LE")
)


def body_of(request: CheckoutRequest, *, shop_name: str) -> JsonObject:
    """Return the JSON of the preference.

    Raises:
        GatewayError: the lines do not add up to the total, or a limit is passed.
    """
    _check(request)
    return {
        "items": [
            {
                "id": item.sku[:_TITLE],
                "title": item.title[:_TITLE],
                "quantity": item.quantity,
                "currency_id": request.currency,  # USD would be converted when the preference is made.
                "unit_price": wire(item.unit_price, request.currency),
                "category_id": "fashion",
                **({"picture_url": item.image_url} if item.image_url.startswith("https://") else {}),
            }
            for item in request.items
        ],
        "payer": _payer(request),
        # One address for all three: what the return says is only a hint (docs/providers/mercadopago.md#return).
        "back_urls": dict.fromkeys(("success", "pending", "failure"), request.return_url),
        "auto_return": "approved",
        "notification_url": _webhook_url(request),
        "external_reference": request.reference,
        # `expires` and the two dates do nothing without one another.
        "expires": True,
        "expiration_date_from": write_date(request.made_at - timedelta(minutes=5)),
        "expiration_date_to": write_date(request.expires_at),
        "date_of_expiration": write_date(request.voucher_expires_at),
        "payment_methods": {
            "installments": request.max_installments,
            **({} if request.offers_vouchers else {"excluded_payment_types": _CASH_VOUCHERS}),
        },
        "shipments": {"mode": "not_specified", "cost": wire(request.shipping, request.currency)},
        "statement_descriptor": descriptor(shop_name),
        "metadata": {"attempt": request.reference},
    }


def _check(request: CheckoutRequest) -> None:
    added = sum((item.unit_price * item.quantity for item in request.items), request.shipping)
    if added != request.total:
        message = f"The lines add up to {added}, the total is {request.total}"
        raise GatewayError(message, permanent=True, reason=Reason.ITEMS)
    if len(request.reference) > _REFERENCE or len(_webhook_url(request)) > _URL:
        message = "The reference or the notification address is too long"
        raise GatewayError(message, permanent=True, reason=Reason.RETURN_ADDRESS)


def _webhook_url(request: CheckoutRequest) -> str:
    """Ask for signed notifications only; without the query, older ones come as well."""
    return f"{request.webhook_url}?source_news=webhooks"


def _payer(request: CheckoutRequest) -> dict[str, object]:
    buyer = request.buyer
    payer: dict[str, object] = {"name": buyer.first_name, "surname": buyer.last_name}
    if len(buyer.email) <= _EMAIL:
        payer["email"] = buyer.email
    if buyer.document_number and buyer.document_type.upper() in _DOCUMENTS:
        payer["identification"] = {"type": buyer.document_type.upper(), "number": buyer.document_number}
    return payer
