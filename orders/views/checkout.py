"""The checkout's steps. A stale form, a second tab or an old link gets a message and a redirect to the right step.

A session's token opens it; the session of an account opens to that account only (404).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial, wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from orders.cart import carts
from orders.checkout import adjustments, cash_vouchers, frozen_lines, issues, looking, sessions, way_prices
from orders.checkout.contact import account_contact
from orders.checkout.forms import ContactForm, ShippingForm, initial_contact, typed_contact
from orders.checkout.issues import CheckoutIssue, Kind, NotReady
from orders.checkout.looking import Seen
from orders.installments import limits, quotes
from orders.models import CheckoutSession, InstallmentQuote
from orders.pricing.purchases import charges_of
from orders.pricing.totals import Totals
from orders.shipping import branches, rates
from orders.shipping.branches import Choice
from orders.shipping.rates import Quote
from shop.core import countries
from shop.core.database.kept_queries import Rows
from shop.core.installments.quotation import Installments
from shop.core.web.methods import require_POST
from shop.core.web.never_cached import never_cache

Status = CheckoutSession.Status


@dataclass(frozen=True, slots=True)
class Preview:
    """The purchase's sums by what is chosen on the screen, in its currency: a shipping (`quote`), or instalments."""

    totals: Totals
    quote: Quote | None = None
    branches: Sequence[Choice] = ()

    @property
    def total(self) -> Decimal:
        return self.totals.total


@dataclass(frozen=True, slots=True)
class QuoteChoice:
    """Instalments of the shop's own that may be chosen. `refusal`: in words, why this customer may not; "": may."""

    quote: InstallmentQuote
    terms: Installments
    refusal: str = ""


View = Callable[[HttpRequest, CheckoutSession], HttpResponse]


@never_cache
def start(request: HttpRequest) -> HttpResponse:
    """Freeze the cart into a session and redirect to its first unfinished step."""
    cart = carts.find(request)
    if request.method != "POST" or cart is None:
        return redirect("orders:cart")
    changed = [line for line in carts.view(cart).lines if line.former_price is not None]
    user = request.user if request.user.is_authenticated else None
    try:
        session = sessions.start(
            cart=cart,
            user=user,
            language=get_language() or settings.LANGUAGE_CODE,
            actor=carts.actor_of(request),
        )
    except NotReady as error:
        _tell(request, error.issues)
        return redirect("orders:cart")
    for line in changed:
        words = issues.price_changed(issues.title(line), line.former_price, line.unit_price, line.variant.pk)
        messages.warning(request, str(words.message))
    if session.status == Status.AWAITING_PAYMENT:
        return redirect("orders:checkout_payment", session.token)
    return redirect("orders:checkout_contact", session.token)


def step(view: View, *, reads_lines_when_sent: bool = True) -> Callable[..., HttpResponse]:
    """Open the session of the address for a step, or answer instead: 404, sign in, ended, being paid, completed."""

    @never_cache
    @wraps(view)
    def open_session(request: HttpRequest, token: str) -> HttpResponse:
        session = looking.find(
            token,
            with_lines=reads_lines_when_sent or request.method != "POST",
            is_shown=request.method == "GET",
        )
        if session is None:
            raise Http404
        if not sessions.visible_to(session, request.user):
            if request.user.is_authenticated:
                raise Http404
            return redirect_to_login(request.get_full_path())
        if session.status == Status.COMPLETED:
            return redirect("orders:order_secret", session.order.secret)
        if session.status == Status.AWAITING_PAYMENT and view.__name__ != "payment":
            messages.warning(request, str(issues.PAYING.message))
            return redirect("orders:checkout_payment", session.token)
        if sessions.is_over(session):
            return render(request, "orders/checkout_ended.html", {"session": session}, status=410)
        return view(request, session)

    return open_session


@partial(step, reads_lines_when_sent=False)
def contact(request: HttpRequest, session: CheckoutSession) -> HttpResponse:
    """First step: who buys and where it goes."""
    user = request.user if request.user.is_authenticated else None
    has_pickup = rates.has_pickup(session)
    options: dict[str, Any] = {"has_pickup": has_pickup, "is_member": user is not None}
    profile, addresses = account_contact(user) if user else (None, [])
    chosen = next((row for row in addresses if str(row.pk) == request.POST.get("use_address")), None)
    if chosen is not None:
        form = ContactForm(initial=typed_contact(request.POST, chosen), **options)
    elif request.method == "POST":
        form = ContactForm(request.POST, **options)
        if form.is_valid():
            try:
                sessions.set_contact(session, contact=form.contact(), actor=carts.actor_of(request))
            except NotReady as error:
                return _back(request, session, error.issues)
            return redirect("orders:checkout_shipping", session.token)
    else:
        address = addresses[0] if addresses else None
        form = ContactForm(
            initial=initial_contact(session, profile, address, user.email if user else ""), **options
        )
    context = {
        "form": form,
        "addresses": addresses,
        "has_pickup": has_pickup,
        "errors": form.error_list() if form.is_bound else [],
    }
    return render_step(request, session, "contact", context, form_has_errors=form.is_bound)


@step
def shipping_step(request: HttpRequest, session: CheckoutSession) -> HttpResponse:
    """Second step: the shipping, and the terms."""
    if not session.email:
        return redirect("orders:checkout_contact", session.token)
    seen = looking.see(session) if request.method == "GET" else None
    if request.method == "POST":
        rates.refresh_for(session)
    offers = rates.quotes_for(session, frozen_lines.read(session))
    branches.refresh_for(offers, session.shipping_address)
    known = {str(offer.key): branches.known(offer, session.shipping_address) for offer in offers}
    if request.method == "POST":
        form = ShippingForm(request.POST, offers=offers, branches=known)
        if form.is_valid():
            try:
                sessions.set_shipping(
                    session,
                    rate_id=form.cleaned_data["rate"],
                    accepts_terms=form.cleaned_data["terms"],
                    branch_code=form.cleaned_data["branch"],
                    actor=carts.actor_of(request),
                )
            except NotReady as error:
                return _back(request, session, error.issues)
            except (sessions.RateNotOffered, sessions.BranchNotOffered):
                return _back(request, session, [issues.SHIPPING_CHANGED])
            return redirect("orders:checkout_payment", session.token)
    else:
        rate = rates.chosen_key(session) or _first_choice(session, offers)
        form = ShippingForm(
            offers=offers, initial={"rate": rate, "terms": session.accepted_terms_at is not None}
        )
    seen = seen or Seen([], looking.reservation_ends(session))
    return _show_shipping(request, session, form, offers, known, seen)


def _show_shipping(
    request: HttpRequest,
    session: CheckoutSession,
    form: ShippingForm,
    offers: list[Quote],
    known: Mapping[str, Sequence[Choice]],
    seen: Seen,
) -> HttpResponse:
    """Show the ways on offer, each with what the purchase then costs and its branches (`known`, by the way's key)."""
    chosen = form["rate"].value()
    lines = list(session.lines.all())
    choices = [
        Preview(adjustments.reckon(session, lines, offer), offer, known[str(offer.key)]) for offer in offers
    ]
    context = {
        "form": form,
        "offers": offers,
        "choices": choices,
        "chosen": chosen,
        "branch": session.branch_code,
        "preview": next(
            (choice for choice in choices if choice.quote and str(choice.quote.key) == str(chosen)), None
        ),
        "errors": form.error_list() if form.is_bound else [],
    }
    return render_step(request, session, "shipping", context, seen=seen, form_has_errors=form.is_bound)


@step
def payment(request: HttpRequest, session: CheckoutSession) -> HttpResponse:
    """Third step: check everything once more and choose how to pay.

    The choices come from the payments app, by a tag of the template (`gateway_choices`); the form goes there too.
    """
    if not session.email:
        return redirect("orders:checkout_contact", session.token)
    seen = looking.see(session, *quotes.asked(session), *cash_vouchers.asked(session))
    offered, vouchers = (seen.also[:2], seen.also[2:]) if seen.also else (None, None)
    if vouchers:
        cash_vouchers.remember(session, vouchers)
    if session.status == Status.OPEN and (not session.has_shipping or session.accepted_terms_at is None):
        _tell(request, [issue for issue in seen.issues if issue.kind == Kind.SHIPPING_CHANGED])
        return redirect("orders:checkout_shipping", session.token)
    is_priced = session.status == Status.OPEN and bool(session.total)
    choices = _quote_choices(request, session, offered) if is_priced else []
    refusals = {choice.refusal for choice in choices}
    context = {
        "quotes": choices,
        # Said once where it is the same for all of them.
        "refusal": refusals.pop() if len(refusals) == 1 else "",
        "cheapest": way_prices.cheapest(session) if choices else None,
    }
    return render_step(request, session, "payment", context, seen=seen)


def _quote_choices(request: HttpRequest, session: CheckoutSession, known: Rows | None) -> list[QuoteChoice]:
    """Return the shop's own instalments for a checkout, and which of them the visitor's limits rule out."""
    found = [(quote, quotes.shown_terms(quote)) for quote in quotes.for_checkout(session, known)]
    if not found or not request.user.is_authenticated:
        return [QuoteChoice(quote, terms) for quote, terms in found]
    own = limits.of_customer(request.user)
    return [QuoteChoice(quote, terms, own.refusal(quote.total, quote.currency)) for quote, terms in found]


@require_POST
@step
def restore(request: HttpRequest, session: CheckoutSession) -> HttpResponse:
    """Reserve again what has expired, and return to the step where the shopper was."""
    try:
        sessions.reserve_again(session, carts.actor_of(request))
    except NotReady as error:
        return _back(request, session, error.issues)
    messages.success(request, _("Everything is held for you again."))
    ready = session.has_shipping and session.accepted_terms_at is not None
    return redirect("orders:checkout_payment" if ready else "orders:checkout_contact", session.token)


def render_step(
    request: HttpRequest,
    session: CheckoutSession,
    name: str,
    context: dict[str, Any],
    *,
    seen: Seen | None = None,
    form_has_errors: bool = False,
    template: str = "",
) -> HttpResponse:
    """Render a step with the summary beside it; a cart that became empty redirects to the cart."""
    seen = seen or looking.see(session)
    found = seen.issues
    if issues.EMPTY in found:
        _tell(request, [issues.EMPTY])
        return redirect("orders:cart")
    preview: Preview | None = context.get("preview")
    full = {
        "session": session,
        "charges": preview.totals.charges if preview else charges_of(session),
        "step": name,
        "lines": list(session.lines.all()),
        "issues": [issue for issue in found if issue.kind != Kind.PAYING],
        "is_blocked": any(issue.blocks and issue.is_for_cart for issue in found),
        "has_expired": any(issue.kind == Kind.RESERVATION_EXPIRED for issue in found),
        "is_paying": session.status == Status.AWAITING_PAYMENT,
        "reservation_ends": seen.reservation_ends,
        "missing_for_free": rates.missing_for_free(session.subtotal),
        "country": countries.current(),
        **context,
    }
    return render(
        request, template or f"orders/checkout_{name}.html", full, status=422 if form_has_errors else 200
    )


def _first_choice(session: CheckoutSession, offers: list[Quote]) -> UUID | None:
    """Return the cheapest rate of the chosen kind: delivery, or pick-up at the store."""
    wants_pickup = session.shipping_address_id is None
    fitting = [offer for offer in offers if offer.is_pickup == wants_pickup] or offers
    return min(fitting, key=lambda offer: offer.price).key if fitting else None


def _back(request: HttpRequest, session: CheckoutSession, found: list[CheckoutIssue]) -> HttpResponse:
    _tell(request, found)
    if any(issue.is_for_cart for issue in found):
        return redirect("orders:cart")
    return redirect("orders:checkout_contact", session.token)


def _tell(request: HttpRequest, found: list[CheckoutIssue]) -> None:
    for issue in found:
        level = messages.error if issue.blocks else messages.warning
        level(request, str(issue.message))
