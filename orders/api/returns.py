"""`/api/v1/returns`: what a buyer may return, what it brings, asking for it, reading and cancelling it.

As the pages, an order's returns are opened by its secret; an account lists its own.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Router, Status

from orders.api.after_sale import demand_turn, newest, order_of, refused_as
from orders.api.schemas.exchanges import ExchangeLineInput
from orders.api.schemas.returns import (
    ReturnBody,
    ReturnInput,
    ReturnLineInput,
    ReturnQuoteBody,
    ReturnQuoteInput,
    ReturnReasonBody,
    ReturnSummary,
)
from orders.models import Order, OrderLine, Return, ReturnReason
from orders.returns import answering, asking, states, units
from orders.returns import refusals as of_returns
from orders.returns.asking import Wanted
from shop.accounts.api.auth import bearer, visitor
from shop.core.api import paging
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key, row_key
from shop.core.api.problems import INVALID, NOT_FOUND, FieldProblem, ProblemKind
from shop.core.api.schemas import one_of
from shop.core.audit import actors
from shop.core.money import ZERO

router = Router(tags=["returns"], auth=visitor)
RETURN_REFUSED: Final = ProblemKind(
    409, "return_refused", "The return cannot be asked for or moved like this; detail says why."
)
# Requests for a return an hour, with or without an exchange.
ASKS: Final = 30


def as_problems() -> AbstractContextManager[None]:
    """Turn a refusal of a return's verb into a problem with the words of the pages."""
    return refused_as(RETURN_REFUSED, {of_returns.REFUSALS: of_returns.words})


@router.get("", response={200: paging.Page[ReturnSummary]}, auth=bearer)
def list_returns(
    request: HttpRequest,
    state: Annotated[str, one_of([one.value for one in states.State])] = "",
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
) -> object:
    """List the returns of the account's orders, the newest first."""
    own = Return.objects.filter(order__user_id=str(request.user.pk), is_gift=False).select_related("order")
    rows = states.with_state(own)
    if state:
        rows = rows.filter(state=state)
    return newest(request, rows, summary, cursor=cursor, limit=limit)


@router.get("/reasons", response={200: list[ReturnReasonBody]})
def list_reasons(request: HttpRequest) -> object:
    """List the reasons that a buyer may choose, in the reader's language."""
    return [
        {"code": one.code, "label": one.words, "needs_area": one.needs_area}
        for one in ReturnReason.objects.filter(is_active=True)
    ]


@router.get("/by-order/{secret}", response={200: list[ReturnSummary], **refusals(404)})
def list_returns_of_order(request: HttpRequest, secret: str) -> object:
    """List the returns of an order to whoever has its secret, without those that are asked for by a gift's link."""
    rows = (
        Return.objects.filter(order=order_of(secret), is_gift=False)
        .select_related("order")
        .order_by("ordinal")
    )
    return [summary(one) for one in states.with_state(rows)]


@router.post("/by-order/{secret}/quote", response={200: ReturnQuoteBody, **refusals(404, 409)})
def quote_return(request: HttpRequest, secret: str, body: ReturnQuoteInput) -> object:
    """Say what a return would bring, by which right each line may come back, and who pays the way back."""
    order = order_of(secret)
    with as_problems():
        found = asking.quote(order, wanted_of(order, body.lines))
    return quote_body(found)


@router.post("/by-order/{secret}", response={201: ReturnBody, **refusals(404, 409)})
@once_per_key()
def ask_for_return(request: HttpRequest, secret: str, body: ReturnInput) -> object:
    """Ask for a return of what was quoted (`seen`); what would come back must be what was shown."""
    order = order_of(secret)
    demand_turn(request, "return-request", limit=ASKS)
    with as_problems():
        rma = asking.request(
            order,
            wanted_of(order, body.lines),
            key=row_key(request, order.pk),
            expected=body.seen,
            note=body.note,
            language=get_language() or "",
            actor=actors.of_visitor(request),
        )
    return Status(201, body_of(_found(order, rma.ordinal)))


@router.get("/by-order/{secret}/{int:ordinal}", response={200: ReturnBody, **refusals(404)})
def read_return(request: HttpRequest, secret: str, ordinal: int) -> object:
    """Show a return to whoever has its order's secret."""
    return body_of(_found(order_of(secret), ordinal))


@router.post("/by-order/{secret}/{int:ordinal}/cancel", response={200: ReturnBody, **refusals(404, 409)})
@once_per_key()
def cancel_return(request: HttpRequest, secret: str, ordinal: int) -> object:
    """Cancel a return that has not arrived. Twice is harmless."""
    order = order_of(secret)
    with as_problems():
        answering.cancel(_found(order, ordinal), actor=actors.of_visitor(request))
    return body_of(_found(order, ordinal))


def _found(order: Order, ordinal: int) -> Any:
    rows: QuerySet[Any] = states.with_state(
        Return.objects.filter(order=order, ordinal=min(ordinal, 32767), is_gift=False)
    )
    rma = rows.select_related("order").first()
    if rma is None:
        raise NOT_FOUND(_("There is no such return."))
    return rma


def wanted_of(order: Order, lines: Sequence[ReturnLineInput | ExchangeLineInput]) -> list[Wanted]:
    """Return what the body asks for. Raises: INVALID: an unknown line or reason."""
    keys = line_keys(order)
    reasons = {one.code: one for one in ReturnReason.objects.filter(is_active=True)}
    found, errors = [], []
    for place, one in enumerate(lines):
        if one.line not in keys:
            errors.append(FieldProblem(f"#/lines/{place}/line", _("There is no such line.")))
        elif one.reason not in reasons:
            errors.append(FieldProblem(f"#/lines/{place}/reason", _("There is no such reason.")))
        else:
            found.append(Wanted(keys[one.line], one.units, reasons[one.reason], one.area, one.note, one.wish))
    if errors:
        raise INVALID(_("Some values cannot be taken."), errors=errors)
    return found


def line_keys(order: Order) -> dict[int, UUID]:
    """Return the key of each line of an order by its number, of those that replace units of others too."""
    return dict(OrderLine.everything.filter(order=order).values_list("public_number", "pk"))


def quoted_lines(found: asking.Quote) -> list[dict[str, Any]]:
    """Return by which right each line may come back, and what it brings."""
    return [
        {
            "line": one.line.public_number,
            "units": one.wanted.units,
            "basis": one.terms.basis,
            "until": one.terms.until,
            "amount": one.amount,
            "fee": one.fee,
            "refusal": one.terms.refusal,
        }
        for one in found.lines
    ]


def quote_body(found: asking.Quote) -> dict[str, Any]:
    """Return what a return would bring."""
    return {
        "lines": quoted_lines(found),
        "freight": found.freight,
        "fee": found.fee,
        "total": found.total,
        "payer": found.payer,
        "label_fee": found.label_fee,
        "send_within_days": found.send_within_days,
        "seen": found.seen,
    }


def summary(rma: Any) -> dict[str, Any]:
    """Return a return in a list; it has its `state` (`orders.returns.states.with_state`) and its order."""
    return {
        "id": rma.pk,
        "number": rma.number,
        "order": rma.order.number,
        "state": rma.state,
        "status": rma.status,
        "is_exchanged": rma.is_exchanged,
        "asked_at": rma.created_at,
    }


def body_of(rma: Any) -> dict[str, Any]:
    """Return a return as its buyer sees it (four queries)."""
    refunded: Decimal | None = rma.decisions.filter(reimbursement__isnull=False).aggregate(sum=Sum("total"))[
        "sum"
    ]
    lines = units.lines().filter(rma=rma).select_related("order_line", "reason")
    return {
        **summary(rma),
        "lines": [
            {
                "line": one.order_line.public_number,
                "sku": one.order_line.sku,
                "name": one.order_line.name,
                "units": one.quantity,
                "reason": one.reason.code if one.reason else None,
                "area": one.area,
                "note": one.note,
                "wish": one.wish,
                "received": one.received,
                "inspected": one.inspected,
                "decided": one.decided,
            }
            for one in lines
        ],
        **{name: getattr(rma, name) for name in _PLAIN},
        "refunded": refunded or ZERO,
        "may_cancel": rma.is_open and not answering.has_begun(rma),
    }


_PLAIN: Final = (
    *("payer", "way", "instructions", "drop_off_code", "carrier", "tracking_number"),
    *("send_by", "sent_at", "ended_at", "end_reason"),
)
