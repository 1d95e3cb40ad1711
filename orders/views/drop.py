"""Drops and the cart: early access by a code, and taking an offer of a waiting list."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog import waiting
from catalog.drops import access
from catalog.models import Collection, WaitingEntry
from inventory.reservations import waiting_list
from orders.cart import carts, offered_units
from orders.cart.messages import REFUSALS, explain
from shop.core.audit import actors
from shop.core.web import throttle
from shop.core.web.methods import require_POST, require_safe
from shop.core.web.never_cached import never_cache
from shop.core.web.own_forms import posted_from_shared_pages
from shop.core.web.views import too_many

TRIES, WITHIN = 10, 600


@posted_from_shared_pages
@never_cache
@require_POST
def redeem(request: HttpRequest, slug: str) -> HttpResponse:
    """Admit the visitor to a drop by a code; guesses are rate limited by address."""
    drop = get_object_or_404(Collection, slug=slug, is_active=True, kind=Collection.Kind.DROP)
    if not throttle.allow("drop-code", throttle.address_of(request), limit=TRIES, seconds=WITHIN):
        return too_many(request, seconds=WITHIN)
    cart = carts.ensure(request)
    user_id = request.user.pk if request.user.is_authenticated else None
    try:
        grant = access.redeem(
            collection=drop,
            code=request.POST.get("code", "")[:64],
            cart_id=cart.pk,
            user_id=user_id,
            actor=carts.actor_of(request),
        )
    except access.CodeRefused as error:
        messages.error(request, _refusal(error))
        return redirect(drop)
    if cart._state.adding:
        cart.save()  # A visitor whose code was refused leaves no row behind.
    if user_id is None:
        access.remember(request, cart_id=cart.pk)
    if grant.code and grant.code.opens_at and grant.code.opens_at > timezone.now():
        messages.success(
            request, _("Your code is noted. It lets you in before the others; this page will say when.")
        )
    else:
        messages.success(request, _("You are in. The drop is open for you."))
    response = redirect(drop)
    carts.remember(request, response)
    return response


@never_cache
@require_safe
def offer(request: HttpRequest, token: str) -> HttpResponse:
    """Show the offer of the link, until when it lasts, and the button that takes it."""
    entry = _entry(token)
    context = {
        "entry": entry,
        "offer": waiting_list.offer_of(entry),
        "now": timezone.now(),
        **waiting.mail_context(entry),
    }
    return render(request, "orders/offer.html", context)


@never_cache
@require_POST
def claim(request: HttpRequest, token: str) -> HttpResponse:
    """Put the offered units into the visitor's cart."""
    entry = _entry(token)
    cart = carts.ensure(request)
    try:
        offered_units.claim(entry, cart=cart, actor=actors.of_account(entry.user_id))
    except offered_units.OfferOver:
        return redirect("orders:offer", token)
    except REFUSALS as error:
        messages.error(request, explain(error))
        return redirect("orders:offer", token)
    messages.success(request, _("It is in your cart. Buy it before its time is over."))
    response = redirect("orders:cart")
    carts.remember(request, response)
    return response


@never_cache
@require_POST
def decline(request: HttpRequest, token: str) -> HttpResponse:
    """Decline the offer, so that it goes to the next in line."""
    entry = _entry(token)
    actor = actors.of_account(entry.user_id)
    if waiting.leave(entry, actor=actor):
        waiting_list.withdraw(entry, actor=actor)
        messages.success(request, _("Thank you for telling us. It goes to the next in line."))
    return redirect("catalog:waiting", token)


def _entry(token: str) -> WaitingEntry:
    entry = waiting.find(token)
    if entry is None or entry.variant_id is None:
        raise Http404
    return entry


def _refusal(error: access.CodeRefused) -> str:
    if error.reason == "used_up":
        return _("That code has been used as often as it may be.")
    if error.reason == "expired":
        return _("That code was valid until a while ago.")
    return _("We do not know that code for this drop. Look at it once more.")
