"""Exceptions of the cart: what prevents a change, and whether trying again helps."""

from uuid import UUID

from orders.cart.view import MAX_QUANTITY


class CartError(Exception):
    """The cart did not change. Trying the same again does not help."""


class InvalidQuantity(CartError):
    """Not a whole number from 1 to `limit`."""

    def __init__(self, limit: int = MAX_QUANTITY) -> None:
        super().__init__(f"a quantity lies between 1 and {limit}")
        self.limit = limit


class LimitReached(CartError):
    """One purchase may have `limit` units of this variant."""

    def __init__(self, variant_id: UUID, limit: int) -> None:
        super().__init__(f"at most {limit} of {variant_id}")
        self.variant_id = variant_id
        self.limit = limit


class TooManyLines(CartError):
    """A cart has at most `limit` lines (`CART_MAX_LINES`; payment providers take no more)."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"at most {limit} lines")
        self.limit = limit


class UnknownVariant(CartError):
    """No such variant, or no such line in this cart."""


class CartGone(CartError):
    """The cart was emptied or merged by another request; take it again."""


class PaymentUnderWay(CartError):
    """This cart is being paid: `checkout_token` leads to the payment, `set_aside` to a new cart."""

    def __init__(self, checkout_token: str) -> None:
        super().__init__("this cart is being paid")
        self.checkout_token = checkout_token
