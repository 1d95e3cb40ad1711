"""Cancelling by the API: `…/orders/{number}/cancellation` of an account, of an order's secret, and of the staff.

GET says what cancelling would do, and its `preview`; POST does exactly that, or nothing.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Status
from pydantic import Field

from orders.api import problems
from orders.api.returns import line_keys
from orders.cancellation import quotes
from orders.cancellation.cancelling import Changed, cancel
from orders.cancellation.quotes import CannotCancel, Quote, WrongUnits
from orders.models import Cancellation, Order
from shop.accounts.api.auth import bearer, staff, visitor
from shop.core.api.conditional import version_of
from shop.core.api.document import refusals
from shop.core.api.idempotency import HEADER, once_per_key
from shop.core.api.problems import INVALID, NOT_FOUND, FieldProblem, Problem
from shop.core.api.schemas import Amount, Input, Moment, Schema, one_of, values
from shop.core.audit import actors
from shop.core.ids import uuid7
from shop.core.money import ZERO

_BIGGEST: Final = 2**63 - 1
_MOST: Final = 200
router = Router(tags=["orders"], auth=bearer)
staff_router = Router(tags=["staff: orders"])
_CANCELS: Final = staff("orders.add_cancellation")
By = Cancellation.By

# `7:2`: two units of the line with the number 7.
_Units = Annotated[list[Annotated[str, Field(pattern=r"^\d{1,18}:\d{1,9}$")]], Query([], max_length=_MOST)]


class CancelledLineInput(Input):
    """So many units of a line of the order, by its `number`."""

    number: Annotated[int, Field(ge=1, le=_BIGGEST)]
    quantity: Annotated[int, Field(ge=1, le=10**6)]


class CancellationInput(Input):
    """What is cancelled and why. Without `lines`: all that can be. `preview`: of what was shown (GET)."""

    reason: Annotated[str, one_of([one.value for one in Cancellation.OF_SHOPPER])]
    note: Annotated[str, Field(max_length=200)] = ""
    lines: Annotated[list[CancelledLineInput], Field(max_length=_MOST)] = []
    preview: Annotated[str, Field(min_length=1, max_length=64)]


class StaffCancellationInput(Input):
    """What is cancelled and why, by the staff. Without `lines`: all that can be. `preview`: of what was shown (GET)."""

    reason: Annotated[str, one_of([one.value for one in Cancellation.OF_STAFF])]
    note: Annotated[str, Field(max_length=200)] = ""
    lines: Annotated[list[CancelledLineInput], Field(max_length=_MOST)] = []
    preview: Annotated[str, Field(min_length=1, max_length=64)]


class CancellationLineBody(Schema):
    """Units of a line that are cancelled, and what goes back for them."""

    number: int
    sku: str
    name: str
    quantity: int
    amount: Amount


class CancellationPreview(Schema):
    """What cancelling would do now. `amount` = `less` (falls from instalments) + `money`; `charges` are in it."""

    order: int
    currency: str
    lines: list[CancellationLineBody]
    charges: Amount
    amount: Amount
    less: Amount
    money: Amount
    is_whole: bool
    preview: str


class CancellationBody(Schema):
    """A cancellation that was made. `amount`: what is owed for it in all."""

    id: UUID
    order: int
    status: Annotated[str, values(Order.Status)]
    currency: str
    lines: list[CancellationLineBody]
    amount: Amount
    is_whole: bool
    reason: Annotated[str, values(Cancellation.Reason)]
    note: str
    at: Moment


@router.get("/{int:number}/cancellation", response={200: CancellationPreview, **refusals(404, 409)})
def preview_cancellation(request: HttpRequest, number: int, units: _Units) -> object:
    """Show what cancelling an order of the account would do, or so many `units` of its lines (`number:quantity`)."""
    return _preview(_own(request, number), units, by=By.SHOPPER)


@router.post("/{int:number}/cancellation", response={201: CancellationBody, **refusals(404, 409)})
@once_per_key()
def cancel_order(request: HttpRequest, number: int, wanted: CancellationInput) -> object:
    """Cancel one of the account's orders, or units of it, until it is packed; exactly as the preview said."""
    return _cancel(request, _own(request, number), wanted, by=By.SHOPPER)


@router.get(
    "/by-secret/{secret}/cancellation",
    response={200: CancellationPreview, **refusals(404, 409)},
    auth=visitor,
)
def preview_cancellation_by_secret(request: HttpRequest, secret: str, units: _Units) -> object:
    """Show what cancelling an order would do to whoever has its secret."""
    return _preview(_by_secret(secret), units, by=By.SHOPPER)


@router.post(
    "/by-secret/{secret}/cancellation",
    response={201: CancellationBody, **refusals(404, 409)},
    auth=visitor,
)
@once_per_key()
def cancel_order_by_secret(request: HttpRequest, secret: str, wanted: CancellationInput) -> object:
    """Cancel an order, or units of it, by its secret, until it is packed; exactly as the preview said."""
    return _cancel(request, _by_secret(secret), wanted, by=By.SHOPPER)


@staff_router.get(
    "/orders/{int:number}/cancellation",
    response={200: CancellationPreview, **refusals(404, 409)},
    auth=_CANCELS,
)
def preview_staff_cancellation(request: HttpRequest, number: int, units: _Units) -> object:
    """Show what cancelling any order would do, or so many `units` of its lines (`number:quantity`)."""
    return _preview(_any(number), units, by=By.STAFF)


@staff_router.post(
    "/orders/{int:number}/cancellation",
    response={201: CancellationBody, **refusals(404, 409)},
    auth=_CANCELS,
)
@once_per_key()
def cancel_any_order(request: HttpRequest, number: int, wanted: StaffCancellationInput) -> object:
    """Cancel an order, or units of it, until they have left; exactly as the preview said."""
    return _cancel(request, _any(number), wanted, by=By.STAFF)


def _own(request: HttpRequest, number: int) -> Order:
    return _one(Order.objects.filter(number=min(number, _BIGGEST), user_id=str(request.user.pk)).first())


def _by_secret(secret: str) -> Order:
    return _one(Order.objects.filter(secret=secret).first())


def _any(number: int) -> Order:
    return _one(Order.objects.filter(number=min(number, _BIGGEST)).first())


def _one(order: Order | None) -> Order:
    if order is None:
        raise NOT_FOUND(_("There is no such order."))
    return order


def _preview(order: Order, units: Sequence[str], *, by: str) -> dict[str, Any]:
    pairs = [one.split(":") for one in units]
    try:
        found = quotes.quote(order, _keys(order, [(int(a), int(b)) for a, b in pairs]), by=by)
    except (CannotCancel, WrongUnits) as error:
        raise _refusal(error, "#/units") from error
    return {
        "order": order.number,
        "currency": order.currency,
        "lines": _lines(found),
        "charges": found.charges,
        "amount": found.amount,
        "less": found.less,
        "money": found.money,
        "is_whole": found.is_whole,
        "preview": found.seen,
    }


def _lines(quote: Quote) -> list[dict[str, Any]]:
    return [
        {
            "number": one.line.public_number,
            "sku": one.line.sku,
            "name": one.line.name,
            "quantity": one.units,
            "amount": one.amount,
        }
        for one in quote.lines
    ]


def _keys(order: Order, pairs: Sequence[tuple[int, int]]) -> dict[UUID, int] | None:
    """Return the chosen units by the lines' keys; None: nothing was chosen, so all that can be.

    Raises:
        WrongUnits: a line is named twice, or is none of the order.
    """
    if not pairs:
        return None
    keys = line_keys(order)
    if len({number for number, _quantity in pairs}) < len(pairs) or {one for one, _q in pairs} - set(keys):
        raise WrongUnits
    return {keys[number]: quantity for number, quantity in pairs}


def _cancel(
    request: HttpRequest, order: Order, wanted: CancellationInput | StaffCancellationInput, *, by: str
) -> Status[dict[str, Any]]:
    key = request.headers.get(HEADER, "") or uuid7().hex
    actor = actors.of_staff(request) if by == By.STAFF else actors.of_visitor(request)
    try:
        made = cancel(
            order,
            units=_keys(order, [(line.number, line.quantity) for line in wanted.lines]),
            by=by,
            reason=wanted.reason,
            note=wanted.note,
            expected=wanted.preview,
            key=f"api:{version_of(actor, str(order.pk), key)}",
            actor=actor,
        )
    except (Changed, CannotCancel, WrongUnits) as error:
        raise _refusal(error, "#/lines") from error
    return Status(201, _body(made))


def _refusal(error: Exception, where: str) -> Problem:
    match error:
        case Changed():
            return problems.PREVIEW_OUTDATED(
                _("Nothing is cancelled yet: look at what comes back now, and confirm it."),
                errors=[FieldProblem("#/preview", error.quote.seen)],
            )
        case CannotCancel():
            return problems.CANNOT_CANCEL(error.words)
    words = _("These are not units of the order that can be cancelled.")
    return INVALID(words, errors=[FieldProblem(where, words)])


def _body(made: Cancellation) -> dict[str, Any]:
    amounts: dict[Any, Any] = {}
    if made.reimbursement is not None:
        amounts = dict(made.reimbursement.lines.values_list("order_line", "amount"))
    return {
        "id": made.pk,
        "order": made.order.number,
        "status": made.order.status,
        "currency": made.order.currency,
        "lines": [
            {
                "number": line.order_line.public_number,
                "sku": line.order_line.sku,
                "name": line.order_line.name,
                "quantity": line.quantity,
                "amount": amounts.get(line.order_line_id, ZERO),
            }
            for line in made.lines.select_related("order_line").order_by("created_at", "pk")
        ],
        "amount": made.reimbursement.amount if made.reimbursement else ZERO,
        "is_whole": made.is_whole,
        "reason": made.reason,
        "note": made.note,
        "at": made.created_at,
    }
