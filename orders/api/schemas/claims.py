"""Bodies of claims in the API, for buyers and for the staff."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from orders.api.schemas.returns import Units
from orders.models import Claim
from shop.core.api.schemas import Amount, Flag, Input, Moment, Schema, Whole, values

_REASONS = "^(" + "|".join(Claim.Reason.values) + ")$"


class ClaimableBody(Schema):
    """A line of an order of which something was sent; `left` units may be claimed, until the day `until`.

    `delivered_on` is null while nothing of it has arrived.
    """

    line: int
    sku: str
    name: str
    sent: int
    left: int
    delivered_on: date | None
    until: date | None


class ClaimUnitsInput(Input):
    """Units of a line of the order; `line` is the line's number."""

    line: Whole
    units: Units


class ClaimInput(Input):
    """What is claimed: units, what happened to them, and what the buyer would like."""

    lines: Annotated[list[ClaimUnitsInput], Field(min_length=1, max_length=100)]
    reason: Annotated[str, values(Claim.Reason), Field(pattern=_REASONS)]
    wish: Annotated[str, values(Claim.Outcome), Field(pattern="^(replace|refund)$")] = "replace"
    note: Annotated[str, Field(max_length=1000)] = ""


class ClaimLineBody(Schema):
    """A line of a claim, with what was decided about it; `amount` goes back for it."""

    line: int
    sku: str
    name: str
    units: int
    replaced: int
    refunded: int
    amount: Amount


class ClaimUnitBody(Schema):
    """A new unit; `is_sent`: it is a line of the order, to be packed or on its way."""

    line: int
    variant: UUID | None
    sku: str
    name: str
    is_sent: bool


class ClaimSummary(Schema):
    """A claim in a list."""

    id: UUID
    number: str
    order: int
    status: Annotated[str, values(Claim.Status)]
    reason: Annotated[str, values(Claim.Reason)]
    outcome: str
    asked_at: Moment


class ClaimBody(ClaimSummary):
    """A claim as its buyer sees it. `photos` are addresses; `return_ordinal`: the return by which goods come back.

    `sends_nothing`: its new units are not sent, since what was paid for the order has gone back.
    """

    ordinal: int
    wish: Annotated[str, values(Claim.Outcome)]
    note: str
    answer: str
    lines: list[ClaimLineBody]
    units: list[ClaimUnitBody]
    sends_nothing: bool
    money_back: Amount
    currency: str
    return_ordinal: int | None
    photos: list[str]
    ended_at: Moment | None
    may_cancel: bool


class StaffClaimBody(ClaimBody):
    """A claim as the staff sees it. `shipment` is the one that it is about, where there is only one."""

    origin: Annotated[str, values(Claim.Origin)]
    shipment: UUID | None
    approved_at: Moment | None
    attention_since: Moment | None
    attention_reason: str


class ReplaceInput(ClaimUnitsInput):
    """New units for a line of the claim; without a variant the same again."""

    variant: UUID | None = None


class ClaimAnswerInput(Input):
    """What the buyer gets: of the claimed units some are replaced, some paid back; or a part of the price.

    `goods_back`: the claimed units are asked back, at the shop's cost. The buyer reads `answer`.
    """

    replace: Annotated[list[ReplaceInput], Field(max_length=100)] = []
    refund: Annotated[list[ClaimUnitsInput], Field(max_length=100)] = []
    partial: Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)] | None = None
    goods_back: Flag = False
    answer: Annotated[str, Field(max_length=300)] = ""


class ClaimApproveInput(ClaimAnswerInput):
    """What was quoted; `seen` is that of the quote."""

    seen: Annotated[str, Field(max_length=64)]


class ClaimQuoteLineBody(Schema):
    """What is decided about a line of the claim; `amount` goes back for it."""

    line: int
    replaced: int
    refunded: int
    amount: Amount


class ClaimQuoteBody(Schema):
    """What an answer gives, to be approved with its `seen`.

    `is_short`: it is less money than was paid for the units, since no more is left of what was paid for the order.
    """

    lines: list[ClaimQuoteLineBody]
    units: list[ClaimUnitBody]
    money_back: Amount
    currency: str
    goods_back: bool
    is_short: bool
    seen: str


class ClaimDenyInput(Input):
    """Why not; the buyer reads it."""

    answer: Annotated[str, Field(min_length=1, max_length=300)]


class ClaimReopenInput(Input):
    """Why the approval is taken back."""

    reason: Annotated[str, Field(max_length=300)] = ""
