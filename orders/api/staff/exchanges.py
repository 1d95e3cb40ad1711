"""`/api/v1/staff/exchanges`: every exchange and its acts, by permission and by the verbs of the back office.

An exchange is approved with its return (`/api/v1/staff/returns/{key}/approve`).
"""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status

from orders.api.exchanges import as_problems, body_of, page_of, units_body
from orders.api.returns import line_keys
from orders.api.schemas.exchanges import (
    ExchangeCancelInput,
    ExchangeReleaseInput,
    ExchangeSummary,
    ReturnExchangeInput,
    ReturnExchangeLineInput,
    ReturnExchangeQuoteBody,
    ReturnExchangeQuoteInput,
    StaffExchangeBody,
)
from orders.api.staff.permissions import demand_refunds
from orders.exchanges import asking, ending, quoting, releasing
from orders.exchanges.quoting import Choice
from orders.models import Exchange, Return
from shop.accounts.api.auth import staff
from shop.core.api import paging
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key, row_key
from shop.core.api.problems import INVALID, NOT_FOUND, FieldProblem
from shop.core.api.schemas import one_of
from shop.core.audit import actors

router = Router(tags=["staff: exchanges"])
_SEES, _ACTS = staff("orders.view_exchange"), staff("orders.change_exchange")
_ANSWER = {200: StaffExchangeBody, **refusals(404, 409)}


@router.get("/exchanges", response={200: paging.Page[ExchangeSummary]}, auth=_SEES)
def list_all_exchanges(
    request: HttpRequest,
    status: Annotated[str, one_of(Exchange.Status.values)] = "",
    needs_attention: bool | None = None,
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
) -> object:
    """List exchanges, the newest first: of a status, or those that people must look at."""
    rows = Exchange.objects.all()
    if needs_attention is not None:
        rows = rows.filter(attention_since__isnull=not needs_attention)
    return page_of(request, rows, status=status, cursor=cursor, limit=limit)


@router.get("/exchanges/{uuid:key}", response={200: StaffExchangeBody, **refusals(404)}, auth=_SEES)
def read_any_exchange(request: HttpRequest, key: UUID) -> object:
    """Show an exchange with its units, its difference and what it waits for."""
    return _body(key)


@router.post("/exchanges/{uuid:key}/release", response=_ANSWER, auth=_ACTS)
@once_per_key()
def release_exchange(request: HttpRequest, key: UUID, body: ExchangeReleaseInput) -> object:
    """Have the new units packed, all or some; what was paid beyond them goes back. Twice is harmless.

    Where nothing is left of what was paid for the order nothing is sent: it is cancelled, with the end `refunded`.
    What gives money back asks for `payments.add_refund` besides.
    """
    exchange, units = _found(key), body.units or None
    if exchange.is_open and releasing.money_back(exchange, units):
        demand_refunds(request)
    with as_problems():
        releasing.release(
            exchange,
            actor=actors.of_staff(request),
            units=units,
            is_advance=body.is_advance,
            reason=body.reason,
        )
    return _body(key)


@router.post("/exchanges/{uuid:key}/cancel", response=_ANSWER, auth=_ACTS)
@once_per_key()
def cancel_any_exchange(request: HttpRequest, key: UUID, body: ExchangeCancelInput) -> object:
    """Cancel an exchange that was not released; its return goes on for money. Twice is harmless."""
    with as_problems():
        ending.cancel(_found(key), end=Exchange.End.STAFF, actor=actors.of_staff(request), reason=body.reason)
    return _body(key)


@router.post(
    "/returns/{uuid:key}/exchange/quote",
    response={200: ReturnExchangeQuoteBody, **refusals(404, 409)},
    auth=_ACTS,
)
def quote_exchange_of_return(request: HttpRequest, key: UUID, body: ReturnExchangeQuoteInput) -> object:
    """Say what exchanging units of an open return would cost: another size after the first was sold out."""
    rma = _return(key)
    with as_problems():
        found = quoting.quote_for_return(rma, _choices(rma, body.lines))
    return units_body(rma.order, found)


@router.post(
    "/returns/{uuid:key}/exchange", response={201: StaffExchangeBody, **refusals(404, 409)}, auth=_ACTS
)
@once_per_key()
def exchange_of_return(request: HttpRequest, key: UUID, body: ReturnExchangeInput) -> object:
    """Exchange units of an open return, as it was quoted (`seen`)."""
    rma = _return(key)
    with as_problems():
        exchange = asking.for_return(
            rma,
            _choices(rma, body.lines),
            key=row_key(request, rma.pk),
            expected=body.seen,
            actor=actors.of_staff(request),
        )
    return Status(201, _body(exchange.pk))


def _choices(rma: Return, lines: list[ReturnExchangeLineInput]) -> list[Choice]:
    keys = line_keys(rma.order)
    errors = [
        FieldProblem(f"#/lines/{place}/line", _("There is no such line."))
        for place, one in enumerate(lines)
        if one.line not in keys
    ]
    if errors:
        raise INVALID(_("Some values cannot be taken."), errors=errors)
    return [Choice(keys[one.line], one.variant, one.units) for one in lines]


def _return(key: UUID) -> Return:
    rma = Return.objects.select_related("order").filter(pk=key).first()
    if rma is None:
        raise NOT_FOUND(_("There is no such return."))
    return rma


def _found(key: UUID) -> Exchange:
    rows = Exchange.objects.select_related("order", "rma__order", "reimbursement")
    exchange = rows.filter(pk=key).first()
    if exchange is None:
        raise NOT_FOUND(_("There is no such exchange."))
    return exchange


def _body(key: UUID) -> dict[str, Any]:
    one = _found(key)
    return {
        **body_of(one),
        "return_id": one.rma_id,
        "attention_since": one.attention_since,
        "attention_reason": one.attention_reason,
    }
