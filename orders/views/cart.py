"""The cart: a page, a drawer, and the forms that change it. Every form works without JavaScript."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from orders import clocks
from orders.cart import badge, carts, sent_lines, view
from orders.cart.messages import REFUSALS, explain
from orders.cart.view import CartView
from orders.installments import offers, shown
from orders.models import Cart, CartLine, CheckoutSession
from orders.shipping import rates
from shop.core.database.kept_queries import KeptQuery, together
from shop.core.web.methods import require_POST, require_safe
from shop.core.web.never_cached import never_cache
from shop.core.web.own_forms import posted_from_shared_pages
from shop.core.web.public_addresses import address_of

DRAWER = "cart-drawer"


def _paying(cart_id: UUID) -> QuerySet[CheckoutSession]:
    status = CheckoutSession.Status.AWAITING_PAYMENT
    return CheckoutSession.objects.filter(cart_id=cart_id, status=status)


def _guest_paying(token: str) -> QuerySet[CheckoutSession]:
    status = CheckoutSession.Status.AWAITING_PAYMENT
    return CheckoutSession.objects.filter(cart__token=token, cart__user=None, cart__buyer=None, status=status)


_PAYING: Final = KeptQuery(_paying, UUID)
_GUEST_PAYING: Final = KeptQuery(_guest_paying, str)


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "orders/cart.html", _context(request))


@never_cache
@require_safe
def drawer(request: HttpRequest) -> HttpResponse:
    """Show the cart as the drawer's fragment."""
    return render(request, "orders/_drawer.html", _context(request))


@posted_from_shared_pages
@never_cache
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Put units into the cart and reserve them."""

    def act(cart: Cart, variant_id: UUID, quantity: int) -> str:
        carts.add(cart=cart, variant_id=variant_id, quantity=quantity, actor=carts.actor_of(request))
        return _("It is in your cart.")

    return _change(request, act, take=carts.ensure, default=1)


@never_cache
@require_POST
def update(request: HttpRequest) -> HttpResponse:
    """Set a line's quantity; zero takes it out."""

    def act(cart: Cart, variant_id: UUID, quantity: int) -> str:
        carts.set_quantity(cart=cart, variant_id=variant_id, quantity=quantity, actor=carts.actor_of(request))
        return ""

    return _change(request, act)


@never_cache
@require_POST
def remove(request: HttpRequest) -> HttpResponse:

    def act(cart: Cart, variant_id: UUID, quantity: int) -> str:
        carts.remove(cart=cart, variant_id=variant_id, actor=carts.actor_of(request))
        return _("Taken out.")

    return _change(request, act)


@never_cache
@require_POST
def restore(request: HttpRequest) -> HttpResponse:
    """Reserve a line again whose reservation has expired."""

    def act(cart: Cart, variant_id: UUID, quantity: int) -> str:
        carts.restore_reservation(cart=cart, variant_id=variant_id, actor=carts.actor_of(request))
        return _("It is held for you again.")

    return _change(request, act)


@never_cache
@require_POST
def new(request: HttpRequest) -> HttpResponse:
    """Leave the cart that is being paid to its payment and go on with an empty one."""
    cart = carts.find(request)
    if cart is not None:
        carts.set_aside(cart=cart, actor=carts.actor_of(request))
        carts.forget(request)
        messages.success(request, _("Here is a new cart. The payment of the other one goes on."))
    return redirect("orders:cart")


def _change(
    request: HttpRequest,
    act: Callable[[Cart, UUID, int], str],
    *,
    take: Callable[[HttpRequest], Cart | None] = carts.find,
    default: int = -1,
) -> HttpResponse:
    """Read the form, act, and answer: the drawer's fragment to the drawer, otherwise a redirect with a message.

    `take` finds the cart, or makes it: not for a form of no sense. `default`: the quantity of a form that sends none;
    below zero, the verb refuses it.
    """
    done, problem = "", ""
    try:
        variant_id, quantity = sent_lines.read(request.POST)
    except (carts.InvalidQuantity, carts.UnknownVariant) as error:
        is_missing = take is carts.find and carts.find(request) is None
        return _answer(request, "", _("Your cart is empty.") if is_missing else explain(error))
    cart = take(request)
    if cart is None:
        return _answer(request, "", _("Your cart is empty."))
    try:
        done = act(cart, variant_id, default if quantity is None else quantity)
    except REFUSALS as error:
        in_cart = CartLine.objects.filter(cart=cart, variant_id=variant_id).values_list("quantity", flat=True)
        problem = explain(error, in_cart=in_cart.first() or 0)
    return _answer(request, done, problem)


def _answer(request: HttpRequest, done: str, problem: str) -> HttpResponse:
    if request.META.get("HTTP_HX_TARGET") == DRAWER:
        context = _context(request) | {"done": done, "problem": problem}
        response = render(request, "orders/_drawer.html", context, status=422 if problem else 200)
    else:
        if problem:
            messages.error(request, problem)
        elif done:
            messages.success(request, done)
        response = HttpResponseRedirect(_next(request) if problem else address_of("orders:cart"))
    carts.remember(request, response)
    return response


def _next(request: HttpRequest) -> str:
    """Return where a refused form came from, when that is a page of ours; otherwise the cart."""
    target = request.POST.get("next", "")
    if target.startswith("/") and url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return address_of("orders:cart")


def _seen(request: HttpRequest) -> tuple[CartView, CheckoutSession | None]:
    """Return the visitor's cart as it is shown, and the checkout of it that is being paid.

    What instalments there are is kept with the request. One round trip, for an account one more, and one for its groups
    where an offer is for some.
    """
    user = request.user if request.user.is_authenticated else None
    token = carts.cookie_token(request) if user is None and not carts.is_found(request) else ""
    if token:
        asked = (carts.asked_of_guest(token), *view.asked_of_guest(token), _GUEST_PAYING.asked(token))
        own, *answers = together(*asked, offers.asked())
        cart = carts.found(request, next(iter(own), None))
    else:
        cart = carts.find(request)
        if cart is not None and not cart._state.adding:
            answers = together(*view.asked(cart), _PAYING.asked(cart.pk), offers.asked())
    # A visitor whose first add was refused has no cart.
    if cart is None or cart._state.adding:
        return carts.view(None), None
    lines, options, paying, rows = answers
    setattr(request, shown.OF_PAGE, shown.of_visitor(user, rows))
    return view.view_of(cart, lines, options), next(iter(paying), None)


def _context(request: HttpRequest) -> dict[str, object]:
    seen, paying = _seen(request)
    badge.note(request, seen.units)
    missing = rates.missing_for_free(seen.subtotal)
    promise = settings.FREE_SHIPPING_FROM
    return {
        "cart": seen,
        "cart_count": seen.units,
        "paying": paying,
        "missing_for_free": missing,
        "free_percent": int(100 * min(seen.subtotal, promise) / promise) if promise else 0,
        "max_reservation_minutes": int(clocks.reservation_at_most().total_seconds() // 60),
        "reserved_in_cart": settings.RESERVE_ON == "cart",
    }
