"""`/api/v1/checkouts`: from the cart to a purchase that can be paid. Its token opens it; an account's for that account
only.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Router, Status

from inventory import reservations
from orders.api import problems
from orders.api.bodies import line_body
from orders.api.installments import quote_body, terms_body
from orders.api.plans import body as plan_body
from orders.api.schemas.checkouts import CheckoutBody, ContactInput, ShippingInput, ShippingRateBody
from orders.api.schemas.installments import AcceptInput, ContractBody, PlanBody, QuoteBody
from orders.api.schemas.purchases import AddressInput
from orders.cart import carts
from orders.checkout import adjustments, issues, sessions, way_prices
from orders.checkout.forms import DELIVERY, PICKUP, ContactForm
from orders.checkout.issues import CheckoutIssue
from orders.installments import contract, limits, placing, quotes
from orders.installments.limits import PlanRefused
from orders.installments.quotes import QuoteOutdated
from orders.models import CheckoutSession, Order
from orders.pricing.purchases import charges_of
from orders.shipping import branches, rates
from shop.accounts.api.auth import bearer, visitor
from shop.accounts.models import User
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key
from shop.core.api.problems import NOT_FOUND, Problem
from shop.core.web import visitors

Session = CheckoutSession
router = Router(tags=["checkout"], auth=visitor)


@router.post("", response={201: CheckoutBody, **refusals(404, 409)})
@once_per_key()
def start_checkout(request: HttpRequest) -> object:
    """Freeze the visitor's cart into its one checkout, and renew its reservations; again it is the same checkout."""
    cart = carts.find(request)
    if cart is None:
        raise problems.not_ready([issues.EMPTY])
    with problems.of_checkout():
        session = sessions.start(
            cart=cart,
            user=_account(request),
            language=get_language() or settings.LANGUAGE_CODE,
            actor=carts.actor_of(request),
        )
    return Status(201, body(session, []))


@router.get("/{token}", response={200: CheckoutBody, **refusals(404)})
def read_checkout(request: HttpRequest, token: str) -> object:
    """Show a checkout, recomputed from its cart while it is open: what changed and what blocks it is in `issues`."""
    session = find(request, token)
    return body(session, sessions.revalidate(session) if not _is_over(session) else [])


@router.put("/{token}/contact", response={200: CheckoutBody, **refusals(404, 409, 410)})
def set_contact(request: HttpRequest, token: str, contact: ContactInput) -> object:
    """Say who buys and where it goes, by the rules of the shop's country."""
    session = find(request, token, is_open=True)
    pickup = rates.quotes(
        country=settings.SHOP_COUNTRY, state=None, weight_grams=0, subtotal=session.subtotal
    )
    form = ContactForm(_typed(contact), has_pickup=bool(pickup), is_member=_account(request) is not None)
    if not form.is_valid():
        raise problems.of_form(form, form.error_list())
    with problems.of_checkout():
        session = sessions.set_contact(session, contact=form.contact(), actor=carts.actor_of(request))
    return body(session, sessions.revalidate(session))


@router.get("/{token}/shipping-rates", response={200: list[ShippingRateBody], **refusals(404, 410)})
def list_shipping_rates(request: HttpRequest, token: str) -> object:
    """List the ways to receive the purchase, each with what the purchase then costs in all."""
    session = find(request, token, is_open=True)
    rates.refresh_for(session)
    lines = list(session.lines.all())
    offers = rates.quotes_for(session, lines)
    branches.refresh_for(offers, session.shipping_address)
    return [
        {
            "id": offer.key,
            "name": offer.name,
            "is_pickup": offer.is_pickup,
            "price": offer.price,
            "list_price": offer.list_price,
            "total": adjustments.reckon(session, lines, offer).total,
            "is_estimated": offer.is_estimated,
            "days_min": offer.days_min,
            "days_max": offer.days_max,
            "branches": branches.known(offer, session.shipping_address),
        }
        for offer in offers
    ]


@router.put("/{token}/shipping", response={200: CheckoutBody, **refusals(404, 409, 410)})
def set_shipping(request: HttpRequest, token: str, shipping: ShippingInput) -> object:
    """Choose how it is received and accept the terms and conditions."""
    session = find(request, token, is_open=True)
    with problems.of_checkout():
        session = sessions.set_shipping(
            session,
            rate_id=shipping.rate,
            accepts_terms=shipping.accepts_terms,
            branch_code=shipping.branch or "",
            actor=carts.actor_of(request),
        )
    return body(session, sessions.revalidate(session))


@router.post("/{token}/reservation", response={200: CheckoutBody, **refusals(404, 409, 410)})
def restore_reservations(request: HttpRequest, token: str) -> object:
    """Reserve again what has expired, as far as the units are still there."""
    session = find(request, token, is_open=True)
    with problems.of_checkout():
        sessions.reserve_again(session, carts.actor_of(request))
    return body(session, sessions.revalidate(session))


@router.get("/{token}/installments", response={200: list[QuoteBody], **refusals(404, 409, 410)}, auth=bearer)
def list_quotes(request: HttpRequest, token: str) -> object:
    """List the shop's own instalments for this purchase; what is shown holds until `valid_until`."""
    session, user = _own(request, token)
    own = limits.of_customer(user)
    cheapest = way_prices.cheapest(session)
    return [
        quote_body(quote, quotes.shown_terms(quote), cheapest, own.refusal(quote.total, quote.currency))
        for quote in quotes.for_checkout(session)
    ]


@router.get(
    "/{token}/installments/{uuid:quote_id}",
    response={200: ContractBody, **refusals(404, 409, 410)},
    auth=bearer,
)
def read_contract(request: HttpRequest, token: str, quote_id: UUID) -> object:
    """Show the contract of a quote, which is what is accepted."""
    session, user = _own(request, token)
    quote = _quote(session, quote_id)
    terms = quotes.shown_terms(quote)
    pay_first_by = placing.pay_first_by(terms, quote.grace_days)
    text = contract.text(contract.of(session, quote, terms, pay_first_by=pay_first_by), session.language)
    return {
        "id": quote.pk,
        "terms": terms_body(terms, way_prices.cheapest(session)),
        "pay_first_by": pay_first_by,
        "refusal": limits.of_customer(user).refusal(quote.total, quote.currency),
        "text": text,
    }


@router.post("/{token}/installments", response={201: PlanBody, **refusals(404, 409, 410)}, auth=bearer)
@once_per_key()
def accept_plan(request: HttpRequest, token: str, accepted: AcceptInput) -> object:
    """Buy in instalments by a quote whose contract is accepted; again it is the same plan."""
    session = find(request, token)
    user = _member(request)
    if not hasattr(session, "order"):
        session, user = _own(request, token)
    try:
        with problems.of_checkout():
            plan = placing.accept(
                session,
                user=user,
                quote_id=accepted.quote,
                accepts=accepted.accepts,
                address=visitors.address_of(request),
                actor=carts.actor_of(request),
            )
    except placing.NotAccepted as error:
        raise problems.NOT_ACCEPTED(_("Read the contract and accept it to buy in instalments.")) from error
    except QuoteOutdated as error:
        raise _outdated() from error
    except PlanRefused as error:
        raise problems.PLAN_REFUSED(error.words) from error
    return Status(201, plan_body(plan))


def find(request: HttpRequest, token: str, *, is_open: bool = False) -> Session:
    """Return the visitor's checkout.

    Raises:
        Problem: there is none for this visitor (404); with `is_open` also: it has ended (410), is being paid (409).
    """
    related = ("shipping_address", "billing_address", "shipping_rate__method", "cart")
    session = Session.objects.select_related(*related).filter(token=token).first()
    if session is None or not sessions.visible_to(session, request.user):
        raise NOT_FOUND(_("There is no such checkout."))
    if is_open and session.status == Session.Status.AWAITING_PAYMENT:
        raise problems.BEING_PAID(str(issues.PAYING.message))
    if is_open and sessions.is_over(session):
        raise problems.ENDED(str(issues.EXPIRED.message))
    return session


def _own(request: HttpRequest, token: str) -> tuple[Session, User]:
    """Return an open checkout, which becomes the account's where a guest began it, and that is filled in."""
    session, user = find(request, token, is_open=True), _member(request)
    sessions.claim(session, user)
    if missing := _missing(session):
        raise problems.not_ready([missing])
    sessions.revalidate(session)
    return session, user


def _quote(session: Session, quote_id: UUID) -> Any:
    try:
        return quotes.find(session, str(quote_id))
    except QuoteOutdated as error:
        raise _outdated() from error


def _outdated() -> Problem:
    return problems.OUTDATED(_("Your purchase or the day changed meanwhile: look at the instalments again."))


def _account(request: HttpRequest) -> User | None:
    return request.user if request.user.is_authenticated else None


def _member(request: HttpRequest) -> User:
    """Return the account of an endpoint that requires one."""
    user = _account(request)
    assert user is not None  # noqa: S101  (its endpoints take a token only)
    return user


def _is_over(session: Session) -> bool:
    return session.status == Session.Status.COMPLETED or sessions.is_over(session)


def _missing(session: Session) -> CheckoutIssue | None:
    """Return what an open checkout needs next before it can be paid."""
    if not session.email or not session.document_number:
        return issues.CONTACT_MISSING
    if not session.has_shipping:
        return issues.SHIPPING_MISSING
    return issues.TERMS_MISSING if session.accepted_terms_at is None else None


def _typed(contact: ContactInput) -> dict[str, object]:
    """Return a contact as the checkout's form has it: one validation for pages and API."""
    data: dict[str, object] = contact.dict(exclude={"delivery", "billing", "save_address"})
    data["receive"] = DELIVERY if contact.delivery else PICKUP
    if contact.billing:
        data["other_billing"] = "on"
    if contact.save_address:
        data["save_address"] = "on"
    for prefix, address in (("delivery", contact.delivery), ("billing", contact.billing)):
        data |= _prefixed(prefix, address)
    return data


def _prefixed(prefix: str, address: AddressInput | None) -> Mapping[str, object]:
    return {f"{prefix}-{name}": value for name, value in address.dict().items()} if address else {}


def body(session: Session, found: list[CheckoutIssue]) -> dict[str, Any]:
    """Return a checkout as the API shows it."""
    order = Order.objects.filter(checkout=session).first() if session.status == "completed" else None
    own = reservations.find_active(cart_id=session.cart_id).values() if session.cart_id else ()
    return {
        "token": session.token,
        "status": session.status,
        "next": _next(session),
        "currency": session.currency,
        "lines": [line_body(line) for line in session.lines.all()],
        "subtotal": session.subtotal,
        "charges": charges_of(session),
        "total": session.total,
        "contact": session if session.email else None,
        "shipping_address": session.shipping_address,
        "billing_address": session.billing_address,
        "shipping_rate": rates.chosen_key(session),
        "shipping_branch": session.branch_code or None,
        "accepted_terms": session.accepted_terms_at is not None,
        "issues": [
            {
                "kind": issue.kind,
                "message": str(issue.message),
                "variant": issue.variant_id,
                "blocks": issue.blocks,
            }
            for issue in found
        ],
        "expires_at": session.expires_at,
        "reserved_until": min((one.expires_at for one in own), default=None),
        "order": order,
    }


def _next(session: Session) -> str | None:
    if session.status == Session.Status.AWAITING_PAYMENT:
        return "payment"
    if _is_over(session):
        return None
    missing = _missing(session)
    if missing is None:
        return "payment"
    return "contact" if missing == issues.CONTACT_MISSING else "shipping"
