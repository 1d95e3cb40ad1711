"""What the endpoints of orders take and answer. Amounts are in `currency`, major units."""

from typing import Annotated

from pydantic import Field

from orders.api.schemas.installments import PlanSummary
from orders.api.schemas.purchases import AddressBody, ChargeBody, ContactBody, PurchaseLineBody
from orders.models import MoneyState, Order
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
    """A line of an order. `left`: units that are still to be sent; `refunded` of them money was given back."""

    number: int
    refunded: int
    left: int


class MomentBody(Schema):
    """An entry of the order's timeline: done, now, or ahead."""

    title: str
    words: str
    pace: Annotated[str, values(Pace)]
    at: Moment | None


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
    plan: PlanSummary | None
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
