"""Bodies of exchanges in the API, for buyers and for the staff."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from orders.api.schemas.returns import ReturnQuoteLineBody, Units, UnitsBackInput
from orders.models import Exchange, ExchangeCharge, Payer, ReturnLine
from shop.core.api.schemas import Amount, Flag, Input, Moment, Schema, Whole, values


class InsteadInput(Input):
    """Units of a variant that are sent instead."""

    variant: UUID
    units: Units = 1


class ExchangeLineInput(UnitsBackInput):
    """Units of a line of the order that come back, and what is sent instead; nothing: their money is wished."""

    instead: Annotated[list[InsteadInput], Field(max_length=50)] = []

    @property
    def wish(self) -> str:
        return ReturnLine.Wish.EXCHANGE if self.instead else ReturnLine.Wish.MONEY


class ExchangeQuoteInput(Input):
    """What would be exchanged."""

    lines: Annotated[list[ExchangeLineInput], Field(min_length=1, max_length=100)]


class ExchangeInput(ExchangeQuoteInput):
    """A request for an exchange; `seen` is that of the quote which the buyer was shown."""

    seen: Annotated[str, Field(max_length=64)]
    note: Annotated[str, Field(max_length=1000)] = ""


class OfferedVariantBody(Schema):
    """Another size or colour that is in stock."""

    variant: UUID
    sku: str
    name: str


class ExchangeOfferBody(Schema):
    """What may be sent instead of a line at no cost; another product is quoted by its variant."""

    line: int
    left: int
    variants: list[OfferedVariantBody]


class ExchangedUnitQuoteBody(Schema):
    """One unit instead of one of a line: `credit` was paid for the old one, `price` is asked for the new one.

    `fee` is kept of what goes back because the new one costs less.
    """

    line: int
    variant: UUID
    sku: str
    name: str
    credit: Amount
    price: Amount
    fee: Amount


class ReturnExchangeQuoteBody(Schema):
    """What the units of an exchange cost (`to_pay`) or bring (`to_get`)."""

    units: list[ExchangedUnitQuoteBody]
    settlement: Amount
    to_pay: Amount
    to_get: Amount
    currency: str
    seen: str


class ExchangeQuoteBody(ReturnExchangeQuoteBody):
    """What an exchange costs (`to_pay`) or brings (`to_get`), and `money_back` for what is not exchanged.

    `lines` and `payer` are those of its return; a line with a `refusal` may not come back, and nothing is sent for it.
    """

    lines: list[ReturnQuoteLineBody]
    money_back: Amount
    payer: Annotated[str, values(Payer)]
    label_fee: Amount


class ExchangedUnitBody(Schema):
    """One unit instead of one of a line. `is_sent`: it is a line of the order; `is_dropped`: it is not sent."""

    id: UUID
    line: int
    variant: UUID | None
    sku: str
    name: str
    credit: Amount
    price: Amount
    fee: Amount
    is_sent: bool
    is_dropped: bool


class ExchangeChargeBody(Schema):
    """What the buyer pays for an exchange; `token` is paid like a checkout's (`/api/v1/payables`)."""

    token: str
    status: Annotated[str, values(ExchangeCharge.Status)]
    amount: Amount
    expires_at: Moment


class ExchangeSummary(Schema):
    """An exchange in a list. `settlement`: above zero the buyer pays it before, below zero they get it."""

    id: UUID
    number: str
    order: int
    return_number: str
    status: Annotated[str, values(Exchange.Status)]
    settlement: Amount
    currency: str
    asked_at: Moment


class ExchangeBody(ExchangeSummary):
    """An exchange as its buyer sees it. `back`: what went or goes back to them with it."""

    ordinal: int
    return_ordinal: int
    units: list[ExchangedUnitBody]
    charge: ExchangeChargeBody | None
    back: Amount
    reserved_until: Moment
    released_at: Moment | None
    ended_at: Moment | None
    end: Annotated[str, values(Exchange.End)] | None
    end_reason: str
    may_cancel: bool


class StaffExchangeBody(ExchangeBody):
    """An exchange as the staff sees it."""

    return_id: UUID
    attention_since: Moment | None
    attention_reason: str


class ExchangeReleaseInput(Input):
    """What is sent: all, or some of its `units`; in advance only with a reason, where the shop does so."""

    units: Annotated[list[UUID], Field(max_length=50)] = []
    is_advance: Flag = False
    reason: Annotated[str, Field(max_length=300)] = ""


class ExchangeCancelInput(Input):
    """Why; the buyer reads it."""

    reason: Annotated[str, Field(max_length=300)] = ""


class ReturnExchangeLineInput(Input):
    """What is sent instead of units of a line of a return that is open already."""

    line: Whole
    variant: UUID
    units: Units = 1


class ReturnExchangeQuoteInput(Input):
    """What would be exchanged of a return."""

    lines: Annotated[list[ReturnExchangeLineInput], Field(min_length=1, max_length=50)]


class ReturnExchangeInput(ReturnExchangeQuoteInput):
    """An exchange of units of a return; `seen` is that of its quote."""

    seen: Annotated[str, Field(max_length=64)]
