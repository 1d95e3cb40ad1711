"""`/api/v1/staff/plans`: all instalment plans by their order's number, and what the staff does with them."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Final

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status
from pydantic import Field

from orders.api import problems
from orders.api.orders import plan_summary
from orders.api.plans import body as plan_body
from orders.api.schemas.installments import BillBody, BillInput, PlanSummary, StaffPlanBody
from orders.installments import bills, calls, cancelling, moving, notices, overdue, waiving
from orders.installments.bills import NothingToPay
from orders.installments.cancelling import PaidMeanwhile
from orders.installments.moving import CannotMove
from orders.installments.notices import RemindedToday
from orders.installments.waiving import CannotWaive
from orders.models import Installment, InstallmentPlan
from shop.accounts.api.auth import staff
from shop.core.api import paging
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key
from shop.core.api.problems import NOT_FOUND, ProblemKind
from shop.core.api.schemas import Input, Schema, Whole, one_of
from shop.core.audit import actors
from shop.core.money import display as money

router = Router(tags=["staff: plans"])
_SEES, _ACTS = staff("orders.view_installmentplan"), staff("orders.change_installmentplan")
_WAIVES = staff("orders.add_installmentevent")
_BIGGEST: Final = 2**63 - 1
Number = Annotated[Whole, Field(ge=1, le=100)]
Reason = Annotated[str, Field(min_length=1, max_length=200)]

REMINDED_TODAY: Final = ProblemKind(409, "reminded_today", "The buyer was reminded by hand today already.")
CANNOT_WAIVE: Final = ProblemKind(
    409, "cannot_waive", "Less than this is open, or the plan is not being paid."
)
PAID_MEANWHILE: Final = ProblemKind(409, "plan_paid", "Something was paid of the plan, or it has ended.")


class WaiveInput(Input):
    """An amount of an instalment that is not owed any more, and why."""

    number: Number
    amount: Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)]
    reason: Reason


class StaffMoveInput(Input):
    """An instalment and its new due day."""

    number: Number
    day: date


class PlanReasonInput(Input):
    """Why."""

    reason: Reason


class CallInput(Input):
    """What was said with the buyer."""

    note: Annotated[str, Field(min_length=1, max_length=300)]


class Reminded(Schema):
    """The instalment whose buyer was reminded."""

    number: int


@router.get("/plans", response={200: paging.Page[PlanSummary]}, auth=_SEES)
def list_all_plans(
    request: HttpRequest,
    status: Annotated[str, one_of(InstallmentPlan.Status.values)] = "",
    late: bool = False,
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
) -> object:
    """List plans, the newest first; with `late` those of which an instalment is overdue."""
    rows = _rows().filter(status=status) if status else _rows()
    if late:
        owed = Installment.objects.filter(
            overdue.condition(), open_amount__gt=0, plan__status__in=InstallmentPlan.LIVE
        )
        rows = rows.filter(pk__in=owed.values("plan"))
    found = paging.read(rows, order=("-created_at", "-id"), cursor=cursor, limit=limit)
    return paging.page(request, found, [plan_summary(plan) for plan in found.rows])


@router.get("/plans/{int:number}", response={200: StaffPlanBody, **refusals(404)}, auth=_SEES)
def read_any_plan(request: HttpRequest, number: int) -> object:
    """Show a plan with its instalments."""
    return plan_body(_found(number))


@router.post("/plans/{int:number}/remind", response={200: Reminded, **refusals(404, 409)}, auth=_ACTS)
@once_per_key()
def remind(request: HttpRequest, number: int) -> object:
    """Remind the buyer now of the instalment to be paid next, once a day."""
    try:
        row = notices.remind_now(_found(number), actor=actors.of_staff(request))
    except NothingToPay as error:
        raise problems.NOTHING_TO_PAY(_("Nothing is open, or there is no e-mail address.")) from error
    except RemindedToday as error:
        raise REMINDED_TODAY(_("A reminder was sent by hand today already.")) from error
    return {"number": row.number}


@router.post("/plans/{int:number}/bills", response={201: BillBody, **refusals(404, 409)}, auth=_ACTS)
@once_per_key()
def make_payment_link(request: HttpRequest, number: int, body: BillInput) -> object:
    """Make the bill of the chosen instalments, whose token the buyer pays by."""
    try:
        bill = bills.ask(_found(number), numbers=set(body.numbers) or None, actor=actors.of_staff(request))
    except NothingToPay as error:
        raise problems.NOTHING_TO_PAY(_("None of them is open any more.")) from error
    return Status(
        201,
        {
            "token": bill.token,
            "status": bill.status,
            "amount": bill.amount,
            "currency": bill.currency,
            "numbers": sorted(bill.lines.values_list("installment__number", flat=True)),
            "expires_at": bill.expires_at,
        },
    )


@router.post("/plans/{int:number}/due-dates", response={200: StaffPlanBody, **refusals(404, 409)}, auth=_ACTS)
@once_per_key()
def move_any_due_date(request: HttpRequest, number: int, body: StaffMoveInput) -> object:
    """Move a due date for the buyer, by the rule that holds for the buyer."""
    try:
        with transaction.atomic():
            moving.move_due_date(
                _found(number), number=body.number, to=body.day, actor=actors.of_staff(request)
            )
    except CannotMove as error:
        raise problems.CANNOT_MOVE(moving.explain(error)) from error
    except Installment.DoesNotExist as error:
        raise NOT_FOUND(_("There is no such instalment.")) from error
    return plan_body(_found(number))


@router.post("/plans/{int:number}/waivers", response={200: StaffPlanBody, **refusals(404, 409)}, auth=_WAIVES)
@once_per_key()
def waive(request: HttpRequest, number: int, body: WaiveInput) -> object:
    """Waive an amount of an instalment: it is not owed any more, and nobody pays it."""
    plan = _found(number)
    try:
        waiving.waive(plan, **body.dict(), actor=actors.of_staff(request))
    except CannotWaive as error:
        words = _("At most %(most)s is open of it.") % {"most": money(error.most, plan.currency)}
        raise CANNOT_WAIVE(words) from error
    except Installment.DoesNotExist as error:
        raise NOT_FOUND(_("There is no such instalment.")) from error
    return plan_body(_found(number))


@router.post("/plans/{int:number}/cancel", response={200: StaffPlanBody, **refusals(404, 409)}, auth=_ACTS)
@once_per_key()
def cancel_plan(request: HttpRequest, number: int, body: PlanReasonInput) -> object:
    """Cancel a plan of which nothing was paid, and its order; the units return to stock."""
    try:
        cancelling.cancel_by_staff(_found(number), reason=body.reason, actor=actors.of_staff(request))
    except PaidMeanwhile as error:
        words = _("Something was paid, or it has ended. Goods come back by a return.")
        raise PAID_MEANWHILE(words) from error
    return plan_body(_found(number))


@router.post("/plans/{int:number}/calls", response={204: None, **refusals(404)}, auth=_ACTS)
@once_per_key()
def note_call(request: HttpRequest, number: int, body: CallInput) -> object:
    """Note what was said with the buyer."""
    calls.note_call(_found(number), note=body.note, actor=actors.of_staff(request))
    return Status(204, None)


def _rows() -> QuerySet[InstallmentPlan]:
    rows = Prefetch("installments", Installment.objects.order_by("number"))
    return InstallmentPlan.objects.select_related("order").prefetch_related(rows)


def _found(number: int) -> InstallmentPlan:
    plan = _rows().filter(order__number=min(number, _BIGGEST)).first()
    if plan is None:
        raise NOT_FOUND(_("There is no such plan."))
    return plan
