"""`/api/v1/staff/returns`: every return and its acts, by permission and by the verbs of the back office."""

from typing import Annotated, Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router

from orders.api.returns import as_problems, body_of, line_keys, summary
from orders.api.schemas.returns import (
    ReturnApproveInput,
    ReturnCountedInput,
    ReturnDecideInput,
    ReturnInspectInput,
    ReturnReceiveInput,
    ReturnRejectInput,
    ReturnSummary,
    StaffReturnBody,
)
from orders.models import Inspection, Return, ReturnReason
from orders.returns import answering, deciding, inspecting, receiving, states
from orders.returns.deciding import Choice
from orders.returns.inspecting import Found
from shop.accounts.api.auth import staff
from shop.core.api import paging
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key, row_key
from shop.core.api.problems import INVALID, NOT_FOUND
from shop.core.api.schemas import one_of
from shop.core.audit import actors
from shop.core.models import Event

router = Router(tags=["staff: returns"])
_SEES = staff("orders.view_return")
_ANSWERS = staff("orders.change_return")
_RECEIVES = staff("orders.add_returnreceipt")
_INSPECTS = staff("orders.add_inspection")
_DECIDES = staff("orders.add_returndecision")
_PAYS = staff("payments.add_refund")
_ANSWER = {200: StaffReturnBody, **refusals(404, 409)}


@router.get("/returns", response={200: paging.Page[ReturnSummary]}, auth=_SEES)
def list_all_returns(
    request: HttpRequest,
    state: Annotated[str, one_of([one.value for one in states.State])] = "",
    queue: Annotated[str, one_of([one.value for one in states.Queue])] = "",
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
) -> object:
    """List returns, the newest first: of a state, or waiting for an act."""
    rows = states.with_state(states.in_queue(Return.objects.select_related("order"), queue))
    if state:
        rows = rows.filter(state=state)
    found = paging.read(rows, order=("-created_at", "-pk"), cursor=cursor, limit=limit)
    return paging.page(request, found, [summary(one) for one in found.rows])


@router.get("/returns/{uuid:key}", response={200: StaffReturnBody, **refusals(404)}, auth=_SEES)
def read_any_return(request: HttpRequest, key: UUID) -> object:
    """Show a return with what was counted, found and decided."""
    return _body(key)


@router.post("/returns/{uuid:key}/approve", response=_ANSWER, auth=_ANSWERS)
@once_per_key()
def approve_return(request: HttpRequest, key: UUID, body: ReturnApproveInput) -> object:
    """Approve a return; the buyer gets a mail. Twice is harmless."""
    with as_problems():
        answering.approve(_found(key), actor=actors.of_staff(request), **body.dict())
    return _body(key)


@router.post("/returns/{uuid:key}/reject", response=_ANSWER, auth=_ANSWERS)
@once_per_key()
def reject_return(request: HttpRequest, key: UUID, body: ReturnRejectInput) -> object:
    """Reject a return, with the reason that the buyer reads. Twice is harmless."""
    with as_problems():
        answering.reject(_found(key), actor=actors.of_staff(request), reason=body.reason)
    return _body(key)


@router.post("/returns/{uuid:key}/receive", response=_ANSWER, auth=_RECEIVES)
@once_per_key()
def receive_return(request: HttpRequest, key: UUID, body: ReturnReceiveInput) -> object:
    """Write what was counted in a parcel, once for each of its numbers, whatever was announced."""
    rma = _found(key)
    with as_problems():
        receiving.receive(
            rma,
            _units(rma, body.lines),
            parcel=body.parcel,
            wrong_items=body.wrong_items,
            wrong_units=body.wrong_units,
            note=body.note,
            actor=actors.of_staff(request),
        )
    return _body(key)


@router.post("/returns/{uuid:key}/inspect", response=_ANSWER, auth=_INSPECTS)
@once_per_key()
def inspect_return(request: HttpRequest, key: UUID, body: ReturnInspectInput) -> object:
    """Write how received units were found; each disposition is a movement of the stock."""
    rma = _found(key)
    lines = {one.order_line.public_number: one.pk for one in rma.lines.select_related("order_line")}
    reasons = {one.code: one for one in ReturnReason.objects.all()}
    if any(one.line not in lines or (one.reason and one.reason not in reasons) for one in body.lines):
        raise INVALID(_("There is no such line."))
    found = [
        Found(
            lines[one.line],
            one.units,
            one.condition,
            one.disposition,
            reasons.get(one.reason),
            note=one.note,
        )
        for one in body.lines
    ]
    with as_problems():
        inspecting.inspect(rma, found, key=row_key(request, rma.pk), actor=actors.of_staff(request))
    return _body(key)


@router.post("/returns/{uuid:key}/decide", response=_ANSWER, auth=_DECIDES)
@once_per_key()
def decide_return(request: HttpRequest, key: UUID, body: ReturnDecideInput) -> object:
    """Decide for which units money goes back: what was paid for them, less fees that the law allows. Pays nothing."""
    rma = _found(key)
    by_order_line = _units(rma, body.lines)
    units = {
        one.pk: by_order_line[one.order_line_id]
        for one in rma.lines.all()
        if one.order_line_id in by_order_line
    }
    names = ("gives_nothing", "waives_fee", "gives_freight", "keeps_goods", "reason")
    with as_problems():
        choice = Choice(
            units=units if body.lines else deciding.open_units(rma),
            **{name: getattr(body, name) for name in names},
        )
        deciding.decide(rma, choice, key=row_key(request, rma.pk), actor=actors.of_staff(request))
    return _body(key)


@router.post("/returns/{uuid:key}/pay", response=_ANSWER, auth=_PAYS)
@once_per_key()
def pay_return(request: HttpRequest, key: UUID) -> object:
    """Pay back what was decided, by the means the order was paid with. Twice is harmless."""
    rma = _found(key)
    with as_problems():
        for decision in rma.decisions.filter(withdrawn_at=None, reimbursement=None, total__gt=0):
            deciding.pay_back(decision, actor=actors.of_staff(request))
    return _body(key)


def _units(rma: Return, lines: list[ReturnCountedInput]) -> dict[UUID, int]:
    keys = line_keys(rma.order)
    if any(one.line not in keys for one in lines) or len({one.line for one in lines}) < len(lines):
        raise INVALID(_("There is no such line."))
    return {keys[one.line]: one.units for one in lines}


def _found(key: UUID) -> Any:
    rows: QuerySet[Any] = states.with_state(Return.objects.select_related("order"))
    rma = rows.filter(pk=key).first()
    if rma is None:
        raise NOT_FOUND(_("There is no such return."))
    return rma


def _body(key: UUID) -> dict[str, Any]:
    rma = _found(key)
    first = Event.objects.filter(subject_type="orders.return", subject_id=key, kind="requested").first()
    inspections = Inspection.objects.filter(line__rma=rma).select_related("line__order_line")
    return {
        **body_of(rma),
        "created_by": first.actor if first else "",
        "origin": rma.origin,
        "is_gift": rma.is_gift,
        "parcels": rma.receipts.count(),
        "inspections": [
            {
                "id": one.pk,
                "line": one.line.order_line.public_number,
                "units": one.quantity,
                "condition": one.condition,
                "disposition": one.disposition,
                "note": one.note,
            }
            for one in inspections
        ],
        "decisions": [
            {
                **{name: getattr(one, name) for name in ("total", "freight", "withheld", "reason")},
                "id": one.pk,
                "is_paid": one.reimbursement_id is not None,
            }
            for one in rma.decisions.filter(withdrawn_at=None)
        ],
    }
