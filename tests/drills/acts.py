"""Steps in the shop of the restore drill, each in a process of its own: `python -m tests.drills.acts ACT …`.

A process each, because a restored shop is on another server, and settings are read once. Prints JSON.
"""

import json
import os
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")


def begin(gateway: str) -> dict[str, Any]:
    """Take a cart to the provider's page; return the attempt's key and the provider's id, by which it is paid there."""
    from catalog.models import Variant
    from orders import payables
    from orders.tests.factories import make_cart, make_session
    from payments.checkout import attempts

    variant = Variant.objects.filter(stock_levels__on_hand__gt=20, is_active=True).order_by("sku").first()
    session = make_session(make_cart((variant, 1)))
    attempt = attempts.start(payable=payables.of_purchase(session), gateway=gateway, actor="shopper")
    return {"attempt": str(attempt.pk), "external": attempt.external_id, "gateway": gateway}


def settle(attempt: str) -> dict[str, Any]:
    """Ask the provider about an attempt, as its webhook would have it; return the order's number."""
    from orders.models import Order
    from payments.settlement import settle as settling

    settling.settle(attempt_id=attempt, actor="provider")
    order = Order.objects.filter(checkout__attempts=UUID(attempt)).first()
    return {"order": order and order.number}


def refund(attempt: str) -> dict[str, Any]:
    """Send a payment back from the back office, to the provider as well."""
    from payments.models import Payment, Refund
    from payments.reconciliation import due_refunds
    from payments.refunds import refund_requests

    payment = Payment.objects.get(attempt_id=UUID(attempt))
    asked = refund_requests.request(
        payment, payment.amount, Refund.Origin.STAFF, "drill", f"drill:{payment.pk}", actor="staff"
    )
    due_refunds.send_due()
    asked.refresh_from_db()
    return {"refund": asked.status}


def figures() -> dict[str, Any]:
    """Return the figures that are compared between two shops, and the broken rules."""
    from django.db.models import Sum

    from inventory.checks import runner
    from inventory.models import StockLevel, StockMovement
    from orders.models import Order
    from payments.models import Payment, StrayPayment

    totals = Payment.objects.aggregate(paid=Sum("amount"), back=Sum("refunded_amount"))
    return {
        "orders": sorted(Order.objects.values_list("number", flat=True)),
        "payments": Payment.objects.count(),
        "paid": str(totals["paid"] or Decimal(0)),
        "back": str(totals["back"] or Decimal(0)),
        "on_hand": StockLevel.objects.aggregate(sum=Sum("on_hand"))["sum"],
        "movements": StockMovement.objects.count(),
        "strays": [
            str(unmatched_payment.amount)
            for unmatched_payment in StrayPayment.objects.filter(decision="open")
        ],
        "violations": [str(violation) for violation in runner.check()],
    }


ACTS: dict[str, Callable[..., dict[str, Any]]] = {
    act.__name__: act for act in (begin, settle, refund, figures)
}

if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(ACTS[sys.argv[1]](*sys.argv[2:])))
