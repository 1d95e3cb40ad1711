"""`/api/v1/staff/claims`: every claim and its acts, by permission and by the verbs of the back office."""

from typing import Annotated, Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Router, Status

from orders.api.claims import as_problems, body_of, opened, page_of, units_of
from orders.api.schemas.claims import (
    ClaimAnswerInput,
    ClaimApproveInput,
    ClaimDenyInput,
    ClaimInput,
    ClaimQuoteBody,
    ClaimReopenInput,
    ClaimSummary,
    ClaimUnitsInput,
    StaffClaimBody,
)
from orders.api.staff.permissions import demand_refunds
from orders.claims import approving, opening, resolving
from orders.claims.approving import Answer, Quote
from orders.models import Claim, Order
from shop.accounts.api.auth import staff
from shop.core.api import paging
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key
from shop.core.api.problems import INVALID, NOT_FOUND, FieldProblem
from shop.core.api.schemas import one_of, picture
from shop.core.audit import actors
from shop.core.money import ZERO

router = Router(tags=["staff: claims"])
_SEES, _ACTS, _OPENS = (
    staff("orders.view_claim"),
    staff("orders.change_claim"),
    staff("orders.add_claim"),
)
_ANSWER = {200: StaffClaimBody, **refusals(404, 409)}
_BIGGEST = 2**63 - 1


@router.get("/claims", response={200: paging.Page[ClaimSummary]}, auth=_SEES)
def list_all_claims(
    request: HttpRequest,
    status: Annotated[str, one_of(Claim.Status.values)] = "",
    reason: Annotated[str, one_of(Claim.Reason.values)] = "",
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
) -> object:
    """List claims, the newest first: of a status, or about one kind of harm."""
    rows: QuerySet[Claim] = Claim.objects.all()
    if reason:
        rows = rows.filter(reason=reason)
    return page_of(request, rows, status=status, cursor=cursor, limit=limit)


@router.post("/orders/{int:number}/claims", response={201: StaffClaimBody, **refusals(404, 409)}, auth=_OPENS)
@once_per_key()
def open_claim_for_buyer(request: HttpRequest, number: int, body: ClaimInput) -> object:
    """Open a claim for a buyer who wrote or called; the buyer's days do not bind the staff."""
    order = Order.objects.filter(number=min(number, _BIGGEST)).first()
    if order is None:
        raise NOT_FOUND(_("There is no such order."))
    claim = opened(request, order, body, actor=actors.of_staff(request), origin=Claim.Origin.STAFF)
    return Status(201, _body(claim.pk))


@router.get("/claims/{uuid:key}", response={200: StaffClaimBody, **refusals(404)}, auth=_SEES)
def read_any_claim(request: HttpRequest, key: UUID) -> object:
    """Show a claim with what was decided about it."""
    return _body(key)


@router.post("/claims/{uuid:key}/quote", response={200: ClaimQuoteBody, **refusals(404, 409)}, auth=_ACTS)
def quote_answer(request: HttpRequest, key: UUID, body: ClaimAnswerInput) -> object:
    """Say what an answer would give at this moment; nothing is written."""
    claim = _found(key)
    with as_problems():
        return _quote_body(claim, approving.quote(claim, _answer(claim, body)))


@router.post("/claims/{uuid:key}/approve", response=_ANSWER, auth=_ACTS)
@once_per_key()
def approve_claim(request: HttpRequest, key: UUID, body: ClaimApproveInput) -> object:
    """Approve what was quoted (`seen`) and reserve the new units; nothing is sent or paid yet. Twice is harmless."""
    claim = _found(key)
    with as_problems():
        approving.approve(claim, _answer(claim, body), actor=actors.of_staff(request), expected=body.seen)
    return _body(key)


@router.post(
    "/claims/{uuid:key}/resolve", response={200: StaffClaimBody, **refusals(403, 404, 409)}, auth=_ACTS
)
@once_per_key()
def resolve_claim(request: HttpRequest, key: UUID) -> object:
    """Carry out what was approved: the new units are to be packed, the money goes back. Twice is harmless.

    What gives money back asks for `payments.add_refund` besides.
    """
    claim = _found(key)
    if claim.money_back:
        demand_refunds(request)
    with as_problems():
        resolving.resolve(claim, actor=actors.of_staff(request))
    return _body(key)


@router.post("/claims/{uuid:key}/reopen", response=_ANSWER, auth=_ACTS)
@once_per_key()
def take_approval_back(request: HttpRequest, key: UUID, body: ClaimReopenInput) -> object:
    """Take an approval back that was not carried out: the claim is open again. Twice is harmless."""
    with as_problems():
        approving.take_back(_found(key), actor=actors.of_staff(request), reason=body.reason)
    return _body(key)


@router.post("/claims/{uuid:key}/deny", response=_ANSWER, auth=_ACTS)
@once_per_key()
def deny_claim(request: HttpRequest, key: UUID, body: ClaimDenyInput) -> object:
    """Deny a claim, with the answer that the buyer reads. Twice is harmless."""
    with as_problems():
        opening.deny(_found(key), answer=body.answer, actor=actors.of_staff(request))
    return _body(key)


def _answer(claim: Claim, body: ClaimAnswerInput) -> Answer:
    """Return what was decided, by the claim's lines. Raises: INVALID: a line that the claim has not, or one twice."""
    rows = {one.order_line_id: one.pk for one in claim.lines.all()}

    def of_claim(where: str, lines: list[ClaimUnitsInput]) -> dict[UUID, int]:
        units = units_of(claim.order, lines, where=where)
        if unknown := [place for place, key in enumerate(units) if key not in rows]:
            errors = [
                FieldProblem(f"#/{where}/{place}/line", _("There is no such line.")) for place in unknown
            ]
            raise INVALID(_("Some values cannot be taken."), errors=errors)
        return {rows[key]: number for key, number in units.items()}

    replace = of_claim("replace", list(body.replace))
    chosen = zip(replace, body.replace, strict=True)
    return Answer(
        replace=replace,
        refund=of_claim("refund", body.refund),
        variants={key: one.variant for key, one in chosen if one.variant},
        partial=body.partial or ZERO,
        goods_back=body.goods_back,
        words=body.answer,
    )


def _quote_body(claim: Claim, found: Quote) -> dict[str, Any]:
    return {
        "lines": [
            {
                "line": one.line.order_line.public_number,
                **{name: getattr(one, name) for name in ("replaced", "refunded", "amount")},
            }
            for one in found.lines
        ],
        "units": [
            {
                "line": one.line.public_number,
                "variant": one.variant.pk,
                "sku": one.variant.sku,
                "name": one.name,
                "is_sent": False,
            }
            for one in found.units
        ],
        "money_back": found.total,
        "currency": claim.order.currency,
        "goods_back": found.answer.goods_back,
        "is_short": found.is_short,
        "seen": found.seen,
    }


def _found(key: UUID) -> Claim:
    claim = Claim.objects.select_related("order", "rma").filter(pk=key).first()
    if claim is None:
        raise NOT_FOUND(_("There is no such claim."))
    return claim


def _body(key: UUID) -> dict[str, Any]:
    claim = _found(key)
    names = ("origin", "approved_at", "attention_since", "attention_reason")
    photos = claim.files.filter(purged_at=None).values_list("pk", flat=True)
    return {
        **body_of(claim),
        **{name: getattr(claim, name) for name in names},
        "shipment": claim.shipment_id,
        # The staff's own address of a photo: it asks for their permission, not for the order's secret.
        "photos": [picture(reverse("admin:orders_claim_file", args=[key, one])) for one in photos],
    }
