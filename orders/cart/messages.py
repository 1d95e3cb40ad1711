"""Sentences for the cart's refusals: what happened, how things are now, what the shopper can do."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.reservations import OverLimit, ReservationRefused
from orders.cart import source_limit_messages
from orders.cart.carts import (
    CartGone,
    InsufficientStock,
    InvalidQuantity,
    LimitReached,
    NotSellable,
    PaymentUnderWay,
    TooManyLines,
    UnknownVariant,
)

REFUSALS = (
    CartGone,
    InsufficientStock,
    InvalidQuantity,
    LimitReached,
    NotSellable,
    PaymentUnderWay,
    TooManyLines,
    UnknownVariant,
)


def explain(error: Exception, *, in_cart: int = 0) -> str:
    """Return a refusal in the active language. `in_cart`: units of the same variant that the cart has already."""
    if isinstance(error, InsufficientStock):
        return _shortage(error.lines[0].available, in_cart)
    if isinstance(error, NotSellable):
        return _not_sellable(error)
    if isinstance(error, LimitReached):
        return ngettext(
            "At most %(limit)d unit of this per purchase. Your cart did not change.",
            "At most %(limit)d units of this per purchase. Your cart did not change.",
            error.limit,
        ) % {"limit": error.limit}
    if isinstance(error, TooManyLines):
        return _("Your cart is full: it takes %(limit)d different products.") % {"limit": error.limit}
    if isinstance(error, InvalidQuantity):
        return _("Choose a quantity from 1 to %(limit)d.") % {"limit": error.limit}
    if isinstance(error, PaymentUnderWay):
        return _(
            "You are paying this cart right now, so it cannot change. Finish the payment, or take a new cart."
        )
    if isinstance(error, CartGone):
        return _("Your cart changed in another window. Try again.")
    return _("That product is not in the shop any more.")


def _shortage(available: int, in_cart: int) -> str:
    if available <= 0:
        if in_cart:
            return _("There are no more of these. What was in your cart stays as it was.")
        return _("It has just sold out. Somebody was faster.")
    if in_cart:
        words = ngettext(
            "There is only %(count)d more. What was in your cart stays as it was.",
            "There are only %(count)d more. What was in your cart stays as it was.",
            available,
        )
    else:
        words = ngettext("There is only %(count)d left.", "There are only %(count)d left.", available)
    return words % {"count": available}


def _not_sellable(error: NotSellable) -> str:
    if isinstance(error, ReservationRefused):
        return source_limit_messages.explain(error)
    if isinstance(error, OverLimit):
        return explain(LimitReached(error.variant_id, error.limit))
    if error.reason == "upcoming" and error.opens_at is not None:
        opens = localtime(error.opens_at)
        return _("This drop opens on %(day)s at %(time)s.") % {
            "day": date_format(opens, "DATE_FORMAT"),
            "time": date_format(opens, "H:i"),
        }
    if error.reason == "closed":
        return _("This drop is closed.")
    return _("This product is not on sale now.")
