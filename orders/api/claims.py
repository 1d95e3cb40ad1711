"""`/api/v1/claims`: what of an order may be claimed, opening a claim about it, reading and cancelling it.

As the pages, an order's claims are opened by its secret; an account lists its own.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Annotated, Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Router, Status

from orders.api.after_sale import demand_turn, newest, order_of, refused_as
from orders.api.returns import line_keys
from orders.api.schemas.claims import (
    ClaimableBody,
    ClaimBody,
    ClaimInput,
    ClaimSummary,
    ClaimUnitsInput,
)
from orders.claims import opening
from orders.claims import refusals as of_claims
from orders.claims.claimable import claimable
from orders.models import Claim, Order
from shop.accounts.api.auth import bearer, visitor
from shop.core.api import paging
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key, row_key
from shop.core.api.problems import INVALID, NOT_FOUND, FieldProblem, ProblemKind
from shop.core.api.schemas import one_of, picture
from shop.core.audit import actors

router = Router(tags=["claims"], auth=visitor)
CLAIM_REFUSED: Final = ProblemKind(
    409, "claim_refused", "The claim cannot be opened, answered or moved like this; detail says why."
)
_ASKS: Final = 20


def as_problems() -> AbstractContextManager[None]:
    """Turn a refusal of a claim's verb into a problem with the words of the pages."""
    return refused_as(CLAIM_REFUSED, {of_claims.REFUSALS: of_claims.words})


@router.get("", response={200: paging.Page[ClaimSummary]}, auth=bearer)
def list_claims(
    request: HttpRequest,
    status: Annotated[str, one_of(Claim.Status.values)] = "",
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
) -> object:
    """List the claims of the account's orders, the newest first."""
    rows = Claim.objects.filter(order__user_id=str(request.user.pk))
    return page_of(request, rows, status=status, cursor=cursor, limit=limit)


@router.get("/by-order/{secret}", response={200: list[ClaimSummary], **refusals(404)})
def list_claims_of_order(request: HttpRequest, secret: str) -> object:
    """List the claims of an order to whoever has its secret."""
    rows = Claim.objects.filter(order=order_of(secret)).select_related("order").order_by("ordinal")
    return [summary(one) for one in rows]


@router.get("/by-order/{secret}/claimable", response={200: list[ClaimableBody], **refusals(404)})
def list_claimable(request: HttpRequest, secret: str) -> object:
    """List the lines of which something was sent, and how many units of each may be claimed."""
    return [
        {
            "line": one.line.public_number,
            **{name: getattr(one.line, name) for name in ("sku", "name")},
            **{name: getattr(one, name) for name in ("sent", "left", "delivered_on", "until")},
        }
        for one in claimable(order_of(secret))
        if one.sent
    ]


@router.post("/by-order/{secret}", response={201: ClaimBody, **refusals(404, 409)})
@once_per_key()
def open_claim(request: HttpRequest, secret: str, body: ClaimInput) -> object:
    """Open a claim about units that were sent: damaged, wrong, missing, faulty, or never arrived."""
    order = order_of(secret)
    demand_turn(request, "claim", limit=_ASKS)
    claim = opened(request, order, body, actor=actors.of_visitor(request), language=get_language() or "")
    return Status(201, body_of(found_of(order, claim.ordinal)))


@router.get("/by-order/{secret}/{int:ordinal}", response={200: ClaimBody, **refusals(404)})
def read_claim(request: HttpRequest, secret: str, ordinal: int) -> object:
    """Show a claim to whoever has its order's secret."""
    return body_of(found_of(order_of(secret), ordinal))


@router.post("/by-order/{secret}/{int:ordinal}/cancel", response={200: ClaimBody, **refusals(404, 409)})
@once_per_key()
def cancel_claim(request: HttpRequest, secret: str, ordinal: int) -> object:
    """Cancel a claim that nobody has answered yet. Twice is harmless."""
    order = order_of(secret)
    with as_problems():
        opening.cancel(found_of(order, ordinal), actor=actors.of_visitor(request))
    return body_of(found_of(order, ordinal))


def opened(
    request: HttpRequest,
    order: Order,
    body: ClaimInput,
    *,
    actor: str,
    origin: str = Claim.Origin.SHOPPER,
    language: str = "",
) -> Claim:
    """Open a claim, once for each idempotency key. Raises: INVALID, CLAIM_REFUSED."""
    units = units_of(order, body.lines)
    with as_problems():
        return opening.open_claim(
            order,
            units,
            reason=body.reason,
            wish=body.wish,
            note=body.note,
            key=row_key(request, order.pk),
            actor=actor,
            origin=origin,
            language=language,
        )


def units_of(order: Order, lines: Sequence[ClaimUnitsInput], *, where: str = "lines") -> dict[UUID, int]:
    """Return the units of each line of an order by its key. Raises: INVALID: an unknown line, or one twice."""
    keys, seen, errors = line_keys(order), set[int](), []
    for place, one in enumerate(lines):
        if one.line not in keys or one.line in seen:
            errors.append(FieldProblem(f"#/{where}/{place}/line", _("There is no such line.")))
        seen.add(one.line)
    if errors:
        raise INVALID(_("Some values cannot be taken."), errors=errors)
    return {keys[one.line]: one.units for one in lines}


def page_of(request: HttpRequest, rows: "QuerySet[Claim]", *, status: str, cursor: str, limit: int) -> object:
    """Return a page of claims, the newest first."""
    rows = rows.select_related("order")
    if status:
        rows = rows.filter(status=status)
    return newest(request, rows, summary, cursor=cursor, limit=limit)


def found_of(order: Order, ordinal: int) -> Claim:
    """Return a claim of an order. Raises: NOT_FOUND."""
    rows = Claim.objects.select_related("order", "rma")
    claim = rows.filter(order=order, ordinal=min(ordinal, 32767)).first()
    if claim is None:
        raise NOT_FOUND(_("There is no such claim."))
    return claim


def summary(claim: Claim) -> dict[str, Any]:
    """Return a claim in a list; it has its order."""
    return {
        "id": claim.pk,
        "order": claim.order.number,
        "asked_at": claim.created_at,
        **{name: getattr(claim, name) for name in ("number", "status", "reason", "outcome")},
    }


def body_of(claim: Claim) -> dict[str, Any]:
    """Return a claim as its buyer sees it (three queries)."""
    lines = list(claim.lines.select_related("order_line"))
    units = claim.units.filter(dropped_at=None).select_related("replaced").order_by("position")
    photos = claim.files.filter(purged_at=None).values_list("pk", flat=True)
    return {
        **summary(claim),
        **{
            name: getattr(claim, name)
            for name in ("ordinal", "wish", "note", "answer", "sends_nothing", "ended_at")
        },
        "lines": [
            {
                "line": one.order_line.public_number,
                "sku": one.order_line.sku,
                "name": one.order_line.name,
                "units": one.quantity,
                **{name: getattr(one, name) for name in ("replaced", "refunded", "amount")},
            }
            for one in lines
        ],
        "units": [
            {
                "line": one.replaced.public_number,
                "variant": one.variant_id,
                "sku": one.sku,
                "name": one.name,
                "is_sent": one.line_id is not None,
            }
            for one in units
        ],
        "money_back": claim.money_back,
        "currency": claim.order.currency,
        "return_ordinal": claim.rma.ordinal if claim.rma else None,
        "photos": [
            picture(reverse("orders:claim_file", args=[claim.order.secret, claim.ordinal, key]))
            for key in photos
        ],
        "may_cancel": claim.status == Claim.Status.OPEN,
    }
