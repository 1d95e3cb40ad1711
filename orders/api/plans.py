"""`/api/v1/plans`: an account's instalment plans, by their order's number; paying and moving instalments."""

from typing import Any

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status

from orders.api import problems
from orders.api.installments import terms_body
from orders.api.orders import plan_summary
from orders.api.schemas.installments import BillBody, BillInput, MoveInput, PlanBody, PlanSummary
from orders.installments import bills, moving, plan_rows, shown
from orders.installments.bills import NothingToPay
from orders.installments.moving import CannotMove
from orders.installments.plan_rows import Row
from orders.models import Installment, InstallmentBill, InstallmentPlan
from shop.accounts.api.auth import bearer
from shop.core.api import paging
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key
from shop.core.api.problems import NOT_FOUND
from shop.core.audit import actors
from shop.core.money import ZERO

router = Router(tags=["instalments"], auth=bearer)
_BIGGEST = 2**63 - 1


@router.get("", response={200: paging.Page[PlanSummary]})
def list_plans(
    request: HttpRequest, cursor: paging.Cursor = "", limit: paging.Limit = paging.DEFAULT
) -> object:
    """List the account's plans, the newest first."""
    found = paging.read(_of(request), order=("-created_at", "-id"), cursor=cursor, limit=limit)
    return paging.page(request, found, [plan_summary(plan) for plan in found.rows])


@router.get("/{int:number}", response={200: PlanBody, **refusals(404)})
def read_plan(request: HttpRequest, number: int) -> object:
    """Show a plan with its instalments: what each costs today, and what may be moved."""
    return body(_find(request, number))


@router.post("/{int:number}/bills", response={201: BillBody, **refusals(404, 409)})
@once_per_key()
def ask_for_bill(request: HttpRequest, number: int, wanted: BillInput) -> object:
    """Make the bill of the chosen instalments, or of all that are open; it is paid as any other payable."""
    plan = _find(request, number)
    try:
        bill = bills.ask(plan, numbers=set(wanted.numbers) or None, actor=actors.of_visitor(request))
    except NothingToPay as error:
        raise problems.NOTHING_TO_PAY(_("There is nothing to pay of what you chose.")) from error
    return Status(201, _bill(bill))


@router.put("/{int:number}/installments/{int:one}/due-date", response={200: PlanBody, **refusals(404, 409)})
def move_due_date(request: HttpRequest, number: int, one: int, wanted: MoveInput) -> object:
    """Move a due date, once for the plan."""
    plan = _find(request, number)
    try:
        with transaction.atomic():
            moving.move_due_date(plan, number=min(one, 999), to=wanted.day, actor=actors.of_visitor(request))
    except Installment.DoesNotExist as error:
        raise NOT_FOUND(_("There is no such instalment.")) from error
    except CannotMove as error:
        raise problems.CANNOT_MOVE(moving.explain(error)) from error
    return body(_find(request, number))


def _of(request: HttpRequest) -> QuerySet[InstallmentPlan]:
    rows = Prefetch("installments", Installment.objects.order_by("number"))
    own = InstallmentPlan.objects.filter(user_id=str(request.user.pk))
    return own.select_related("order").prefetch_related(rows)


def _find(request: HttpRequest, number: int) -> InstallmentPlan:
    plan = _of(request).filter(order__number=number).first() if number <= _BIGGEST else None
    if plan is None:
        raise NOT_FOUND(_("There is no such plan."))
    return plan


def _bill(bill: InstallmentBill) -> dict[str, Any]:
    return {
        "token": bill.token,
        "status": bill.status,
        "amount": bill.amount,
        "currency": bill.currency,
        "numbers": sorted(bill.lines.values_list("installment__number", flat=True)),
        "expires_at": bill.expires_at,
    }


def body(plan: InstallmentPlan) -> dict[str, Any]:
    """Return a plan as the API shows it."""
    rows = sorted(plan.installments.all(), key=lambda row: row.number)
    seen = plan_rows.of(plan, rows)
    return {
        "order": plan.order.number,
        "secret": plan.order.secret,
        "status": plan.status,
        "terms": terms_body(shown.of_plan(plan, rows), None),
        "installments": [_installment(row) for row in seen],
        "open": sum((row.installment.open_amount for row in seen), ZERO),
        "payoff": sum((row.now for row in seen), ZERO),
        "pay_first_by": plan.pay_first_by,
        "accepted_at": plan.accepted_at,
        "contract": plan.contract,
    }


def _installment(seen: Row) -> dict[str, Any]:
    row = seen.installment
    return {
        "id": row.public_number,
        "number": row.number,
        "amount": row.amount,
        "due_date": row.due_date,
        "paid": row.paid,
        "late": row.late,
        "open": row.open_amount,
        "now": seen.now,
        "waived": seen.waived,
        "is_overdue": seen.is_overdue,
        "settled_at": row.settled_at,
        "movable_until": seen.movable_until,
    }
