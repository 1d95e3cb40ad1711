"""Refusals of the cart and the checkout as problems: their kinds, and what each domain exception becomes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _

from inventory.reservations.source_limits import ReservationRefused
from orders.cart import carts
from orders.cart.messages import REFUSALS, explain
from orders.checkout.issues import CheckoutIssue, NotReady
from orders.checkout.sessions import BranchNotOffered, RateNotOffered
from orders.models import Cart, CartLine
from shop.core.api.problems import INVALID, NOT_FOUND, FieldProblem, Problem, ProblemKind

INSUFFICIENT_STOCK: Final = ProblemKind(
    409, "insufficient_stock", "There are not as many units as were asked for."
)
NOT_SELLABLE: Final = ProblemKind(
    409, "not_sellable", "It is not on sale now: its drop is not open, or it was taken off."
)
LIMIT_REACHED: Final = ProblemKind(
    409, "limit_reached", "One purchase, cart or customer may not have more of these."
)
SOURCE_LIMIT: Final = ProblemKind(
    409,
    "source_limit",
    "One cart, person or connection keeps as many units unpaid as it may: paying or waiting helps.",
)
CART_CHANGED: Final = ProblemKind(
    409, "cart_changed", "The cart was changed by another request: read it again."
)
BEING_PAID: Final = ProblemKind(
    409, "being_paid", "The purchase is being paid: finish or cancel the payment first."
)
NOT_READY: Final = ProblemKind(
    409, "not_ready", "The purchase cannot go on as it stands; errors name what is missing."
)
ENDED: Final = ProblemKind(410, "checkout_ended", "The checkout has ended: start a new one from the cart.")
RATE_NOT_OFFERED: Final = ProblemKind(
    409, "rate_not_offered", "This shipping is not offered for this purchase."
)
OUTDATED: Final = ProblemKind(
    409, "quote_outdated", "The purchase or the day has changed: read the quotes again."
)
NOT_ACCEPTED: Final = ProblemKind(409, "not_accepted", "The contract was not accepted.")
PLAN_REFUSED: Final = ProblemKind(
    409, "plan_refused", "This customer may not begin a plan now; detail says why."
)
CANNOT_CANCEL: Final = ProblemKind(
    409, "cannot_cancel", "Nothing of the order can be cancelled (any more); detail says why."
)
PREVIEW_OUTDATED: Final = ProblemKind(
    409,
    "preview_outdated",
    "The order has changed since its preview: look at it again, errors have the preview as it is now.",
)
NOTHING_TO_PAY: Final = ProblemKind(409, "nothing_to_pay", "None of these is open.")
CANNOT_BE_SENT: Final = ProblemKind(
    409, "cannot_be_sent", "It may not leave, or not in this state; detail says why."
)
CANNOT_MOVE: Final = ProblemKind(409, "cannot_move", "This due date cannot be moved to that day.")

# The first that fits: a source's limit is a case of what cannot be sold now.
_KINDS: Final = {
    ReservationRefused: SOURCE_LIMIT,
    carts.InsufficientStock: INSUFFICIENT_STOCK,
    carts.NotSellable: NOT_SELLABLE,
    carts.LimitReached: LIMIT_REACHED,
    carts.TooManyLines: LIMIT_REACHED,
    carts.CartGone: CART_CHANGED,
    carts.PaymentUnderWay: BEING_PAID,
    carts.UnknownVariant: NOT_FOUND,
    carts.InvalidQuantity: INVALID,
}


@contextmanager
def of_cart(cart: Cart | None, variant_id: UUID) -> Iterator[None]:
    """Turn a refusal of the cart's verbs into a problem with the words of the pages."""
    try:
        yield
    except REFUSALS as error:
        lines = CartLine.objects.filter(cart=cart, variant_id=variant_id) if cart else CartLine.objects.none()
        in_cart = lines.values_list("quantity", flat=True).first() or 0
        kind = next(kind for raised, kind in _KINDS.items() if isinstance(error, raised))
        raise kind(explain(error, in_cart=in_cart)) from error


@contextmanager
def of_checkout() -> Iterator[None]:
    """Turn a refusal of the checkout's verbs into a problem that names each issue."""
    try:
        yield
    except NotReady as error:
        raise not_ready(error.issues) from error
    except (RateNotOffered, BranchNotOffered) as error:
        raise RATE_NOT_OFFERED(
            _("That shipping is no longer offered. Choose another."),
            errors=[FieldProblem("#/rate", str(error))],
        ) from error


def not_ready(issues: list[CheckoutIssue]) -> Problem:
    """Return the problem of a purchase that cannot go on; `errors` has one entry for each issue, by its kind."""
    errors = [FieldProblem(str(issue.kind), str(issue.message)) for issue in issues]
    return NOT_READY(" ".join(error.detail for error in errors), errors=errors)


def of_form(form: forms.BaseForm, found: list[tuple[str, str, str]], prefix: str = "id_") -> Problem:
    """Return the problem of a form that is not valid: `found` is its `error_list`, each with the id of its field."""
    errors = [
        FieldProblem(f"#/{name.removeprefix(prefix).replace('-', '/')}", words)
        for name, _label, words in found
    ]
    return INVALID(_("Some values cannot be taken."), errors=errors)
