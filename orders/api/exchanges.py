"""`/api/v1/exchanges`: other units for those that come back: offers, what it costs, asking, reading, cancelling.

As the pages, an order's exchanges are opened by its secret; an account lists its own. An exchange has a return of its
own (`/api/v1/returns`), and a difference is paid by its token (`/api/v1/payables`).
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Annotated, Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Router, Status

from orders.api.after_sale import demand_turn, newest, order_of, refused_as
from orders.api.returns import ASKS, line_keys, quoted_lines, wanted_of
from orders.api.schemas.exchanges import (
    ExchangeBody,
    ExchangeInput,
    ExchangeLineInput,
    ExchangeOfferBody,
    ExchangeQuoteBody,
    ExchangeQuoteInput,
    ExchangeSummary,
)
from orders.exchanges import asking, ending, offers, quoting
from orders.exchanges import refusals as of_exchanges
from orders.exchanges.quoting import Choice, Quote, UnitQuote
from orders.models import Exchange, ExchangeCharge, Order, Replacement
from orders.returns import refusals as of_returns
from orders.returns import units
from shop.accounts.api.auth import bearer, visitor
from shop.core.api import paging
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key, row_key
from shop.core.api.problems import NOT_FOUND, ProblemKind
from shop.core.api.schemas import one_of
from shop.core.audit import actors
from shop.core.money import ZERO

router = Router(tags=["exchanges"], auth=visitor)
EXCHANGE_REFUSED: Final = ProblemKind(
    409, "exchange_refused", "The exchange cannot be asked for or moved like this; detail says why."
)


def as_problems() -> AbstractContextManager[None]:
    """Turn a refusal of an exchange's verb, or of its return's, into a problem with the words of the pages."""
    words_of = {of_exchanges.REFUSALS: of_exchanges.words, of_returns.REFUSALS: of_returns.words}
    return refused_as(EXCHANGE_REFUSED, words_of)


@router.get("", response={200: paging.Page[ExchangeSummary]}, auth=bearer)
def list_exchanges(
    request: HttpRequest,
    status: Annotated[str, one_of(Exchange.Status.values)] = "",
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
) -> object:
    """List the exchanges of the account's orders, the newest first."""
    rows = Exchange.objects.filter(order__user_id=str(request.user.pk), rma__is_gift=False)
    return page_of(request, rows, status=status, cursor=cursor, limit=limit)


@router.get("/by-order/{secret}", response={200: list[ExchangeSummary], **refusals(404)})
def list_exchanges_of_order(request: HttpRequest, secret: str) -> object:
    """List the exchanges of an order to whoever has its secret."""
    rows = Exchange.objects.filter(order=order_of(secret), rma__is_gift=False).select_related(
        "order", "rma__order"
    )
    return [summary(one) for one in rows.order_by("ordinal")]


@router.get("/by-order/{secret}/offers", response={200: list[ExchangeOfferBody], **refusals(404)})
def list_exchange_offers(request: HttpRequest, secret: str) -> object:
    """List the other sizes and colours, in stock, of what has arrived of an order and may come back."""
    order = order_of(secret)
    there = [one for one in units.returnable(order) if one.left]
    found = offers.of_order(order, [one.line.pk for one in there])
    return [
        {
            "line": one.line.public_number,
            "left": one.left,
            "variants": [
                {"variant": row.variant.pk, "sku": row.variant.sku, "name": row.variant.name}
                for row in found.get(one.line.pk, [])
            ],
        }
        for one in there
    ]


@router.post("/by-order/{secret}/quote", response={200: ExchangeQuoteBody, **refusals(404, 409)})
def quote_exchange(request: HttpRequest, secret: str, body: ExchangeQuoteInput) -> object:
    """Say what an exchange would cost or bring, and by which right each line may come back."""
    order = order_of(secret)
    with as_problems():
        found = quoting.quote(order, wanted_of(order, body.lines), choices_of(order, body.lines))
    return quote_body(order, found)


@router.post("/by-order/{secret}", response={201: ExchangeBody, **refusals(404, 409)})
@once_per_key()
def ask_for_exchange(request: HttpRequest, secret: str, body: ExchangeInput) -> object:
    """Ask for what was quoted (`seen`): the new units are reserved, and a return is made for what comes back."""
    order = order_of(secret)
    demand_turn(request, "return-request", limit=ASKS)
    with as_problems():
        exchange = asking.request(
            order,
            wanted_of(order, body.lines),
            choices_of(order, body.lines),
            key=row_key(request, order.pk),
            expected=body.seen,
            note=body.note,
            language=get_language() or "",
            actor=actors.of_visitor(request),
        )
    return Status(201, body_of(found_of(order, exchange.ordinal)))


@router.get("/by-order/{secret}/{int:ordinal}", response={200: ExchangeBody, **refusals(404)})
def read_exchange(request: HttpRequest, secret: str, ordinal: int) -> object:
    """Show an exchange to whoever has its order's secret."""
    return body_of(found_of(order_of(secret), ordinal))


@router.post("/by-order/{secret}/{int:ordinal}/cancel", response={200: ExchangeBody, **refusals(404, 409)})
@once_per_key()
def cancel_exchange(request: HttpRequest, secret: str, ordinal: int) -> object:
    """Cancel an exchange that was not released; its return goes on for money. Twice is harmless."""
    order = order_of(secret)
    exchange = found_of(order, ordinal)
    with as_problems():
        ending.cancel(exchange, end=Exchange.End.BUYER, actor=actors.of_visitor(request))
    return body_of(found_of(order, ordinal))


def page_of(
    request: HttpRequest, rows: "QuerySet[Exchange]", *, status: str, cursor: str, limit: int
) -> object:
    """Return a page of exchanges, the newest first."""
    rows = rows.select_related("order", "rma__order")
    if status:
        rows = rows.filter(status=status)
    return newest(request, rows, summary, cursor=cursor, limit=limit)


def found_of(order: Order, ordinal: int) -> Exchange:
    """Return an exchange of an order. Raises: NOT_FOUND."""
    rows = Exchange.objects.select_related("order", "rma__order", "reimbursement")
    exchange = rows.filter(order=order, ordinal=min(ordinal, 32767), rma__is_gift=False).first()
    if exchange is None:
        raise NOT_FOUND(_("There is no such exchange."))
    return exchange


def choices_of(order: Order, lines: Sequence[ExchangeLineInput]) -> list[Choice]:
    """Return what is chosen instead of the lines; a line that the order does not have was refused before."""
    keys = line_keys(order)
    return [
        Choice(keys[one.line], chosen.variant, chosen.units)
        for one in lines
        if one.line in keys
        for chosen in one.instead
    ]


def quote_body(order: Order, found: Quote) -> dict[str, Any]:
    """Return what an exchange would cost, with what its return brings."""
    return {
        **units_body(order, found),
        "lines": quoted_lines(found.rma) if found.rma else [],
        "money_back": found.money_back,
        "payer": found.payer,
        "label_fee": found.label_fee,
    }


def units_body(order: Order, found: Quote) -> dict[str, Any]:
    """Return what the units of an exchange would cost."""
    names = ("settlement", "to_pay", "to_get", "seen")
    return {
        "units": [_unit_quote(one) for one in found.units],
        "currency": order.currency,
        **{name: getattr(found, name) for name in names},
    }


def _unit_quote(one: UnitQuote) -> dict[str, Any]:
    return {
        "line": one.line.public_number,
        "variant": one.variant.pk,
        "sku": one.variant.sku,
        "name": one.name,
        "credit": one.credit,
        "fee": one.fee,
        "price": one.price,
    }


def summary(one: Exchange) -> dict[str, Any]:
    """Return an exchange in a list; it was read with its order and its return's."""
    return {
        "id": one.pk,
        "number": one.number,
        "order": one.order.number,
        "return_number": one.rma.number,
        "status": one.status,
        "settlement": one.settlement,
        "currency": one.order.currency,
        "asked_at": one.created_at,
    }


def body_of(one: Exchange) -> dict[str, Any]:
    """Return an exchange as its buyer sees it (two queries)."""
    charge = ExchangeCharge.objects.filter(exchange=one).first()
    rows = one.units.select_related("replaced").order_by("created_at", "position", "pk")
    return {
        **summary(one),
        **{name: getattr(one, name) for name in _PLAIN},
        "return_ordinal": one.rma.ordinal,
        "units": [_unit(row) for row in rows],
        "charge": charge and {name: getattr(charge, name) for name in _CHARGE},
        "back": one.reimbursement.amount if one.reimbursement else ZERO,
        "end": one.end or None,
        "may_cancel": one.is_open,
    }


_PLAIN: Final = ("ordinal", "reserved_until", "released_at", "ended_at", "end_reason")
_CHARGE: Final = ("token", "status", "amount", "expires_at")


def _unit(row: Replacement) -> dict[str, Any]:
    key: UUID | None = row.variant_id
    return {
        "id": row.pk,
        "line": row.replaced.public_number,
        "variant": key,
        "sku": row.sku,
        "name": row.name,
        "credit": row.credit,
        "fee": row.fee,
        "price": row.price,
        "is_sent": row.line_id is not None,
        "is_dropped": row.dropped_at is not None,
    }
