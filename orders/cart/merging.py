"""Signing in: the guest's cart becomes the account's, with its reservations and its checkout."""

from uuid import UUID

from allauth.account.signals import user_logged_in
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Sum
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import ngettext

from catalog.drops import access
from catalog.models import Variant
from inventory import reservations
from orders.cart import carts
from orders.cart.view import limit_of
from orders.models import Cart, CartLine, CheckoutSession
from shop.accounts.models import User
from shop.core.audit import actors
from shop.core.states import move

Status = CheckoutSession.Status


def merge(*, guest: Cart, user: User, actor: str) -> Cart:
    """Make a guest's cart the account's and return the account's cart; quantities add up within the limits.

    Reservations follow their lines; units beyond a limit are released. A guest's checkout becomes the account's, with
    the account's e-mail address (the first step can change it), and an older open one of the account gives way to it.
    A cart that is being paid stays as it is and keeps its payment; the account then goes on with the other one.
    Repeating is harmless. Locks both cart rows by primary key, then sessions, then lines, then stock levels.
    """
    with transaction.atomic():
        keys = [guest.pk, *Cart.objects.filter(user=user).values_list("pk", flat=True)]
        locked = {
            cart.pk: cart for cart in Cart.objects.filter(pk__in=keys).order_by("pk").select_for_update()
        }
        source = locked.get(guest.pk)
        target = next((cart for cart in locked.values() if cart.user_id == user.pk), None)
        # Before any line: placing a late-paid session locks that session, then the lines, and so does this.
        list(
            CheckoutSession.objects.filter(cart__in=keys)
            .order_by("pk")
            .select_for_update(of=("self",), no_key=True)
        )
        if source is None or source.user_id is not None:
            return target or Cart.objects.get_or_create(user=user)[0]
        access.hand_over(from_cart_id=source.pk, user_id=user.pk)
        if target is not None and _is_paying(target):
            carts.set_aside(cart=target, actor=actor)
            Cart.objects.filter(user=user).delete()
            target = None
        if target is None:
            return _adopt(source, user, actor)
        if _is_paying(source):
            return target
        _move_checkout(source, target, user, actor)
        _move_lines(source, target, actor)
        reservations.recognise(cart_id=target.pk, user_id=user.pk, email=user.email, actor=actor)
        source.delete()
    return target


@receiver(user_logged_in, dispatch_uid="orders-merge-carts")
def merge_at_login(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    """Merge the cart of the cookie into the account which has just signed in (django-allauth's signal, not ours)."""
    value = carts.cookie_token(request)
    guest = Cart.objects.filter(token=value, user=None, buyer=None).first() if value else None
    if guest is not None:
        both = _quantities(guest.pk, *Cart.objects.filter(user=user).values_list("pk", flat=True))
        cart = merge(guest=guest, user=user, actor=actors.of_account(user.pk))
        if cart.pk != guest.pk and not Cart.objects.filter(pk=guest.pk).exists():
            _tell_what_was_left_out(request, both, cart)
    carts.forget(request)


def _quantities(*cart_ids: UUID) -> dict[UUID, int]:
    rows = CartLine.objects.filter(cart_id__in=cart_ids).values("variant_id")
    return dict(rows.annotate(units=Sum("quantity")).values_list("variant_id", "units"))


def _tell_what_was_left_out(request: HttpRequest, both: dict[UUID, int], cart: Cart) -> None:
    """Tell the shopper which units of the two carts did not fit into one: beyond a variant's or a cart's limit."""
    kept = _quantities(cart.pk)
    fewer = {key: kept.get(key, 0) for key, units in both.items() if units > kept.get(key, 0)}
    for variant in Variant.objects.filter(pk__in=fewer).select_related("product").order_by("sku"):
        words = ngettext(
            "We joined your two carts: of %(name)s %(kept)s unit stays, no more fit into one purchase.",
            "We joined your two carts: of %(name)s %(kept)s units stay, no more fit into one purchase.",
            fewer[variant.pk],
        )
        messages.warning(request, words % {"name": variant.product.name, "kept": fewer[variant.pk]})


def _is_paying(cart: Cart) -> bool:
    return CheckoutSession.objects.filter(cart=cart, status=Status.AWAITING_PAYMENT).exists()


def _adopt(cart: Cart, user: User, actor: str) -> Cart:
    cart.user = user
    cart.save(update_fields=["user", "updated_at"])
    CheckoutSession.objects.filter(cart=cart, user=None, status=Status.OPEN).update(
        user=user, email=user.email
    )
    reservations.recognise(cart_id=cart.pk, user_id=user.pk, email=user.email, actor=actor)
    return cart


def _move_checkout(source: Cart, target: Cart, user: User, actor: str) -> None:
    """Move the guest's checkouts to the account's cart.

    The open one's lines follow when it is looked at next. An ended one goes along, so that money which still comes
    for it finds the cart, its lines and its reservations.
    """
    ended = CheckoutSession.objects.filter(cart=source).exclude(
        status__in=[Status.OPEN, Status.AWAITING_PAYMENT]
    )
    ended.update(cart=target)
    session = CheckoutSession.objects.filter(cart=source, status=Status.OPEN).first()
    if session is None:
        return
    for older in CheckoutSession.objects.filter(cart=target, status=Status.OPEN):
        # Its reservations stay: they are the cart's, which goes on.
        move(older, Status.CANCELLED, actor=actor, reason="another checkout took its place")
    CheckoutSession.objects.filter(pk=session.pk).update(cart=target, user=user, email=user.email)


def _move_lines(source: Cart, target: Cart, actor: str) -> None:
    """Move lines and reservations, then release what is beyond a limit, below the levels that `transfer` has locked."""
    both = CartLine.objects.filter(cart__in=[source, target]).select_for_update(of=("self",)).order_by("pk")
    lines = list(both.select_related("variant"))
    there = {line.variant_id: line for line in lines if line.cart_id == target.pk}
    surplus: dict[UUID, int] = {}
    for line in sorted(
        (line for line in lines if line.cart_id == source.pk), key=lambda line: line.created_at
    ):
        mine = there.get(line.variant_id)
        if mine is None and len(there) >= settings.CART_MAX_LINES:
            surplus[line.variant_id] = 0
            continue
        if mine is None:
            CartLine.objects.filter(pk=line.pk).update(cart=target)
            there[line.variant_id] = line
            continue
        total = min(mine.quantity + line.quantity, limit_of(line.variant))
        CartLine.objects.filter(pk=mine.pk).update(quantity=total, seen_price=line.seen_price)
        surplus[line.variant_id] = total
    reservations.transfer(from_cart_id=source.pk, to_cart_id=target.pk, actor=actor)
    reserved = reservations.find_active(cart_id=target.pk)
    for variant_id in sorted(surplus):
        too_many = reserved[variant_id].quantity - surplus[variant_id] if variant_id in reserved else 0
        if too_many > 0:
            reservations.release(
                cart_id=target.pk, variant_id=variant_id, quantity=too_many, reason="limit", actor=actor
            )
