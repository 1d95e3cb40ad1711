"""Links to pay a bill (instalments, the difference of an exchange), which may be sent to somebody else.

Whoever has one sees the bill and may pay it. Of the order they see nothing: its secret is on none of these pages,
unless they are signed in as the account that bought it.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from orders.models import ExchangeCharge, InstallmentBill, Order


def is_owner(request: HttpRequest, order: Order) -> bool:
    """Say whether the visitor is signed in as the account that bought an order."""
    return request.user.is_authenticated and order.user_id == request.user.pk


def over(
    request: HttpRequest,
    bill: InstallmentBill | ExchangeCharge,
    *,
    name: str,
    page_url: str,
    was_undone: bool = False,
) -> HttpResponse:
    """Show what was paid by a link, or that there is nothing to pay by it any more.

    `name` says what it is about, `page_url` is the owner's own page ("": the visitor is somebody else). `was_undone`:
    what was paid for has been cancelled since, so that the money goes back.
    """
    context = {
        "bill": bill,
        "name": name,
        "page_url": page_url,
        "is_paid": bill.status == bill.Status.PAID,
        "was_undone": was_undone,
    }
    return render(request, "orders/bill_over.html", context)
