"""What the endpoints of checkouts take and answer. Amounts are in `currency`, major units."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from orders.api.schemas.purchases import (
    AddressBody,
    AddressInput,
    ChargeBody,
    ContactBody,
    IssueBody,
    OrderReference,
    PurchaseLineBody,
)
from orders.models import CheckoutSession
from shop.core.api.schemas import Amount, Flag, Input, Moment, Schema, values

Name = Annotated[str, Field(min_length=1, max_length=80)]


class ContactInput(Input):
    """Who buys and where it goes. `delivery` null: fetched at the store; `billing` null: the same address.

    `tax_condition`: a code of the country's (`GET /api/v1/country`); empty: a final consumer.
    """

    email: Annotated[str, Field(max_length=254)]
    first_name: Name
    last_name: Name
    phone: Annotated[str, Field(min_length=1, max_length=30)]
    document_type: Annotated[str, Field(min_length=1, max_length=10)]
    document_number: Annotated[str, Field(min_length=1, max_length=30)]
    tax_condition: Annotated[str, Field(max_length=10)] = ""
    delivery: AddressInput | None
    billing: AddressInput | None = None
    save_address: Flag = False


class ShippingInput(Input):
    """The chosen way, and that the shop's terms and conditions are accepted. `branch`: of those that the way lists."""

    rate: UUID
    accepts_terms: Flag
    branch: Annotated[str, Field(max_length=60)] | None = None


class CarrierBranchBody(Schema):
    """A carrier's branch where parcels are fetched."""

    code: str
    name: str
    address: str
    city: str
    hours: str


class ShippingRateBody(Schema):
    """A way to receive the purchase, and what it costs. `list_price`: what it costs below the sum for free shipping.

    `is_estimated`: its carrier gave no answer, and another price stands in for it. `branches`: where it can be
    fetched; one of them is to be named where there are any. Days are business days, null where the carrier does
    not say.
    """

    id: UUID
    name: str
    is_pickup: bool
    is_estimated: bool
    days_min: int | None
    days_max: int | None
    branches: list[CarrierBranchBody]
    price: Amount
    list_price: Amount
    total: Amount


class CheckoutBody(Schema):
    """A purchase in progress. `next`: the step that is missing (contact, shipping, payment), null when it has ended.

    `issues`: what changed and what blocks it. `shipping_address` null: fetched at the store, or not chosen yet.
    """

    token: str
    status: Annotated[str, values(CheckoutSession.Status)]
    next: str | None
    currency: str
    lines: list[PurchaseLineBody]
    subtotal: Amount
    charges: list[ChargeBody]
    total: Amount
    contact: ContactBody | None
    shipping_address: AddressBody | None
    billing_address: AddressBody | None
    shipping_rate: UUID | None
    shipping_branch: str | None
    accepted_terms: bool
    issues: list[IssueBody]
    expires_at: Moment
    reserved_until: Moment | None
    order: OrderReference | None
