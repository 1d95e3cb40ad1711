"""The checkout's steps. A stale form, a second tab or an old link gets a message and a redirect to the right step.

A session's token opens it; the session of an account opens to that account only (404).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial, wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from orders.cart import carts
from orders.checkout import (
    adjustments,
    cash_vouchers,
    frozen_lines,
    issues,
    looking,
    sessions,
    steps,
    way_prices,
)
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
from shop.accounts.models import Address
from shop.core import countries
from shop.core.database.kept_queries import Rows, Several
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


# What a step does with its form: the answer, or what its view shows again.
Sent = Callable[[HttpRequest, CheckoutSession], object]


@never_cache
def start(request: HttpRequest) -> HttpResponse:
    """Freeze the cart into a session and redirect to its first unfinished step."""
    cart = carts.find(request)
    if request.method != "POST" or cart is None:
        return redirect("orders:cart")
    user = request.user if request.user.is_authenticated else None
    try:
        begun = sessions.begin(
            cart=cart,
            user=user,
            language=get_language() or settings.LANGUAGE_CODE,
            actor=carts.actor_of(request),
        )
    except NotReady as error:
        _tell(request, error.issues)
        return redirect("orders:cart")
    session, changed = begun.session, [one for one in begun.cart.lines if one.former_price is not None]
    for line in changed:
        words = issues.price_changed(issues.title(line), line.former_price, line.unit_price, line.variant.pk)
        messages.warning(request, str(words.message))
    if session.status == Status.AWAITING_PAYMENT:
        return redirect("orders:checkout_payment", session.token)
    return redirect("orders:checkout_contact", session.token)


def step(
    view: Callable[..., HttpResponse],
    *,
    sent: Sent | None = None,
    asked_before: Callable[..., None] | None = None,
    shown_with: Callable[[str], Several] | None = None,
) -> Callable[..., HttpResponse]:
    """Open the session of the address for a step, or answer instead: 404, sign in, ended, being paid, completed.

    `sent`: what does with the form that is sent what it asks for, under the session's lock and in its transaction; it
    returns where to go on, or what the view shows again, which is made without the lock. `asked_before`: what asks
    carriers before, for no network call is made in a transaction. `shown_with`: what its screen asks of a token's
    checkout besides, in the same round trip (`Seen.also`).
    """

    @never_cache
    @wraps(view)
    def open_session(request: HttpRequest, token: str) -> HttpResponse:
        if request.method != "POST" or sent is None:
            is_shown = request.method == "GET"
            also = shown_with(token) if shown_with is not None and is_shown else ()
            session = _existing(looking.find(token, is_shown=is_shown, also=also))
            return _refusal(request, session, view) or view(request, session)
        if asked_before is not None and settings.SHIPPING_CARRIERS:
            session = _existing(looking.find(token))
            if refusal := _refusal(request, session, view):
                return refusal
            asked_before(session)
        with transaction.atomic():
            session = _existing(looking.lock(token))
            answer = _refusal(request, session, view) or sent(request, session)
        return answer if isinstance(answer, HttpResponse) else view(request, session, answer)

    return open_session


def _existing(session: CheckoutSession | None) -> CheckoutSession:
    if session is None:
        raise Http404
    return session


def _refusal(
    request: HttpRequest, session: CheckoutSession, view: Callable[..., HttpResponse]
) -> HttpResponse | None:
    """Return the answer instead of a step's, or None. Raises: Http404."""
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
    return None


def _contact_form(request: HttpRequest, session: CheckoutSession) -> tuple[ContactForm, list[Address]]:
    """Return the first step's form, with what was sent, and the addresses of the account."""
    user = request.user if request.user.is_authenticated else None
    options: dict[str, Any] = {"has_pickup": rates.has_pickup(session), "is_member": user is not None}
    profile, addresses = account_contact(user) if user else (None, [])
    chosen = next((row for row in addresses if str(row.pk) == request.POST.get("use_address")), None)
    if chosen is not None:
        return ContactForm(initial=typed_contact(request.POST, chosen), **options), addresses
    if request.method == "POST":
        return ContactForm(request.POST, **options), addresses
    address = addresses[0] if addresses else None
    initial = initial_contact(session, profile, address, user.email if user else "")
    return ContactForm(initial=initial, **options), addresses


def _take_contact(
    request: HttpRequest, session: CheckoutSession
) -> HttpResponse | tuple[ContactForm, list[Address]]:
    form, addresses = _contact_form(request, session)
    if not (form.is_bound and form.is_valid()):
        return form, addresses
    steps.write_contact(session, form.contact())
    return redirect("orders:checkout_shipping", session.token)


@partial(step, sent=_take_contact)
def contact(
    request: HttpRequest, session: CheckoutSession, filled: tuple[ContactForm, list[Address]] | None = None
) -> HttpResponse:
    """First step: who buys and where it goes."""
    form, addresses = filled or _contact_form(request, session)
    context = {
        "form": form,
        "addresses": addresses,
        "has_pickup": rates.has_pickup(session),
        "errors": form.error_list() if form.is_bound else [],
    }
    return render_step(request, session, "contact", context, form_has_errors=form.is_bound)


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways on offer, the branches that are known of each by its key, and the form that was sent, if any."""

    offers: list[Quote]
    branches: Mapping[str, Sequence[Choice]]
    form: ShippingForm | None = None

    @classmethod
    def of(cls, session: CheckoutSession, offers: list[Quote]) -> "Ways":
        """Return those of a session with these ways on offer; no carrier is asked."""
        return cls(offers, {str(one.key): branches.known(one, session.shipping_address) for one in offers})


def _ask_carriers(session: CheckoutSession) -> None:
    rates.refresh_for(session)
    offers = rates.quotes_for(session, frozen_lines.read(session))
    branches.refresh_for(offers, session.shipping_address)


def _take_shipping(request: HttpRequest, session: CheckoutSession) -> HttpResponse | Ways:
    if not session.email:
        return redirect("orders:checkout_contact", session.token)
    ways = Ways.of(session, rates.quotes_for(session, frozen_lines.read(session)))
    form = ShippingForm(request.POST, offers=ways.offers, branches=ways.branches)
    if not form.is_valid():
        return replace(ways, form=form)
    chosen = form.cleaned_data
    try:
        steps.write_shipping(session, ways.offers, chosen["rate"], chosen["branch"])
    except (sessions.RateNotOffered, sessions.BranchNotOffered):
        return _back(request, session, [issues.SHIPPING_CHANGED])
    return redirect("orders:checkout_payment", session.token)


@partial(step, sent=_take_shipping, asked_before=_ask_carriers)
def shipping_step(request: HttpRequest, session: CheckoutSession, sent: Ways | None = None) -> HttpResponse:
    """Second step: the shipping, and the terms."""
    if not session.email:
        return redirect("orders:checkout_contact", session.token)
    if sent is not None and sent.form is not None:
        seen = Seen([], looking.reservation_ends(session))
        return _show_shipping(request, session, sent.form, sent, seen)
    seen = looking.see(session)
    offers = rates.quotes_for(session, frozen_lines.read(session)) if seen.offers is None else seen.offers
    branches.refresh_for(offers, session.shipping_address)
    ways = Ways.of(session, offers)
    rate = rates.chosen_key(session) or _first_choice(session, ways.offers)
    initial = {"rate": rate, "terms": session.accepted_terms_at is not None}
    return _show_shipping(request, session, ShippingForm(offers=ways.offers, initial=initial), ways, seen)


def _show_shipping(
    request: HttpRequest,
    session: CheckoutSession,
    form: ShippingForm,
    ways: Ways,
    seen: Seen,
) -> HttpResponse:
    """Show the ways on offer, each with what the purchase then costs and its branches."""
    offers, known = ways.offers, ways.branches
    chosen = form["rate"].value()
    lines = frozen_lines.read(session)
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


def _ways_to_pay(token: str) -> Several:
    return (*quotes.asked(token), *cash_vouchers.asked(token))


@partial(step, shown_with=_ways_to_pay)
def payment(request: HttpRequest, session: CheckoutSession) -> HttpResponse:
    """Third step: check everything once more and choose how to pay.

    The choices come from the payments app, by a tag of the template (`gateway_choices`); the form goes there too.
    """
    if not session.email:
        return redirect("orders:checkout_contact", session.token)
    seen = looking.see(session)
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
        "charges": preview.totals.charges if preview else charges_of(session, adjustments.read(session)),
        "step": name,
        "lines": frozen_lines.read(session),
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
