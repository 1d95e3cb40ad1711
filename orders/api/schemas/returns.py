"""Bodies of returns in the API, for buyers and for the staff."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from orders.models import Inspection, Payer, Return, ReturnLine
from orders.returns.states import State
from shop.core.api.schemas import Amount, Flag, Input, Moment, Schema, Whole, values

Units = Annotated[Whole, Field(ge=1, le=9999)]


class ReturnReasonBody(Schema):
    """A reason that a buyer may choose."""

    code: str
    label: str
    needs_area: bool


class UnitsBackInput(Input):
    """Units of a line of the order that come back; `line` is the line's number."""

    line: Whole
    units: Units
    reason: Annotated[str, Field(max_length=40)]
    area: Annotated[str, Field(max_length=12)] = ""
    note: Annotated[str, Field(max_length=500)] = ""


class ReturnLineInput(UnitsBackInput):
    """Units of a line of the order that come back; `line` is the line's number."""

    wish: Annotated[str, values(ReturnLine.Wish), Field(max_length=8)] = "money"


class ReturnQuoteInput(Input):
    """What would come back."""

    lines: Annotated[list[ReturnLineInput], Field(min_length=1, max_length=100)]


class ReturnInput(ReturnQuoteInput):
    """A request for a return; `seen` is that of the quote which the buyer was shown."""

    seen: Annotated[str, Field(max_length=64)]
    note: Annotated[str, Field(max_length=1000)] = ""


class ReturnQuoteLineBody(Schema):
    """What units of a line bring, and by which right; of those that may not come back `refusal` says why."""

    line: int
    units: int
    basis: Annotated[str, values(ReturnLine.Basis)]
    until: date | None
    amount: Amount
    fee: Amount
    refusal: str | None


class ReturnQuoteBody(Schema):
    """What a return brings, and who pays the way back."""

    lines: list[ReturnQuoteLineBody]
    freight: Amount
    fee: Amount
    total: Amount
    payer: Annotated[str, values(Payer)]
    label_fee: Amount
    send_within_days: int
    seen: str


class ReturnLineBody(Schema):
    """A line of a return."""

    line: int
    sku: str
    name: str
    units: int
    reason: str | None
    area: str
    note: str
    wish: Annotated[str, values(ReturnLine.Wish)]
    received: int
    inspected: int
    decided: int


class ReturnSummary(Schema):
    """A return in a list. `state` is what clients go by; `status` is its own, finer one.

    `is_exchanged`: it was closed by sending other units; its `state` is then `received`.
    """

    id: UUID
    number: str
    order: int
    state: Annotated[str, values(State)]
    status: Annotated[str, values(Return.Status)]
    is_exchanged: bool
    asked_at: Moment


class ReturnBody(ReturnSummary):
    """A return as its buyer sees it."""

    lines: list[ReturnLineBody]
    payer: Annotated[str, values(Payer)]
    way: Annotated[str, values(Return.Way)]
    instructions: str
    drop_off_code: str
    carrier: str
    tracking_number: str
    send_by: Moment | None
    sent_at: Moment | None
    ended_at: Moment | None
    end_reason: str
    refunded: Amount
    may_cancel: bool


class ReturnDecisionBody(Schema):
    """What was decided: `total` goes back, `withheld` was kept; `paid` says whether it is being paid."""

    id: UUID
    total: Amount
    freight: Amount
    withheld: Amount
    reason: str
    is_paid: bool


class ReturnInspectionBody(Schema):
    """Units as they were found, and what became of them."""

    id: UUID
    line: int
    units: int
    condition: Annotated[str, values(Inspection.Condition)]
    disposition: Annotated[str, values(Inspection.Disposition)]
    note: str


class StaffReturnBody(ReturnBody):
    """A return as the staff sees it."""

    created_by: str
    origin: Annotated[str, values(Return.Origin)]
    is_gift: bool
    parcels: int
    inspections: list[ReturnInspectionBody]
    decisions: list[ReturnDecisionBody]


class ReturnApproveInput(Input):
    """How it comes back, and at whose cost; empty: as the buyer was shown."""

    payer: Annotated[str, Field(pattern="^(shop|buyer|)$")] = ""
    way: Annotated[str, values(Return.Way), Field(pattern="^(own|label|drop_off)$")] = "own"
    instructions: Annotated[str, Field(max_length=1000)] = ""
    drop_off_code: Annotated[str, Field(max_length=60)] = ""
    tracking_number: Annotated[str, Field(max_length=100)] = ""


class ReturnRejectInput(Input):
    """Why; the buyer reads it."""

    reason: Annotated[str, Field(min_length=1, max_length=300)]


class ReturnCountedInput(Input):
    """Counted units of a line of the order."""

    line: Whole
    units: Units


class ReturnReceiveInput(Input):
    """What was counted in a parcel; `parcel` is 1 for the first of the return."""

    parcel: Annotated[Whole, Field(ge=1, le=999)]
    lines: Annotated[list[ReturnCountedInput], Field(max_length=100)] = []
    wrong_items: Annotated[str, Field(max_length=300)] = ""
    wrong_units: Annotated[Whole, Field(ge=0, le=999)] = 0
    note: Annotated[str, Field(max_length=300)] = ""


class ReturnFoundInput(Input):
    """Units of a line as they were found."""

    line: Whole
    units: Units
    condition: Annotated[str, values(Inspection.Condition), Field(pattern="^(new|damaged|used)$")]
    disposition: Annotated[
        str, values(Inspection.Disposition), Field(pattern="^(restock|quarantine|write_off|send_back)$")
    ]
    reason: Annotated[str, Field(max_length=40)] = ""
    note: Annotated[str, Field(max_length=300)] = ""


class ReturnInspectInput(Input):
    """How received units were found."""

    lines: Annotated[list[ReturnFoundInput], Field(min_length=1, max_length=100)]


class ReturnDecideInput(Input):
    """For which units money goes back. Without lines: for all that nobody has decided about."""

    lines: Annotated[list[ReturnCountedInput], Field(max_length=100)] = []
    gives_nothing: Flag = False
    waives_fee: Flag = False
    gives_freight: Flag = False
    keeps_goods: Flag = False
    reason: Annotated[str, Field(max_length=300)] = ""
