"""Early access: granting access to a drop before it opens, and checking it.

A visitor is identified by the key of the cart (guests) or by the account. What the screens show and what may be
reserved is decided by the same function of the database, `catalog_let_in_early`.
"""

from collections.abc import Callable
from collections.abc import Collection as Keys
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, Expression, F, Func, Q, UUIDField, Value
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone

from catalog.models import AccessCode, AccessGrant, Collection
from catalog.models.access import normalise
from shop.core.ids import readable_code
from shop.core.shared_pages.marks import is_shared

# Where the session keeps the cart under which a guest was let in: the catalogue does not import carts.
SESSION_KEY: Final = "drop_access"
MOST_CODES: Final = 500
KEEP_GRANTS: Final = timedelta(days=31)
CartFinder = Callable[[HttpRequest], UUID | None]
_cart_finders: Final[list[CartFinder]] = []


class CodeRefused(Exception):
    """The code gives no access. `reason`: unknown, off, expired or used_up. Trying the same again does not help."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LetInEarly(Func):
    """Whether a drop is open early for a cart or an account, as an expression (`catalog_let_in_early`)."""

    function = "catalog_let_in_early"

    def __init__(self, drop: Expression | F | str, cart_id: UUID | None, user_id: UUID | None) -> None:
        key = UUIDField()
        super().__init__(
            F(drop) if isinstance(drop, str) else drop,
            Value(cart_id, output_field=key),
            Value(user_id, output_field=key),
            output_field=BooleanField(),
        )


def redeem(
    *, collection: Collection, code: str, cart_id: UUID, user_id: UUID | None, actor: str
) -> AccessGrant:
    """Let the account (or else the cart) into a drop by a code, and count one use of it.

    The same visitor again is let in without another use. One transaction: the grant is inserted first, then the code
    is counted by a guarded UPDATE, so that of several concurrent requests exactly one gets the last use of a code; the
    grants of the others are rolled back. Locks the code's row until the commit; no stock.

    Raises:
        CodeRefused: nothing was changed.
    """
    owner: dict[str, Any] = {"user_id": user_id} if user_id else {"cart_id": cart_id}
    known = AccessCode.objects.filter(collection=collection, code=normalise(code)).first()
    if known is None:
        raise CodeRefused("unknown")
    with transaction.atomic():
        grant = AccessGrant(collection=collection, code=known, actor=actor[:150], **owner)
        AccessGrant.objects.bulk_create([grant], ignore_conflicts=True)
        kept = AccessGrant.objects.get(collection=collection, **owner)
        if kept.pk != grant.pk and _is_as_good(kept, known):
            return kept
        if not _usable(known.pk).update(uses=F("uses") + 1, updated_at=Now()):
            raise CodeRefused(_why_not(known.pk))
        if kept.pk != grant.pk:
            # The code that had let this visitor in was switched off, or opens later: this code replaces it.
            AccessGrant.objects.filter(pk=kept.pk).update(code=known, actor=actor[:150], updated_at=Now())
    return kept


def _is_as_good(grant: AccessGrant, other: AccessCode | None) -> bool:
    """Return whether a grant gives access, no later than another code (None: granted by hand) would."""
    own = grant.code
    if own is None or own == other:
        return own is None or own.is_active
    if other is not None and not other.is_active:
        return True
    if not own.is_active:
        return False
    if own.opens_at is None or own.opens_at <= timezone.now():
        return True
    return other is not None and other.opens_at is not None and own.opens_at <= other.opens_at


def _usable(code_id: UUID) -> Any:
    is_left = Q(max_uses__isnull=True) | Q(uses__lt=F("max_uses"))
    is_alive = Q(expires_at__isnull=True) | Q(expires_at__gt=Now())
    return AccessCode.objects.filter(is_left, is_alive, pk=code_id, is_active=True)


def _why_not(code_id: UUID) -> str:
    row = AccessCode.objects.annotate(
        is_over=Q(expires_at__isnull=False, expires_at__lte=Now()),
    ).get(pk=code_id)
    if not row.is_active:
        return "off"
    return "expired" if row.is_over else "used_up"


def hand_over(*, from_cart_id: UUID, user_id: UUID) -> int:
    """Move the grants of a guest's cart to the account (at sign-in); return for how many drops.

    What the account has already stays, unless the guest's lets in sooner, or it does not let in any more. Twice is
    harmless.
    """
    with transaction.atomic():
        mine = AccessGrant.objects.filter(user_id=user_id)
        guests = AccessGrant.objects.filter(cart_id=from_cart_id)
        brought = {grant.collection_id: grant.code for grant in guests.select_related("code")}
        for grant in mine.filter(collection_id__in=brought).select_related("code"):
            if not _is_as_good(grant, brought[grant.collection_id]):
                mine.filter(pk=grant.pk).update(code=brought[grant.collection_id], updated_at=Now())
        own = mine.values("collection_id")
        moved = guests.exclude(collection_id__in=own).update(cart_id=None, user_id=user_id, updated_at=Now())
        guests.delete()
    return moved


def share(*, from_cart_id: UUID, to_cart_id: UUID) -> int:
    """Let a guest's new cart in wherever the old one was (the old one is being paid); return into how many drops.

    No use is counted: it is the same visitor.
    """
    copies = [
        AccessGrant(
            collection_id=grant.collection_id, cart_id=to_cart_id, code_id=grant.code_id, actor=grant.actor
        )
        for grant in AccessGrant.objects.filter(cart_id=from_cart_id)
    ]
    return len(AccessGrant.objects.bulk_create(copies, ignore_conflicts=True))


def visitor(request: HttpRequest) -> tuple[UUID | None, UUID | None]:
    """Return the cart and the account by which a visitor may be let in; (None, None) for most of them. No query.

    A guest without a session has neither.
    """
    user_id = request.user.pk if request.user.is_authenticated else None
    kept = request.session.get(SESSION_KEY, "")
    try:
        cart_id = UUID(kept) if kept else None
    except ValueError:
        cart_id = None
    return cart_id, user_id


def find_carts_by(finder: CartFinder) -> CartFinder:
    """Register how the cart of a guest is found who sends its token instead of a session: an app."""
    _cart_finders.append(finder)
    return finder


def app_visitor(request: HttpRequest) -> tuple[UUID | None, UUID | None]:
    """Return the cart and the account by which the visitor of an app may be let in; no session is read.

    No query for an account, or for a guest without a cart.
    """
    if request.user.is_authenticated:
        return None, request.user.pk
    return next((cart_id for finder in _cart_finders if (cart_id := finder(request))), None), None


def remember(request: HttpRequest, *, cart_id: UUID) -> None:
    """Keep in the session that this visitor was let in by the cart, so that the pages show the shop."""
    request.session[SESSION_KEY] = str(cart_id)


def open_early(request: HttpRequest, drop_ids: Keys[UUID]) -> set[UUID]:
    """Return which of these drops are open early for the visitor. One query, none for an ordinary guest.

    For a page that everybody shares, none: it is made for nobody.
    """
    if is_shared(request):
        return set()
    cart_id, user_id = visitor(request)
    if not drop_ids or (cart_id is None and user_id is None):
        return set()
    drops = Collection.objects.filter(pk__in=list(drop_ids), kind=Collection.Kind.DROP, is_active=True)
    drops = drops.exclude(ends_at__isnull=False, ends_at__lte=Now())
    return set(drops.filter(LetInEarly("pk", cart_id, user_id)).values_list("pk", flat=True))


def purge() -> int:
    """Delete the grants of guests' carts for drops that opened more than a month ago; return how many."""
    old = AccessGrant.objects.filter(cart_id__isnull=False, collection__starts_at__lt=Now() - KEEP_GRANTS)
    deleted, _details = old.delete()
    return deleted


def make_codes(
    *, collection: Collection, number: int, max_uses: int | None = 1, note: str = "", **fields: Any
) -> list[AccessCode]:
    """Make `number` (1 to 500) unguessable codes of a drop: ten characters that cannot be mistaken for others.

    Raises: ValueError for another number.
    """
    if not 1 <= number <= MOST_CODES:
        raise ValueError(f"between 1 and {MOST_CODES} codes, not {number}")
    codes = [
        AccessCode(
            collection=collection, code=readable_code(10).upper(), max_uses=max_uses, note=note, **fields
        )
        for _turn in range(number)
    ]
    return AccessCode.objects.bulk_create(codes)


def switch_off(keys: Keys[Any]) -> int:
    """Switch these codes off, one statement; return how many were on. Their users wait for the regular opening."""
    return AccessCode.objects.filter(pk__in=keys, is_active=True).update(is_active=False, updated_at=Now())
