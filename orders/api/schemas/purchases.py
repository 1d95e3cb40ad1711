"""Parts of several answers. Amounts are in `currency`, major units."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from orders.checkout.issues import Kind as IssueKind
from shop.core.api.schemas import Amount, Input, Picture, Schema, values


class IssueBody(Schema):
    """Something that was found at a purchase. `blocks`: it must be repaired before paying."""

    kind: Annotated[str, values(IssueKind)]
    message: str
    variant: UUID | None
    blocks: bool


class ChargeBody(Schema):
    """One row between subtotal and total: shipping, a discount, a tax, interest."""

    kind: str
    label: str
    amount: Amount


class AddressInput(Input):
    """A postal address within the shop's country. `recipient`: the buyer where it is empty."""

    recipient: Annotated[str, Field(max_length=160)] = ""
    street: Annotated[str, Field(min_length=1, max_length=200)]
    apartment: Annotated[str, Field(max_length=60)] = ""
    city: Annotated[str, Field(min_length=1, max_length=100)]
    state: Annotated[str, Field(min_length=1, max_length=100)]
    postal_code: Annotated[str, Field(max_length=20)] = ""


class AddressBody(Schema):
    """A postal address as it was given."""

    recipient: str
    street: str
    apartment: str
    city: str
    state: str
    postal_code: str
    country: str
    phone: str


class OrderReference(Schema):
    """An order, and the secret that opens it to a guest; "" to whoever paid a bill, whose token opens no more."""

    number: int
    secret: str


class PurchaseLineBody(Schema):
    """A line of a purchase, with name and price as they are paid. `variant` null: it was deleted since."""

    variant: UUID | None
    sku: str
    name: str
    quantity: int
    unit_price: Amount
    total: Amount
    image: Picture


class ContactBody(Schema):
    """Who buys."""

    email: str
    first_name: str
    last_name: str
    phone: str
    document_type: str
    document_number: str
