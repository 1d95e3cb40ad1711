"""What we send to make a Checkout Session (docs/providers/stripe.md#checkout-sessions)."""

from datetime import datetime, timedelta
from typing import Final

from payments.gateways.base import CheckoutRequest, GatewayError, Reason
from payments.gateways.stripe.mapping import to_minor
from shop.core.json_types import JsonObject

_SHORTEST: Final = timedelta(minutes=33)  # Stripe asks for 30 min … 24 h from its own clock.
_LONGEST: Final = timedelta(hours=23, minutes=55)
_MOST_LINES: Final = 100
# The cash vouchers that Stripe has, by currency: paid at a counter, days later.
VOUCHERS: Final = {"MXN": ("oxxo",), "BRL": ("boleto",)}
_LOCALES: Final = {"es": "es-419", "pt-br": "pt-BR", "en": "en"}


def params_of(request: CheckoutRequest) -> JsonObject:
    """Return the parameters of the session.

    `payment_method_types` no longer exists in requests; which methods are offered is set in the dashboard.
    The descriptor on the card statement is the account's: `statement_descriptor` errors for cards.

    Raises:
        GatewayError: the lines do not add up to the total, or there are too many.
    """
    return {
        "mode": "payment",
        "line_items": _lines(request),
        "success_url": f"{request.return_url}?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": request.cancel_url,
        "client_reference_id": request.reference,
        "customer_email": request.buyer.email,
        "locale": _LOCALES.get(request.language, "auto"),
        "expires_at": int(expiry_of(request).timestamp()),
        # The session's metadata is not copied to its PaymentIntent: both are set.
        "metadata": {"attempt": request.reference},
        "payment_intent_data": {"metadata": {"attempt": request.reference}},
        # With Adaptive Pricing the shopper pays in another currency, and orders hang.
        "adaptive_pricing": {"enabled": False},
        **_method_options(request),
    }


def intent_params_of(request: CheckoutRequest) -> JsonObject:
    """Return the parameters of a PaymentIntent that an app confirms: the total alone, by card or what pays at once.

    It has no end of its own: reconciliation cancels it when the attempt's time is over.
    """
    return {
        "amount": to_minor(request.total, request.currency),
        "currency": request.currency.lower(),
        "allowed_payment_method_types": ["card"],
        "description": ", ".join(item.title for item in request.items)[:1000],
        "metadata": {"attempt": request.reference},
    }


def expiry_of(request: CheckoutRequest) -> datetime:
    """Return when Stripe shall end the session: our own time, moved into the window that Stripe allows.

    Counted from when the attempt was made, with room for a second try. Where ours is shorter, reconciliation ends
    the session at our time.
    """
    return min(max(request.expires_at, request.made_at + _SHORTEST), request.made_at + _LONGEST)


def _lines(request: CheckoutRequest) -> list[dict[str, object]]:
    lines = [
        _line(
            item.title,
            to_minor(item.unit_price, request.currency),
            item.quantity,
            request.currency,
            item.image_url,
        )
        for item in request.items
    ]
    if request.shipping:
        # As its own line, so that `amount_total` is the order's total.
        lines.append(
            _line(request.shipping_label, to_minor(request.shipping, request.currency), 1, request.currency)
        )
    added = sum((item.unit_price * item.quantity for item in request.items), request.shipping)
    if added != request.total or len(lines) > _MOST_LINES:
        message = f"{len(lines)} lines add up to {added}, the total is {request.total}"
        raise GatewayError(message, permanent=True, reason=Reason.ITEMS)
    return lines


def _line(title: str, minor: int, quantity: int, currency: str, image_url: str = "") -> JsonObject:
    product: JsonObject = {"name": title[:250]}
    if image_url.startswith("https://"):
        product["images"] = [image_url]
    return {
        "quantity": quantity,
        "price_data": {"currency": currency.lower(), "unit_amount": minor, "product_data": product},
    }


def _method_options(request: CheckoutRequest) -> dict[str, object]:
    """Return the clocks of vouchers and the card's own instalments, where the currency has them.

    Where no cash voucher may be offered, those methods are excluded instead (filters on the dynamic methods). A cash
    voucher that does not take such a sum is left out by Stripe itself.
    """
    cash_vouchers = VOUCHERS.get(request.currency, ())
    offered = cash_vouchers if request.offers_vouchers else ()
    options: dict[str, object] = {}
    if request.currency == "MXN" and request.max_installments > 1:
        options["card"] = {"installments": {"enabled": True}}
    options |= {
        method: {"expires_after_days": max(1, min(7, _left(request, method).days))} for method in offered
    }
    if request.currency == "BRL":
        seconds = max(60, min(1_209_600, int(_left(request, "pix").total_seconds())))
        options["pix"] = {"expires_after_seconds": seconds}
    excluded = [cash_voucher for cash_voucher in cash_vouchers if cash_voucher not in offered]
    return {
        **({"payment_method_options": options} if options else {}),
        **({"excluded_payment_method_types": excluded} if excluded else {}),
    }


def _left(request: CheckoutRequest, method: str) -> timedelta:
    return request.voucher_end(method) - request.made_at
