"""The request to a provider, built from the frozen purchase, and its fingerprint."""

import hashlib
import json
from datetime import datetime
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from orders import payables
from orders.payables import Bill, BillLine
from payments import clocks, gateways
from payments.gateways.base import Buyer, CheckoutRequest, Item
from payments.models import PaymentAttempt
from shop.core.allocation import rounded
from shop.core.json_types import JsonObject
from shop.core.money import ZERO

_HALF: Final = 32


def fingerprint(bill: Bill) -> str:
    """Return a digest of all that the shopper would see on the provider's page.

    The first half is of the purchase (lines, prices, shipping, other adjustments, total), the second of the payer. A
    purchase without other adjustments has the digest that versions before them gave it.
    """
    lines = sorted((line.sku, line.quantity, str(line.unit_price)) for line in bill.lines)
    offered: list[object] = [bill.currency, str(bill.total), str(bill.shipping), lines]
    adjusted = sorted((line.sku, str(line.adjusted)) for line in bill.lines if line.adjusted)
    charged = [(charge.kind, str(charge.amount)) for charge in bill.order_charges]
    if adjusted or charged:
        offered += [adjusted, charged]
    return _digest(offered) + _digest([bill.buyer.email])


def snapshot(bill: Bill) -> JsonObject:
    """Return the bill as it is offered, without its buyer; sums are strings, major units of its currency."""
    return {
        "currency": bill.currency,
        "lines": [
            {
                "sku": line.sku,
                "name": line.name,
                "quantity": line.quantity,
                "unit_price": str(line.unit_price),
                "total": str(line.total),
            }
            for line in bill.lines
        ],
        "charges": [
            {"name": charge.label, "amount": str(charge.amount)}
            for charge in bill.charges
            if not charge.is_shipping
        ],
        "shipping_name": bill.shipping_name,
        "shipping": str(bill.shipping),
        "total": str(bill.total),
    }


def items_of(bill: Bill) -> list[Item]:
    """Return what is paid for besides the shipping, as items whose prices are above zero; their sum is exact.

    Providers refuse a negative price, and Mercado Pago one of 0: deductions are within the prices of the lines that
    they belong to, and what is free beside something else is left out. A line whose sum its units cannot share equally
    is one item that names how many there are.
    """
    found = [_item(line, bill.currency) for line in bill.lines]
    found += [
        Item(sku=charge.kind, title=charge.label, quantity=1, unit_price=charge.amount)
        for charge in bill.order_charges
    ]
    return [item for item in found if item.unit_price]


def _item(line: BillLine, currency: str) -> Item:
    quantity, title, unit_price = line.quantity, line.name, line.unit_price
    if line.adjusted:
        unit_price = rounded(line.paid / quantity, currency)
    if unit_price * quantity != line.paid:
        quantity, title, unit_price = 1, f"{quantity} × {line.name}", line.paid
    return Item(
        sku=line.sku,
        title=title,
        quantity=quantity,
        unit_price=unit_price,
        image_url=_absolute(line.image),
    )


def is_still_offered(attempt: PaymentAttempt, bill: Bill) -> bool:
    """Say whether the bill is still the one which the attempt offered, whoever pays it.

    It may have been changed since, when the attempt was closed: then a late payment must not buy the changed purchase.
    """
    return attempt.fingerprint[:_HALF] == fingerprint(bill)[:_HALF]


def _digest(snapshot: list[object]) -> str:
    return hashlib.sha256(json.dumps(snapshot).encode()).hexdigest()[:_HALF]


def request_for(attempt: PaymentAttempt, bill: Bill | None = None) -> CheckoutRequest:
    """Build the provider's request from the frozen bill; the same at every try of the same attempt.

    Amounts in `attempt.currency`, major units. `bill`: the frozen one, where it was read already.
    """
    bill = bill or payables.kind_of(attempt.payable).bill(attempt.payable)
    with translation.override(bill.language):
        shipping_label = bill.shipping_name or gettext("Shipping")
    items, shipping = items_of(bill), bill.shipping
    if not items:  # Everything else is free: the shipping is what is sold.
        items = [Item(sku="shipping", title=shipping_label, quantity=1, unit_price=shipping)]
        shipping = ZERO
    return CheckoutRequest(
        reference=attempt.reference,
        idempotency_key=f"checkout-{attempt.reference}",
        currency=attempt.currency,
        items=items,
        shipping=shipping,
        total=attempt.amount,
        buyer=Buyer(
            email=bill.buyer.email,
            first_name=bill.buyer.first_name,
            last_name=bill.buyer.last_name,
            phone=bill.buyer.phone,
            document_type=bill.buyer.document_type,
            document_number=bill.buyer.document_number,
        ),
        made_at=attempt.created_at,
        return_url=_absolute(reverse("payments:return", args=[attempt.token])),
        cancel_url=_absolute(reverse("payments:return", args=[attempt.token])) + "?left=1",
        webhook_url=webhook_url(attempt.gateway),
        expires_at=attempt.expires_at,
        voucher_expires_at=attempt.created_at + clocks.voucher(attempt.gateway),
        voucher_ends=clocks.voucher_ends(attempt.gateway, attempt.created_at),
        offers_vouchers=attempt.offers_vouchers,
        max_installments=gateways.get(attempt.gateway).max_installments,
        language=bill.language,
        shipping_label=shipping_label,
    )


def webhook_url(gateway: str) -> str:
    """Return where the provider shall send notifications."""
    return _absolute(reverse("payments:webhook", args=[gateway]))


def new_expiry(gateway: str) -> datetime:
    """Return until when a checkout opened now at this provider may be paid."""
    return timezone.now() + clocks.hosted(gateway)


def _absolute(address: str) -> str:
    return f"{settings.SITE_URL}{address}" if address.startswith("/") else address
