"""What the endpoints of instalments take and answer. Amounts are in `currency`, major units."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from orders.models import InstallmentBill, InstallmentPlan
from shop.core.api.schemas import Amount, Flag, Input, Moment, Schema, Whole, values

Rate = Annotated[str, Field(description="A fraction a year as text, such as 0.3225.")]


class TermsBody(Schema):
    """What instalments cost: amounts and due days in order, the total, and the rates that the law asks to show.

    `rate_text` is the legal rate as it must be printed, in the language asked for; `tna` and `tea` are a year's
    nominal and effective rate.
    """

    count: int
    amounts: list[Amount]
    due_dates: list[date]
    cash_price: Amount
    total: Amount
    interest: Amount
    currency: str
    rate_name: str
    rate_text: str
    rate: Rate
    tna: Rate
    tea: Rate
    is_interest_free: bool


class QuoteBody(Schema):
    """Instalments that a checkout may be bought in, as they were shown. `refusal`: why this customer may not, or ""."""

    id: UUID
    terms: TermsBody
    valid_until: Moment
    refusal: str


class ContractBody(Schema):
    """What is accepted: the terms, and the contract as text whose paragraphs are divided by empty lines."""

    id: UUID
    terms: TermsBody
    pay_first_by: Moment
    refusal: str
    text: str


class AcceptInput(Input):
    """The quote to buy by, and that its contract is accepted."""

    quote: UUID
    accepts: Flag


class PlanSummary(Schema):
    """How far a plan is. `next_due`: the first day on which something is due, null when nothing is."""

    order: int
    status: Annotated[str, values(InstallmentPlan.Status)]
    count: int
    settled: int
    open: Amount
    next_due: date | None
    currency: str


class InstallmentBody(Schema):
    """An instalment. `open` is what is owed of it, `now` what paying it today costs, `waived` what that spares.

    `movable_until`: the last day to which its due date may be moved, null where it may not.
    """

    id: int
    number: int
    amount: Amount
    due_date: date
    paid: Amount
    late: Amount
    open: Amount
    now: Amount
    waived: Amount
    is_overdue: bool
    settled_at: Moment | None
    movable_until: date | None


class StaffPlanBody(Schema):
    """A plan with its instalments. `payoff`: what paying all that is open costs today."""

    order: int
    status: Annotated[str, values(InstallmentPlan.Status)]
    terms: TermsBody
    installments: list[InstallmentBody]
    open: Amount
    payoff: Amount
    pay_first_by: Moment
    accepted_at: Moment
    contract: str


class PlanBody(StaffPlanBody):
    """A plan as its buyer sees it, with the order's secret: it opens the order to whoever has it."""

    secret: str


class BillInput(Input):
    """The instalments to be paid now, by their number; none: all that are open."""

    numbers: Annotated[list[Annotated[Whole, Field(ge=1, le=100)]], Field(max_length=100)] = []


class BillBody(Schema):
    """What is asked for now; `token` is what is paid (see payables)."""

    token: str
    status: Annotated[str, values(InstallmentBill.Status)]
    amount: Amount
    currency: str
    numbers: list[int]
    expires_at: Moment


class MoveInput(Input):
    """The new due day of an instalment."""

    day: date
