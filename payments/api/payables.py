"""`/api/v1/payables`: what can be paid, a checkout or a bill of instalments, by its token; and the payments begun."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status
from pydantic import Field

from orders import payables
from orders.api.problems import not_ready
from orders.api.schemas.purchases import ChargeBody, OrderReference
from orders.checkout.issues import NotReady
from orders.models import Order, Payable
from payments import gateways
from payments.checkout import attempts, choices, presses
from payments.checkout.refusals import PaymentRefused, PaymentUnavailable
from payments.checkout.status import Kind, describe, refusal
from payments.gateways.base import NotAsked
from payments.models import PaymentAttempt
from shop.accounts.api.auth import visitor
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key
from shop.core.api.problems import BUSY, NOT_FOUND, ProblemKind
from shop.core.api.schemas import Amount, Input, Moment, Schema, values
from shop.core.protection.bulkhead import slot

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from shop.accounts.models import User

UNKNOWN_WAY: Final = ProblemKind(409, "unknown_way", "The shop does not offer this way to pay.")
NO_APP_FLOW: Final = ProblemKind(
    409, "no_app_flow", "This way is paid on its own page only: ask for flow page."
)
PAYMENT_REFUSED: Final = ProblemKind(
    409, "payment_refused", "The provider refuses this payment; detail says why."
)
PRICE_CHANGED: Final = ProblemKind(
    409, "price_changed", "The price has changed meanwhile: look at it before paying."
)
# Whoever is told to wait for a provider asks again after this many seconds.
_AGAIN: Final = "5"
_ACTOR: Final = "shopper"

router = Router(tags=["payments"], auth=visitor)


class PaymentFlow(StrEnum):
    """How a payment is made: on the provider's page, or confirmed by the app with the provider's own library."""

    PAGE = "page"
    APP = "app"


class WayBody(Schema):
    """A way to pay. `price` is what it costs by this way; `why_not`: why it cannot take this, or "". `has_app_flow`."""

    code: str
    label: str
    price: Amount
    saving: Amount
    charges: list[ChargeBody]
    why_not: str
    has_app_flow: bool


class PayableLineBody(Schema):
    """A line of what is paid. Amounts in the currency of the whole."""

    sku: str
    name: str
    quantity: int
    unit_price: Amount
    total: Amount


class PayableBody(Schema):
    """What is to be paid now, and the ways to pay it."""

    token: str
    state: Annotated[str, values(payables.State)]
    currency: str
    lines: list[PayableLineBody]
    shipping_name: str
    shipping: Amount
    charges: list[ChargeBody]
    total: Amount
    ways: list[WayBody]
    order: OrderReference | None


class PaymentInput(Input):
    """The chosen way to pay, and how. `way` is "free" for a purchase that costs nothing."""

    way: Annotated[str, Field(min_length=1, max_length=30)]
    flow: PaymentFlow = PaymentFlow.PAGE


class PaymentBody(Schema):
    """A payment that was begun. `redirect_url` is the page to open, `client_secret` what the app confirms it with.

    `order` is there once it is paid; `until`: how long it can be paid.
    """

    id: str
    status: Annotated[str, values(Kind)]
    way: str
    redirect_url: str
    client_secret: str
    amount: Amount
    currency: str
    until: Moment | None
    can_retry: bool
    order: OrderReference | None


@router.get("/{token}", response={200: PayableBody, **refusals(404)})
def read_payable(request: HttpRequest, token: str) -> object:
    """Show what is to be paid, and what it costs by each way."""
    payable = _payable(request, token)
    kind = payables.kind_of(payable)
    bill = kind.bill(payable)
    return {
        "token": bill.token,
        "state": bill.state,
        "currency": bill.currency,
        "lines": bill.lines,
        "shipping_name": bill.shipping_name,
        "shipping": bill.shipping,
        "charges": bill.charges,
        "total": bill.total,
        "ways": [_way(choice) for choice in choices.of(kind.priced(payable))] if bill.is_live else [],
        "order": _reference(payable, kind.order(payable), request.user),
    }


@router.post("/{token}/payments", response={201: PaymentBody, **refusals(404, 409)})
@once_per_key(in_transaction=False)
def start_payment(request: HttpRequest, token: str, wanted: PaymentInput) -> object:
    """Begin to pay, or go on with the payment that was begun: one at a time, so that nobody pays twice."""
    payable = _payable(request, token)
    bill = payables.kind_of(payable).bill(payable)
    if not bill.total and bill.lines:
        return Status(201, _free(payable, bill.currency))
    if wanted.way not in settings.PAYMENT_GATEWAYS:
        raise UNKNOWN_WAY(_("Choose how you want to pay."))
    with _provider(payable):
        if wanted.flow == PaymentFlow.PAGE:
            attempt, secret = presses.begun(payable, wanted.way, actor=_ACTOR), ""
        else:
            with slot(wanted.way):
                attempt, secret = attempts.start_intent(payable=payable, gateway=wanted.way, actor=_ACTOR)
    return Status(201, _body(attempt, request.user, client_secret=secret))


@router.delete("/{token}/payments", response={200: PayableBody, **refusals(404, 409)})
def cancel_payment(request: HttpRequest, token: str) -> object:
    """End the payment under way, so that the purchase can be changed; one that turns out to be paid stays paid."""
    payable = _payable(request, token)
    with _provider(payable):
        attempts.cancel(payable=payable, actor=_ACTOR)
    return read_payable(request, token)


payment_router = Router(tags=["payments"], auth=visitor)


@payment_router.get("/{payment}", response={200: PaymentBody, **refusals(404)})
def read_payment(request: HttpRequest, payment: str) -> object:
    """Show what became of a payment, from the shop's own rows: ask every few seconds until `order` is there."""
    attempt = PaymentAttempt.objects.select_related("payable__purchase").filter(token=payment).first()
    if attempt is None or not payables.kind_of(attempt.payable).visible_to(attempt.payable, request.user):
        raise NOT_FOUND(_("There is no such payment."))
    return _body(attempt, request.user)


@contextmanager
def _provider(payable: Payable) -> Iterator[None]:
    """Turn what keeps a provider from taking a payment into problems; the purchase and its units are kept."""
    try:
        yield
    except NotReady as error:
        raise not_ready(error.issues) from error
    except attempts.NoIntents as error:
        raise NO_APP_FLOW(_("This way is paid on its provider's page.")) from error
    except PaymentRefused as error:
        raise PAYMENT_REFUSED(refusal(payable, error.gateway, error.reason).about) from error
    except NotAsked as error:
        raise BUSY(
            _("Many are paying at this moment. Try again."), headers={"Retry-After": _AGAIN}
        ) from error
    except PaymentUnavailable as error:
        words = _(
            "%(provider)s does not answer at the moment. Nothing was charged: try again, or pay another way."
        )
        raise BUSY(
            words % {"provider": gateways.get(error.gateway).label}, headers={"Retry-After": _AGAIN}
        ) from error


def _free(payable: Payable, currency: str) -> dict[str, Any]:
    """Place a purchase that costs nothing, and show it as paid."""
    try:
        order = payables.kind_of(payable).confirm_free(payable, actor=_ACTOR)
    except NotReady as error:
        raise not_ready(error.issues) from error
    except payables.NotFree as error:
        raise PRICE_CHANGED(
            _("The price changed meanwhile: look at your purchase before you pay it.")
        ) from error
    return {
        "id": "",
        "status": Kind.PAID,
        "way": "free",
        "redirect_url": "",
        "client_secret": "",
        "amount": order.total,
        "currency": currency,
        "until": None,
        "can_retry": False,
        "order": order,
    }


def _payable(request: HttpRequest, token: str) -> Payable:
    payable = payables.by_token(token, request.user)
    if payable is None:
        raise NOT_FOUND(_("There is nothing to pay here."))
    return payable


def _way(choice: choices.Choice) -> dict[str, Any]:
    gateway = gateways.get(choice.code)
    return {
        "code": choice.code,
        "label": choice.label,
        "price": choice.price,
        "saving": choice.saving,
        "charges": choice.charges,
        "why_not": choice.why_not,
        "has_app_flow": hasattr(gateway, "create_intent"),
    }


def _reference(payable: Payable, order: Order | None, user: "User | AnonymousUser") -> dict[str, Any] | None:
    """Return the paid order; its secret only where the payable's token opens it, or to the account that bought it."""
    if order is None:
        return None
    is_open = payables.kind_of(payable).opens_order or order.user_id == user.pk
    return {"number": order.number, "secret": order.secret if is_open else ""}


def _body(
    attempt: PaymentAttempt, user: "User | AnonymousUser", *, client_secret: str = ""
) -> dict[str, Any]:
    status = describe(attempt)
    order: Order | None = status.order
    is_open = attempt.status in PaymentAttempt.LIVE and order is None
    return {
        "id": attempt.token,
        "status": status.kind,
        "way": attempt.gateway,
        "redirect_url": attempt.redirect_url if is_open else "",
        "client_secret": client_secret,
        "amount": attempt.amount,
        "currency": attempt.currency,
        "until": status.until if is_open else None,
        "can_retry": status.can_retry,
        "order": _reference(attempt.payable, order, user),
    }
