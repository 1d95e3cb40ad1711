"""Checkout issues: what keeps a purchase from being paid, in sentences for the shopper."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from inventory.reservations.source_limits import ReservationRefused
from orders.cart import source_limit_messages
from orders.cart.view import CartLineView, ReservationState
from shop.core.money import display


class Kind(StrEnum):
    """Kinds of findings; the API shows them as they are."""

    EMPTY = "empty"
    CART_CHANGED = "cart_changed"
    PRICE_CHANGED = "price_changed"
    RESERVATION_EXPIRED = "reservation_expired"
    SHORT = "short"
    SOLD_OUT = "sold_out"
    NOT_SELLABLE = "not_sellable"
    LIMIT = "limit"
    CONTACT_MISSING = "contact_missing"
    SHIPPING_MISSING = "shipping_missing"
    SHIPPING_CHANGED = "shipping_changed"
    TERMS_MISSING = "terms_missing"
    EXPIRED = "expired"
    CLOSED = "closed"
    PAYING = "paying"
    SOURCE_LIMIT = "source_limit"
    FREE = "free"
    CASH_VOUCHER_ONLY = "cash_voucher_only"


# What the shopper repairs on the cart page; the rest is repaired within checkout.
_IN_THE_CART = frozenset(
    {Kind.EMPTY, Kind.SHORT, Kind.SOLD_OUT, Kind.NOT_SELLABLE, Kind.LIMIT, Kind.SOURCE_LIMIT}
)


@dataclass(frozen=True, slots=True)
class CheckoutIssue:
    """One thing to show before paying. `blocks`: paying must wait until the shopper has repaired it.

    Of too few units `name` is what there is too little of, and `available` how many there are.
    """

    kind: Kind
    message: str | Promise
    variant_id: UUID | None = None
    blocks: bool = True
    name: str = ""
    available: int = 0

    @property
    def is_for_cart(self) -> bool:
        return self.kind in _IN_THE_CART


class NotReady(Exception):
    """The purchase cannot be paid as it stands; `findings` say why. Trying again helps once they are repaired."""

    def __init__(self, issues: Sequence[CheckoutIssue]) -> None:
        super().__init__("; ".join(str(issue.kind) for issue in issues))
        self.issues = list(issues)


EMPTY = CheckoutIssue(Kind.EMPTY, _("Your cart is empty."))
EXPIRED = CheckoutIssue(
    Kind.EXPIRED, _("This checkout has expired. Start it again: what you had typed is kept.")
)
CLOSED = CheckoutIssue(Kind.CLOSED, _("This purchase is already closed."))
CONTACT_MISSING = CheckoutIssue(Kind.CONTACT_MISSING, _("Tell us first who you are and where it goes."))
SHIPPING_MISSING = CheckoutIssue(Kind.SHIPPING_MISSING, _("Choose how you want to receive it."))
SHIPPING_CHANGED = CheckoutIssue(
    Kind.SHIPPING_CHANGED,
    _("The shipping you had chosen is no longer offered for this purchase. Choose another."),
)
TERMS_MISSING = CheckoutIssue(Kind.TERMS_MISSING, _("Accept the terms and conditions to go on."))
PAYING = CheckoutIssue(
    Kind.PAYING, _("A payment of this purchase is under way. Finish it, or cancel it to change anything.")
)
CASH_VOUCHER_ONLY = CheckoutIssue(
    Kind.CASH_VOUCHER_ONLY,
    _("This way is paid by slip only, and slips are not offered for this purchase: choose another."),
)
FREE = CheckoutIssue(Kind.FREE, _("Your purchase costs nothing: confirm it, there is nothing to pay."))
CART_CHANGED = CheckoutIssue(
    Kind.CART_CHANGED,
    _("Your cart changed meanwhile: the summary is up to date again. Look at it before paying."),
)


def title(line: CartLineView) -> str:
    """Return a line's name as the order will keep it: product and variant."""
    return variant_title(line.product.name, line.variant.name)


def variant_title(product: str, variant: str) -> str:
    """Return what a variant is called: its product's name, and its own where it has one."""
    return f"{product} · {variant}" if variant else str(product)


def price_changed(name: str, old: object, new: object, variant_id: UUID) -> CheckoutIssue:
    """Return the issue of a changed price, with both prices in words."""
    words = _("The price of %(name)s changed from %(old)s to %(new)s.") % {
        "name": name,
        "old": display(str(old)),
        "new": display(str(new)),
    }
    return CheckoutIssue(Kind.PRICE_CHANGED, words, variant_id)


def shipping_price_changed(old: object, new: object) -> CheckoutIssue:
    """Return the issue of a chosen shipping whose price changed."""
    words = _("Shipping changed from %(old)s to %(new)s.") % {
        "old": display(str(old)),
        "new": display(str(new)),
    }
    return CheckoutIssue(Kind.SHIPPING_CHANGED, words)


def short(name: str, available: int, variant_id: UUID) -> CheckoutIssue:
    """Return the issue of fewer units than wanted, or none."""
    if available <= 0:
        sold_out = _("%(name)s is sold out.") % {"name": name}
        return CheckoutIssue(Kind.SOLD_OUT, sold_out, variant_id, name=name)
    words = ngettext("Only %(count)d left of %(name)s.", "Only %(count)d left of %(name)s.", available)
    return CheckoutIssue(
        Kind.SHORT, words % {"count": available, "name": name}, variant_id, name=name, available=available
    )


def customer_limit(name: str, limit: int, bought: int, variant_id: UUID) -> CheckoutIssue:
    """Return the issue of a drop limit that this customer has reached with an earlier purchase."""
    words = _(
        "At most %(limit)d of %(name)s per person in this drop, and you have bought or are paying for %(bought)d."
    )
    return CheckoutIssue(Kind.LIMIT, words % {"limit": limit, "name": name, "bought": bought}, variant_id)


def reserved_by_source(name: str, error: ReservationRefused) -> CheckoutIssue:
    """Return the issue of a source limit that is reached, and what helps."""
    words = _("%(name)s: %(reason)s") % {"name": name, "reason": source_limit_messages.explain(error)}
    return CheckoutIssue(Kind.SOURCE_LIMIT, words, error.variant_id)


def of_line(line: CartLineView) -> CheckoutIssue | None:
    """Return the issue of a cart line, or None."""
    name = title(line)
    if line.state in {ReservationState.SOLD_OUT, ReservationState.SHORT}:
        return short(name, line.obtainable, line.variant.pk)
    if line.state == ReservationState.NOT_SELLABLE:
        return CheckoutIssue(
            Kind.NOT_SELLABLE, _("%(name)s is not on sale now.") % {"name": name}, line.variant.pk
        )
    if line.quantity > line.limit:
        most = _("At most %(limit)d of %(name)s per purchase.")
        return CheckoutIssue(Kind.LIMIT, most % {"limit": line.limit, "name": name}, line.variant.pk)
    if line.needs_reservation:
        words = _("The hold on %(name)s is over: we hold it again when you go on, if nobody was faster.")
        return CheckoutIssue(Kind.RESERVATION_EXPIRED, words % {"name": name}, line.variant.pk, blocks=False)
    return None
