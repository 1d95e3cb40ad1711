"""Purchases that a client of the API makes with one request: their goods are named by it, not taken from a cart.

Each has a cart of its own, which no page finds, and goes through the checkout's verbs: stock, limits, early access,
prices and reservations are those of the pages. The cart's token follows from the account and the request, so that the
same request finds what it has begun, also after a process was killed half-way.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from catalog.models import Variant
from inventory import reservations
from orders.cart import carts, lines
from orders.cart.errors import CartGone
from orders.checkout import sessions
from orders.checkout.contact import AddressData, Contact, account_contact
from orders.checkout.issues import NotReady
from orders.checkout.session_locks import LIVE
from orders.checkout.sessions import RateNotOffered
from orders.models import Cart, CartLine, CheckoutSession, PaymentMethod, ShippingMethod
from orders.shipping import rates
from orders.shipping.rates import Quote

if TYPE_CHECKING:
    from shop.accounts.models import Address, User

__all__ = [
    "LIVE",
    "PICKUP",
    "AddressMissing",
    "NoShipping",
    "RateNotOffered",
    "begin",
    "complete",
    "contact_of",
    "give_up",
    "needs_address",
    "variants",
]

# The value of CLIENT_API_SHIPPING_METHOD that means fetching it at a store, whatever code that method has.
PICKUP: Final = "pickup"
_SALT: Final = "orders.client_purchases"
_TOKEN_LENGTH: Final = 43
_BUYER: Final = ("first_name", "last_name", "phone", "document_type", "document_number")
Status = CheckoutSession.Status


class AddressMissing(Exception):
    """What is bought is sent to the account's default address, and it has none. Adding one helps."""


class NoShipping(Exception):
    """The shop does not offer the shipping that clients' purchases have (CLIENT_API_SHIPPING_METHOD) for this one."""


def variants() -> "QuerySet[Variant]":
    """Return the variants that a client may name: those that the shop shows, whether they can be bought now or not.

    Their numbers are easily guessed, and a refusal says what a variant is called and how many there are.
    """
    return Variant.objects.filter(is_active=True, product__is_active=True)


def begin(
    *,
    user: "User",
    wanted: Mapping[UUID, int],
    method: PaymentMethod,
    reference: str,
    is_one: bool,
    language: str,
    actor: str,
) -> CheckoutSession:
    """Return the checkout of these units (variant → how many), reserved and without its buyer's data yet.

    `reference` names the request; where it `is_one` purchase (a key of the client's), the checkout that it led to is
    returned even when it is sold. Otherwise a live checkout of the same reference is used again, and a sold one
    is followed by another. Locks the cart and its lines, then as `sessions.start`.

    Raises:
        NotReady: a line cannot be had.
        UnknownVariant, LimitReached, TooManyLines, CartGone: see `carts.add`. Nothing is reserved after any of them.
    """
    cart = _cart(user, reference)
    if is_one:
        sold = cart.checkouts.filter(status=Status.COMPLETED).first()
        if sold is not None:
            return sold
    live = cart.checkouts.filter(status=Status.AWAITING_PAYMENT).first()
    if live is not None and live.expires_at <= timezone.now():
        # Its payment may still arrive; the job ends it soon.
        cart = carts.set_aside(cart=cart, actor=actor)
    try:
        _fill(cart, wanted, actor=actor)
        session = sessions.start(cart=cart, user=user, language=language, actor=actor)
    except Exception:
        _empty(cart, actor=actor)
        raise
    if session.payment_method_id != method.pk and session.status == Status.OPEN:
        session.payment_method = method
        session.save(update_fields=["payment_method", "updated_at"])
    return session


def complete(session: CheckoutSession, *, contact: Contact, actor: str) -> CheckoutSession:
    """Write the buyer's data and the shipping of clients' purchases into an open checkout: it is ready to be paid.

    Whoever sends the purchase has accepted the terms, which the client shows. One that the same request at the same
    moment has sent to payment is returned as it is.

    Raises:
        NoShipping: nothing was changed but the buyer's data.
        NotReady: not open any more.
    """
    try:
        session = sessions.set_contact(session, contact=contact, actor=actor)
        rates.refresh_for(session)
        quote = _quote(session)
        if quote is None and settings.CLIENT_API_SHIPPING_METHOD != PICKUP:
            raise NoShipping
        rate_id = quote.key if quote else None
        return sessions.set_shipping(session, rate_id=rate_id, accepts_terms=True, actor=actor)
    except NotReady:
        # The same request at the same moment was faster: its checkout is being paid, or is sold.
        session.refresh_from_db()
        if session.status in {Status.AWAITING_PAYMENT, Status.COMPLETED}:
            return session
        raise


def contact_of(user: "User") -> Contact:
    """Return who buys by an account: its profile, else the buyer of its last purchase; what nobody knows stays empty.

    Raises:
        AddressMissing: it is sent, and the account has no address.
    """
    profile, addresses = account_contact(user)
    before = CheckoutSession.objects.filter(user=user).exclude(email="").order_by("-created_at").first()
    known: dict[str, str] = {
        name: next((value for row in (profile, before) if row and (value := getattr(row, name))), "")
        for name in _BUYER
    }
    if profile is not None and profile.document_number:
        known["document_type"] = profile.document_type
    elif before is not None and before.document_number:
        known["document_type"] = before.document_type
    shipping = None
    if needs_address():
        if not addresses:
            raise AddressMissing
        shipping = _address(addresses[0], known)
    return Contact(
        email=user.email.lower(),
        first_name=known["first_name"],
        last_name=known["last_name"],
        phone=known["phone"],
        document_type=known["document_type"] if known["document_number"] else "",
        document_number=known["document_number"],
        shipping=shipping,
    )


def needs_address() -> bool:
    """Say whether clients' purchases are sent somewhere."""
    code = settings.CLIENT_API_SHIPPING_METHOD
    kind = ShippingMethod.objects.filter(code=code).values_list("kind", flat=True).first()
    return kind != ShippingMethod.Kind.PICKUP if kind else code != PICKUP


def give_up(session: CheckoutSession, *, actor: str) -> None:
    """End a checkout that nobody is paying, and let its units go; harmless where it is sold or being paid."""
    if session.cart is None or not CheckoutSession.objects.filter(pk=session.pk, status=Status.OPEN).exists():
        return
    sessions.cancel(session, actor, reason="the client's purchase was refused")
    _empty(session.cart, actor=actor)


def _cart(user: "User", reference: str) -> Cart:
    value = salted_hmac(_SALT, f"{user.pk}:{reference}", algorithm="sha256").hexdigest()[:_TOKEN_LENGTH]
    return Cart.objects.get_or_create(token=value, defaults={"buyer": user})[0]


def _fill(cart: Cart, wanted: Mapping[UUID, int], *, actor: str) -> None:
    """Write the lines by the rules of every cart; `sessions.start` reserves them all at once.

    The same request at the same moment waits for the cart's lock, and finds them written.
    """
    with transaction.atomic():
        if not Cart.objects.select_for_update(no_key=True).filter(pk=cart.pk).exists():
            raise CartGone(str(cart.pk))
        have = dict(CartLine.objects.filter(cart=cart).values_list("variant_id", "quantity"))
        for variant_id in sorted(wanted.keys() - have.keys()):
            lines.put(cart=cart, variant_id=variant_id, quantity=wanted[variant_id], actor=actor)


def _empty(cart: Cart, *, actor: str) -> None:
    """Leave nothing of a refused purchase: lines, reservations, and the cart where no checkout refers to it."""
    with transaction.atomic():
        kept = Cart.objects.select_for_update(no_key=True).filter(pk=cart.pk).first()
        live = CheckoutSession.objects.filter(cart=cart, status__in=LIVE)
        if kept is None or live.exists():
            return
        CartLine.objects.filter(cart=cart).delete()
        if not cart.checkouts.exists():
            kept.delete()
        reservations.release(cart_id=cart.pk, reason="refused", actor=actor)


def _quote(session: CheckoutSession) -> Quote | None:
    """Return the shipping of a client's purchase: the one that is set, the cheapest pick-up where that is any."""
    code = settings.CLIENT_API_SHIPPING_METHOD
    offers = rates.quotes_for(session)
    fitting = [offer for offer in offers if offer.method.code == code]
    if not fitting and code == PICKUP:
        fitting = [offer for offer in offers if offer.is_pickup]
    return min(fitting, key=lambda offer: offer.price, default=None)


def _address(address: "Address", known: Mapping[str, str]) -> AddressData:
    whole_name = f"{known['first_name']} {known['last_name']}".strip()
    return AddressData(
        recipient=address.recipient or whole_name,
        street=address.street,
        apartment=address.apartment,
        city=address.city,
        state=address.state,
        postal_code=address.postal_code,
        country=address.country,
        phone=address.phone or known["phone"],
    )
