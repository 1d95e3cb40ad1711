"""What the endpoints of the cart take and answer. Amounts are in `currency`, major units."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from orders.api.schemas.purchases import ChargeBody
from orders.cart.view import ReservationState
from shop.core.api.schemas import Amount, Input, Moment, Picture, Schema, Whole, values


class ItemInput(Input):
    """Units of a variant to be put into the cart."""

    variant: UUID
    quantity: Annotated[Whole, Field(ge=1, le=99)] = 1


class QuantityInput(Input):
    """How many units a line shall have; 0 takes it out."""

    quantity: Annotated[Whole, Field(ge=0, le=99)]


class CartItemBody(Schema):
    """A line of the cart. `obtainable`: units that this cart could have now. `opens_at`: when its drop opens.

    `former_price`: what it cost when it was put into the cart, where that has changed.
    """

    variant: UUID
    sku: str
    product: str
    name: str
    option: str
    image: Picture
    quantity: int
    unit_price: Amount
    former_price: Amount | None
    total: Amount
    state: Annotated[str, values(ReservationState)]
    reserved: int
    obtainable: int
    limit: int
    expires_at: Moment | None
    opens_at: Moment | None


class CartBody(Schema):
    """The visitor's cart. `token`: to be sent as `Cart-Token`; null for an account, and before a guest put anything in.

    `expires_at`: when the first of its reservations ends, by the shop's clock, which is at `now`. `being_paid`: the
    token of the checkout that is being paid; until that ends, or a new cart is taken, the cart does not change.
    """

    token: str | None
    items: list[CartItemBody]
    units: int
    currency: str
    subtotal: Amount
    charges: list[ChargeBody]
    total: Amount
    missing_for_free_shipping: Amount
    can_check_out: bool
    being_paid: str | None
    now: Moment
    expires_at: Moment | None
