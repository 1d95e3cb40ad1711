"""`/api/v1/staff/orders`: all orders, what keeps them back, and the staff's notes."""

from typing import Annotated, Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Query, Router, Status
from pydantic import Field

from orders.api.bodies import invoice_bodies, order_body
from orders.api.orders import plan_summary
from orders.api.schemas.installments import PlanSummary
from orders.api.schemas.orders import InvoiceBody, MoneyBody, OrderLineBody, ShipmentBody
from orders.api.schemas.purchases import AddressBody, ChargeBody, ContactBody
from orders.fulfilment import holds, notes, remaining
from orders.models import Installment, InstallmentPlan, Invoice, Order, OrderHold
from shop.accounts.api.auth import staff
from shop.core.api import paging
from shop.core.api.conditional import require_match, show_version, version_of
from shop.core.api.document import refusals
from shop.core.api.idempotency import HEADER, once_per_key
from shop.core.api.problems import NOT_FOUND
from shop.core.api.schemas import Amount, Input, Moment, Schema, one_of, values
from shop.core.audit import actors
from shop.core.ids import uuid7
from shop.core.json_types import JsonObject

router = Router(tags=["staff: orders"])
_SEES, _CHANGES = staff("orders.view_order"), staff("orders.change_order")
_BIGGEST: Final = 2**63 - 1
Reason = Annotated[str, Field(min_length=1, max_length=300)]


class HoldBody(Schema):
    """A reason to keep an order back."""

    id: UUID
    status: Annotated[str, values(OrderHold.Status)]
    kind: Annotated[str, values(OrderHold.Kind)]
    reason: str
    placed_at: Moment
    released_at: Moment | None
    release_reason: str


class HoldInput(Input):
    """Why an order is kept back, or let go."""

    reason: Reason


class NoteInput(Input):
    """The internal note of an order."""

    note: Annotated[str, Field(max_length=5000)]


class StaffOrderSummary(Schema):
    """An order in the staff's list."""

    number: int
    status: Annotated[str, values(Order.Status)]
    status_text: str
    placed_at: Moment
    currency: str
    total: Amount
    units: int
    buyer: str
    email: str
    is_held: bool
    has_plan: bool


class StaffOrder(Schema):
    """An order as the staff sees it."""

    number: int
    status: Annotated[str, values(Order.Status)]
    status_text: str
    placed_at: Moment
    currency: str
    lines: list[OrderLineBody]
    subtotal: Amount
    charges: list[ChargeBody]
    total: Amount
    money: MoneyBody
    contact: ContactBody
    shipping_name: str
    shipping_address: AddressBody | None
    billing_address: AddressBody | None
    shipments: list[ShipmentBody]
    invoice_number: str
    note: str
    holds: list[HoldBody]
    may_be_sent: bool
    invoices: list[InvoiceBody]
    plan: PlanSummary | None


@router.get("/orders", response={200: paging.Page[StaffOrderSummary]}, auth=_SEES)
def list_all_orders(
    request: HttpRequest,
    status: Annotated[str, one_of(Order.Status.values)] = "",
    held: bool | None = None,
    email: Annotated[str, Query("", max_length=254)] = "",
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
) -> object:
    """List orders, the newest first."""
    rows: Any = (
        Order.objects.with_money()
        .select_related("plan")
        .annotate(units=Sum("lines__quantity", filter=Q(lines__replaces=None)), is_held=holds.IS_HELD)
    )
    rows = rows.filter(status=status) if status else rows
    rows = rows.filter(is_held=held) if held is not None else rows
    rows = rows.filter(email__iexact=email) if email else rows
    found = paging.read(rows, order=("-placed_at", "-number"), cursor=cursor, limit=limit)
    return paging.page(request, found, [_summary(order) for order in found.rows])


@router.get("/orders/{int:number}", response={200: StaffOrder, **refusals(404)}, auth=_SEES)
def read_any_order(request: HttpRequest, response: HttpResponse, number: int) -> object:
    """Show an order; its ETag is the version of its note."""
    found = _found(number)
    show_version(response, _version(found))
    return _body(found)


@router.patch("/orders/{int:number}", response={200: StaffOrder, **refusals(404, 412, 428)}, auth=_CHANGES)
def write_note(request: HttpRequest, response: HttpResponse, number: int, body: NoteInput) -> object:
    """Replace the internal note of an order, as it was read (`If-Match`)."""
    with transaction.atomic():
        locked = Order.objects.select_for_update(of=("self",), no_key=True)
        before = locked.filter(number=min(number, _BIGGEST)).first()
        if before is None:
            raise NOT_FOUND(_("There is no such order."))
        require_match(request, _version(before))
        notes.write_note(before, body.note, actor=actors.of_staff(request))
    after = _found(number)
    show_version(response, _version(after))
    return _body(after)


@router.post("/orders/{int:number}/holds", response={201: HoldBody, **refusals(404)}, auth=_CHANGES)
@once_per_key()
def hold_order(request: HttpRequest, number: int, body: HoldInput) -> object:
    """Keep an order back: nothing of it is sent until it is let go."""
    order = _plain(number)
    key = request.headers.get(HEADER, "") or uuid7().hex
    made = holds.place_hold(
        order,
        kind=OrderHold.Kind.STAFF,
        source=f"staff-api:{version_of(str(request.user.pk), str(order.pk), key)}",
        reason=body.reason,
        actor=actors.of_staff(request),
    )
    return Status(201, _hold(made))


@router.post(
    "/orders/{int:number}/holds/{uuid:hold}/release",
    response={200: HoldBody, **refusals(404)},
    auth=_CHANGES,
)
@once_per_key()
def release_hold(request: HttpRequest, number: int, hold: UUID, body: HoldInput) -> object:
    """Let an order go, of this one reason. Twice is harmless."""
    rows = OrderHold.objects.filter(order=_plain(number), pk=hold)
    found = rows.first()
    if found is None:
        raise NOT_FOUND(_("There is no such hold of this order."))
    holds.release_hold(found, actor=actors.of_staff(request), reason=body.reason)
    return _hold(rows.get())


def _plain(number: int) -> Order:
    order = Order.objects.filter(number=min(number, _BIGGEST)).first()
    if order is None:
        raise NOT_FOUND(_("There is no such order."))
    return order


def _found(number: int) -> Any:
    installments = Prefetch("plan__installments", Installment.objects.order_by("number"))
    rows: QuerySet[Any] = (
        Order.objects.with_money()
        .select_related("shipping_address", "billing_address", "plan")
        .prefetch_related(Prefetch("lines", queryset=remaining.sold()), "holds", installments)
    )
    order = rows.filter(number=min(number, _BIGGEST)).first()
    if order is None:
        raise NOT_FOUND(_("There is no such order."))
    return order


def _version(order: Order) -> str:
    return version_of(str(order.pk), order.note)


def _summary(order: Any) -> JsonObject:
    return {
        "number": order.number,
        "status": order.status,
        "status_text": order.status_text,
        "placed_at": order.placed_at,
        "currency": order.currency,
        "total": order.total,
        "units": order.units or 0,
        "buyer": order.full_name,
        "email": order.email,
        "is_held": order.is_held,
        "has_plan": hasattr(order, "plan"),
    }


def _hold(found: OrderHold) -> JsonObject:
    return {
        "id": found.pk,
        "status": found.status,
        "kind": found.kind,
        "reason": found.reason,
        "placed_at": found.created_at,
        "released_at": found.released_at,
        "release_reason": found.release_reason,
    }


def _body(order: Any) -> JsonObject:
    plan: InstallmentPlan | None = getattr(order, "plan", None)
    kept = list(order.holds.all())
    is_held = any(one.status == OrderHold.Status.ACTIVE for one in kept)
    return {
        **order_body(order),
        "invoices": invoice_bodies(order, _invoice_paths),
        "invoice_number": order.invoice_number,
        "note": order.note,
        "holds": [_hold(one) for one in kept],
        "may_be_sent": order.status == Order.Status.CONFIRMED
        and not is_held
        and not order.money.is_gone
        and (any(line.left for line in order.lines.all()) or holds.may_fulfil(order)),
        "plan": plan_summary(plan) if plan else None,
    }


def _invoice_paths(invoice: Invoice) -> tuple[str, str]:
    names = ("admin:orders_invoice_page", "admin:orders_invoice_pdf")
    return reverse(names[0], args=[invoice.pk]), reverse(names[1], args=[invoice.pk])
