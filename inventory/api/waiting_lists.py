"""`/api/v1/waiting-list`: to be told when a variant comes back or a drop opens, by an account or an address.

Here and not in the catalogue, because leaving releases the unit that may be set aside.
"""

from typing import Annotated, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Router, Status
from pydantic import Field

from catalog import waiting
from catalog.models import Collection, Variant, WaitingEntry
from inventory.reservations import waiting_list
from shop.accounts.api.auth import bearer, visitor
from shop.core.api import paging, problems
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key
from shop.core.api.problems import FieldProblem, ProblemKind
from shop.core.api.schemas import Input, Moment, Schema, values
from shop.core.audit import actors
from shop.core.json_types import JsonObject
from shop.core.user_input.lines import MailField
from shop.core.web import throttle

router = Router(tags=["waiting lists"])

NOTHING_TO_WAIT_FOR: Final = ProblemKind(
    409, "nothing_to_wait_for", "The variant is off sale, or the drop is open already or over."
)
LINK_EXPIRED: Final = ProblemKind(409, "link_expired", "The link to confirm is too old: join again.")


class WaitingInput(Input):
    """What somebody waits for, either of the two: a variant, or a drop by its slug. `email`: null is the account's."""

    email: Annotated[str, Field(max_length=254)] | None = None
    variant: UUID | None = None
    collection: Annotated[str, Field(min_length=1, max_length=120)] | None = None


class WaitingAnswerBody(Schema):
    """What happens next: `waiting` (the account's own address), or `confirm`, by the mail that goes to any other.

    It does not say whether the address waited already.
    """

    next: Annotated[str, Field(pattern="^(waiting|confirm)$")]


class WaitingVariantBody(Schema):
    """A variant that somebody waits for."""

    id: UUID
    sku: str
    name: str
    product_slug: str
    product_name: str


class WaitingDropBody(Schema):
    """A drop that somebody wants to be reminded of."""

    slug: str
    name: str
    opens_at: Moment | None


class WaitingEntryBody(Schema):
    """A place on a list; `place` counts from 1, `offered_until`: a unit is set aside so long."""

    id: UUID
    status: Annotated[str, values(WaitingEntry.Status)]
    variant: WaitingVariantBody | None
    drop: WaitingDropBody | None
    asked_at: Moment
    confirmed_at: Moment | None
    place: int | None
    offered_until: Moment | None


@router.post("", response={202: WaitingAnswerBody, **refusals(409)}, auth=visitor)
@once_per_key()
def join_waiting_list(request: HttpRequest, body: WaitingInput) -> object:
    """Join the list of a variant that is sold out, or ask to be reminded of a drop. Every address is answered alike."""
    user = request.user if request.user.is_authenticated else None
    email = _address(body.email if body.email is not None else (user.email if user else ""))
    if (body.variant is None) == (body.collection is None):
        raise problems.INVALID(
            _("Say what you are waiting for."),
            errors=[FieldProblem("#/variant", _("Send either a variant or a drop."))],
        )
    if not waiting.may_ask(throttle.address_of(request)):
        raise problems.TOO_MANY(
            _("Too many requests. Try again later."), headers={"Retry-After": str(waiting.WITHIN)}
        )
    try:
        waiting.join(
            email=email,
            variant=Variant.objects.select_related("product").get(pk=body.variant) if body.variant else None,
            collection=Collection.objects.get(slug=body.collection) if body.collection else None,
            user=user,
            language=get_language() or "es",
            actor=actors.of_visitor(request),
        )
    except (waiting.NothingToWaitFor, Variant.DoesNotExist, Collection.DoesNotExist) as error:
        raise NOTHING_TO_WAIT_FOR(_("There is nothing to wait for here any more.")) from error
    is_own = user is not None and user.email.lower() == email.strip().lower()
    return Status(202, {"next": "waiting" if is_own else "confirm"})


@router.get("", response={200: paging.Page[WaitingEntryBody]}, auth=bearer)
def list_waiting_entries(
    request: HttpRequest, cursor: paging.Cursor = "", limit: paging.Limit = paging.DEFAULT
) -> object:
    """List what the account waits for, and what is set aside for it, the newest first."""
    mine = waiting.of_account(request.auth)  # type: ignore[attr-defined]
    found = paging.read(mine, order=("-created_at", "-id"), cursor=cursor, limit=limit)
    return paging.page(request, found, [_entry(row, row.place) for row in found.rows])  # type: ignore[attr-defined]


@router.delete("/{uuid:entry}", response={204: None, **refusals(404)}, auth=bearer)
def leave_waiting_list(request: HttpRequest, entry: UUID) -> object:
    """Take the account off a list, or decline what is set aside for it. Twice is harmless."""
    found = WaitingEntry.objects.filter(pk=entry, user=request.auth).first()  # type: ignore[attr-defined]
    if found is None:
        raise problems.NOT_FOUND(_("There is nothing here that you may see."))
    _leave(found)
    return Status(204, None)


@router.get("/links/{token}", response={200: WaitingEntryBody, **refusals(404)}, auth=visitor)
def read_waiting_link(request: HttpRequest, token: str) -> object:
    """Read the entry of the secret link in a mail. Nothing changes by it."""
    return _shown(_of_link(token))


@router.post("/links/{token}/confirm", response={200: WaitingEntryBody, **refusals(404, 409)}, auth=visitor)
def confirm_waiting_link(request: HttpRequest, token: str) -> object:
    """Confirm the address of a link, which takes its place in the line. Twice is harmless."""
    entry = _of_link(token)
    if not waiting.confirm(entry, actor=actors.of_account(entry.user_id)):
        raise LINK_EXPIRED(_("That link is too old. Ask again: it takes a moment."))
    return _shown(_of_link(token))


@router.post("/links/{token}/leave", response={200: WaitingEntryBody, **refusals(404)}, auth=visitor)
def leave_waiting_link(request: HttpRequest, token: str) -> object:
    """Take the entry of a link off its list, or decline what is set aside for it. Twice is harmless."""
    _leave(_of_link(token))
    return _shown(_of_link(token))


def _address(text: str) -> str:
    try:
        return str(MailField(max_length=254).clean(text))
    except ValidationError as error:
        words = " ".join(error.messages)
        raise problems.INVALID(
            _("That is not an e-mail address. Look at it once more."),
            errors=[FieldProblem("#/email", words)],
        ) from error


def _of_link(token: str) -> WaitingEntry:
    entry = waiting.find(token)
    if entry is None:
        raise problems.NOT_FOUND(_("There is nothing here that you may see."))
    return entry


def _leave(entry: WaitingEntry) -> None:
    actor = actors.of_account(entry.user_id)
    if waiting.leave(entry, actor=actor):
        waiting_list.withdraw(entry, actor=actor)


def _shown(entry: WaitingEntry) -> JsonObject:
    """Return one entry with its place in the line, which costs a query."""
    is_in_line = entry.status == WaitingEntry.Status.CONFIRMED and entry.variant_id
    return _entry(entry, waiting.place_in_line(entry) if is_in_line else 0)


def _entry(entry: WaitingEntry, place: int) -> JsonObject:
    variant, drop = entry.variant, entry.collection
    is_in_line = entry.status == WaitingEntry.Status.CONFIRMED and variant is not None
    return {
        "id": entry.pk,
        "status": entry.status,
        "variant": {
            "id": variant.pk,
            "sku": variant.sku,
            "name": variant.name,
            "product_slug": variant.product.slug,
            "product_name": variant.product.name,
        }
        if variant is not None
        else None,
        "drop": {"slug": drop.slug, "name": drop.name, "opens_at": drop.starts_at} if drop else None,
        "asked_at": entry.created_at,
        "confirmed_at": entry.confirmed_at,
        "place": place if is_in_line else None,
        "offered_until": entry.offered_until,
    }
