"""What the endpoints of orders take and answer. Amounts are in `currency`, major units."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from orders.api.schemas.installments import PlanSummary
from orders.api.schemas.purchases import AddressBody, ChargeBody, ContactBody, PurchaseLineBody
from orders.models import Invoice, MoneyState, Order, Shipment, ShippingMethod
from orders.timeline import Pace
from shop.core.api.schemas import Amount, Input, Moment, Schema, values


class MoneyBody(Schema):
    """The money of an order: paid, on its way back or back (`refunded`), taken by a bank, and still due."""

    state: Annotated[str, values(MoneyState)]
    paid: Amount
    refunded: Amount
    charged_back: Amount
    due: Amount


class OrderLineBody(PurchaseLineBody):
    """A line of an order. `left`: units still to be sent that are in no shipment; `refunded`: money was given back."""

    number: int
    refunded: int
    left: int


class MomentBody(Schema):
    """An entry of the order's timeline: done, now, or ahead. `url`: where to see where the parcel is."""

    title: str
    words: str
    pace: Annotated[str, values(Pace)]
    at: Moment | None
    url: str


class ShipmentLineBody(Schema):
    """Units of a line of the order (its `number`) in a shipment."""

    line: int
    sku: str
    quantity: int


class ShipmentBody(Schema):
    """What of an order leaves together, and where it is. Cancelled ones are left out."""

    id: UUID
    number: str
    status: Annotated[str, values(Shipment.Status)]
    kind: Annotated[str, values(ShippingMethod.Kind)]
    method: str
    carrier: str
    tracking_number: str
    tracking_url: str
    branch: str
    lines: list[ShipmentLineBody]
    packed_at: Moment | None
    shipped_at: Moment | None
    ready_for_pickup_at: Moment | None
    delivered_at: Moment | None
    returned_at: Moment | None


class InvoiceBody(Schema):
    """A document that was issued for an order. `url` is its page and `pdf_url` its file, for whoever may see the order.

    `related_to`: the number of the invoice that a credit note credits or a debit note adds to, empty of others.
    """

    id: UUID
    kind: Annotated[str, values(Invoice.Kind)]
    number: str
    issued_on: date
    total: Amount
    currency: str
    related_to: str
    url: str
    pdf_url: str


class OrderSummary(Schema):
    """An order in a list."""

    number: int
    status: Annotated[str, values(Order.Status)]
    status_text: str
    placed_at: Moment
    currency: str
    total: Amount
    units: int
    has_plan: bool


class OrderBody(Schema):
    """An order as its buyer sees it."""

    number: int
    secret: str
    status: Annotated[str, values(Order.Status)]
    status_text: str
    placed_at: Moment
    currency: str
    lines: list[OrderLineBody]
    subtotal: Amount
    charges: list[ChargeBody]
    total: Amount
    money: MoneyBody
    contact: ContactBody
    shipping_name: str
    shipping_address: AddressBody | None
    billing_address: AddressBody | None
    shipments: list[ShipmentBody]
    plan: PlanSummary | None
    invoices: list[InvoiceBody]
    timeline: list[MomentBody]


class WithdrawalInput(Input):
    """A declaration of withdrawal: the order's number and the e-mail address it was bought with."""

    order_number: Annotated[str, Field(min_length=1, max_length=30)]
    email: Annotated[str, Field(min_length=1, max_length=254)]
    message: Annotated[str, Field(max_length=1000)] = ""


class WithdrawalBody(Schema):
    """A declaration that was received: its code, and by when the shop answers."""

    code: str
    order_number: str
    answer_by: Moment
