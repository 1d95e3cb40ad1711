"""Choosing another product instead of what is sent back: looked for by words on a page of its own, without JavaScript.

The page carries all that was filled in before in its forms, so that nothing is lost and nothing of it is in an address.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from catalog.models import Variant
from orders.checkout.issues import variant_title
from orders.exchanges import offers
from orders.exchanges.offers import Offered
from orders.models import InstallmentPlan, Order, OrderLine
from orders.reimbursements.left import left_of
from orders.returns.request_forms import OTHER, Offers
from orders.returns.units import Returnable
from shop.core.money import display


def picked(
    data: Mapping[str, str], lines: Iterable[Returnable], offered: Mapping[UUID, Offers], *, currency: str
) -> dict[UUID, Offers]:
    """Return the other products that a sent form names, as choices by the order line's key. One query at most."""
    named = {one.line.pk: data.get(f"instead_{one.line.pk.hex}", "") for one in lines}
    keys = {
        line: key
        for line, text in named.items()
        if (key := _key(text)) and str(key) not in {value for value, _words in offered.get(line, ())}
    }
    if not keys:
        return {}
    rows = {row.pk: row for row in Variant.objects.filter(pk__in=keys.values()).select_related("product")}
    return {line: [(str(key), _words(rows[key], currency))] for line, key in keys.items() if key in rows}


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _words(variant: Variant, currency: str) -> str:
    name = variant_title(variant.product.name, variant.name)
    return f"{name} · {display(offers.price_today(variant, currency), currency)}"


def page(
    request: HttpRequest, order: Order, line: OrderLine, kept: Iterable[tuple[str, str]]
) -> HttpResponse:
    """Show other products to choose instead of a line's units, with what each costs more or less than was paid.

    Where the difference could not be paid here (an order in instalments), dearer ones are left out.
    """
    words = request.POST.get("q", "")[:100]
    credit = next(one for one in left_of(order).lines if one.line.pk == line.pk).unit_price
    rows = [_row(one, credit, order.currency) for one in offers.other_products(order, line, words)]
    only_cheaper = InstallmentPlan.objects.filter(order=order).exists()
    shown = [row for row in rows if not (only_cheaper and row["more"])]
    return render(
        request,
        "orders/returns/other.html",
        {
            "order": order,
            "line": line,
            "credit": credit,
            "words": words,
            "products": _by_product(shown),
            "only_cheaper": only_cheaper,
            "kept": list(kept),
        },
    )


def _row(one: Offered, credit: Decimal, currency: str) -> dict[str, Any]:
    price = offers.price_today(one.variant, currency)
    return {
        "variant": one.variant,
        "price": price,
        "more": max(price - credit, Decimal(0)),
        "less": max(credit - price, Decimal(0)),
    }


def _by_product(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        product = row["variant"].product
        found.setdefault(product.pk, {"product": product, "rows": []})["rows"].append(row)
    for one in found.values():
        # Said once where it is one price: a choice has room for the variant and the difference on a phone.
        prices = {row["price"] for row in one["rows"]}
        one["price"] = prices.pop() if len(prices) == 1 else None
    return list(found.values())


def with_pick(request: HttpRequest) -> QueryDict:
    """Return what was sent; a product that was just picked stands where another one was looked for."""
    data = request.POST
    line, _separator, variant = data.get("pick", "").partition(":")
    if data.get(f"instead_{line}") != OTHER or _key(variant) is None:
        return data
    named = data.copy()
    named[f"instead_{line}"] = str(_key(variant))
    return named
