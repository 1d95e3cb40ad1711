"""Deciding what goes back for units of a return, and paying it back: two acts, before or after the parcel has come.

What is decided is what was shown: below the locks it is computed once more and compared. Nothing is shared out again:
what goes back for a unit is what was paid for it (`orders.reimbursements.left`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from orders.models import (
    Payer,
    Reimbursement,
    ReimbursementLine,
    Return,
    ReturnDecision,
    ReturnDecisionLine,
    ReturnLine,
)
from orders.reimbursements import owing
from orders.reimbursements.left import OrderLeft, closes_otherwise, left_of
from orders.reimbursements.money import money_left, within
from orders.returns import closing, fees, mails, terms
from orders.returns.rows import copy, locked, locked_approved
from orders.returns.units import lines as counted_lines
from orders.shown import digest_of
from shop.core import countries
from shop.core.money import ZERO
from shop.core.states import record

Basis: Final = ReturnLine.Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What somebody decides: for how many `units` of which lines of the return (by their keys) money goes back.

    `gives_nothing`: none does, for the `reason` that the buyer reads. `waives_fee`: no fee is kept. `gives_freight`:
    the outbound shipping goes back although the law does not ask for it. `keeps_goods`: the buyer need not send them.
    """

    units: Mapping[UUID, int] = field(default_factory=dict)
    gives_nothing: bool = False
    waives_fee: bool = False
    gives_freight: bool = False
    keeps_goods: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LineQuote:
    """What units of a line bring: `amount` goes back, `withheld` of what was paid for them is kept."""

    line: ReturnLine
    units: int
    amount: Decimal
    withheld: Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """What a decision gives, in the order's currency."""

    lines: Sequence[LineQuote]
    freight: Decimal
    is_freight_by_law: bool

    @property
    def withheld(self) -> Decimal:
        return sum((one.withheld for one in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        return sum((one.amount for one in self.lines), self.freight)

    @property
    def seen(self) -> str:
        """Return a digest of all that is shown."""
        shown = [(str(one.line.pk), one.units, str(one.amount), str(one.withheld)) for one in self.lines]
        return digest_of(shown, str(self.freight))


class NothingToDecide(Exception):
    """No unit was chosen, or more of a line than were announced or received and are not decided about yet."""


class InExchange(Exception):
    """Units are exchanged: something else is to be sent for them. No money goes back while the exchange is open."""


class LessIsLeft(Exception):
    """Of the order fewer units, or less money, may still go back: some went back otherwise. Look again."""


class DecisionChanged(Exception):
    """What would go back is not what was shown any more. Nothing was done: look again."""


class ReasonMissing(Exception):
    """Nothing is given, or goods are kept, without saying why."""


def open_units(rma: Return) -> dict[UUID, int]:
    """Return how many units of each line of a return nobody has decided about yet; of what came, or is to come.

    When parcels have arrived it is what came; before, what was announced. Without the units of open exchanges.
    """
    rows = list(counted_lines().filter(rma=rma))
    has_come = any(row.received for row in rows)
    return {
        row.pk: max((row.received if has_come else row.quantity) - row.decided - row.exchanging, 0)
        for row in rows
    }


def quote(rma: Return, choice: Choice, left: OrderLeft | None = None) -> Quote:
    """Return what a choice gives at this moment; no lock. Never more than is left of what was paid for the order.

    Raises:
        NothingToDecide, InExchange: see there.
        LessIsLeft: fewer units of a line may go back.
    """
    rows = {row.pk: row for row in counted_lines().filter(rma=rma).select_related("order_line")}
    units = {key: number for key, number in choice.units.items() if number}
    if not units or set(units) - set(rows) or any(number < 0 for number in units.values()):
        raise NothingToDecide
    for key, number in units.items():
        undecided = max(rows[key].quantity, rows[key].received) - rows[key].decided
        if number > undecided:
            raise NothingToDecide
        if number > undecided - rows[key].exchanging:
            raise InExchange(rows[key].order_line.sku)
    chosen = [(rows[key], units[key]) for key in sorted(units, key=str)]
    if choice.gives_nothing:
        return Quote([LineQuote(row, number, ZERO, ZERO) for row, number in chosen], ZERO, False)
    left = left or left_of(rma.order)
    lines = [_line_quote(rma, row, number, left, waives_fee=choice.waives_fee) for row, number in chosen]
    if not choice.waives_fee:
        lines = _less_label_fee(rma, lines)
    by_law = _is_whole_by_law(rma, chosen, left)
    freight = left.shipping if by_law or choice.gives_freight else ZERO
    *amounts, freight = within([*(one.amount for one in lines), freight], money_left(rma.order))
    lines = [replace(one, amount=amount) for one, amount in zip(lines, amounts, strict=True)]
    return Quote(lines, freight, by_law)


def _line_quote(rma: Return, row: ReturnLine, units: int, left: OrderLeft, *, waives_fee: bool) -> LineQuote:
    of_line = next(one for one in left.lines if one.line.pk == row.order_line_id)
    if units > of_line.left:
        raise LessIsLeft(f"{of_line.left} of {row.order_line.sku}")
    owed = of_line.owed(units)
    rate = Decimal(0) if waives_fee else row.fee_rate
    kept = fees.share_kept(owed, before=of_line.back_amount, rate=rate, currency=rma.order.currency)
    return LineQuote(row, units, owed - kept, kept)


def _less_label_fee(rma: Return, lines: list[LineQuote]) -> list[LineQuote]:
    """Take the fee for a label of the shop off voluntary lines, once for each return, where the buyer pays the way."""
    fee = Decimal(rma.terms.get("label_fee") or 0)
    is_due = rma.way == Return.Way.LABEL and rma.payer == Payer.BUYER and fee > 0
    if not is_due or rma.decisions.filter(withdrawn_at=None, withheld__gt=0).exists():
        return lines
    taken = fees.spread(fee, [one.amount if one.line.basis == Basis.VOLUNTARY else ZERO for one in lines])
    return [
        LineQuote(one.line, one.units, one.amount - part, one.withheld + part)
        for one, part in zip(lines, taken, strict=True)
    ]


def _is_whole_by_law(rma: Return, chosen: Sequence[tuple[ReturnLine, int]], left: OrderLeft) -> bool:
    """Say whether with these units nothing of the order stays, and all of it came back by a right with freight."""
    units = {row.order_line_id: number for row, number in chosen}
    if any(one.left > units.get(one.line.pk, 0) for one in left.lines):
        return False
    country = countries.current()
    earlier = ReturnLine.objects.filter(
        rma__order=rma.order_id, decision_lines__decision__withdrawn_at=None, decision_lines__amount__gt=0
    ).values_list("basis", flat=True)
    return all(
        terms.brings_freight_back(basis, country) for basis in [*(row.basis for row, _n in chosen), *earlier]
    )


def decide(
    rma: Return, choice: Choice, *, key: str, actor: str, expected: str | None = None
) -> ReturnDecision:
    """Write what goes back for units of a return; nothing is paid yet. The same `key` again returns the one there is.

    `expected` is the `seen` of what was shown. A decision to give nothing ends there, and is told to the buyer.
    Locks the order, then the return.

    Raises:
        NotOpen: it is not approved, or has ended.
        NothingToDecide, InExchange, LessIsLeft, DecisionChanged, ReasonMissing: see there.
    """
    with transaction.atomic():
        fresh = locked_approved(rma)
        if there := ReturnDecision.objects.filter(dedupe_key=key[:150]).first():
            return there
        if (choice.gives_nothing or choice.keeps_goods) and not choice.reason.strip():
            raise ReasonMissing
        now = quote(fresh, choice)
        if expected is not None and expected != now.seen:
            raise DecisionChanged(now.seen)
        if not now.total and not choice.reason.strip():
            raise ReasonMissing
        made = ReturnDecision.objects.create(
            rma=fresh,
            total=now.total,
            freight=now.freight,
            withheld=now.withheld,
            reason=choice.reason.strip()[:300],
            decided_by=actor[:150],
            keeps_goods=choice.keeps_goods,
            dedupe_key=key[:150],
        )
        _keep(made, now)
        data = {"total": str(now.total), "currency": fresh.order.currency}
        record(fresh, "decided", actor=actor, reason=made.reason, data=data)
        if not now.total:
            mails.paid_back(made)
        closing.close_if_done(fresh, actor=actor)
    copy(fresh, rma)
    return made


def _keep(decision: ReturnDecision, now: Quote) -> None:
    try:
        with transaction.atomic():
            for one in now.lines:
                ReturnDecisionLine.objects.create(
                    decision=decision,
                    line=one.line,
                    quantity=one.units,
                    amount=one.amount,
                    withheld=one.withheld,
                )
    except IntegrityError as error:
        if "percha: " not in str(error):
            raise
        raise NothingToDecide(str(error)) from error


def take_back(decision: ReturnDecision, *, actor: str, reason: str = "") -> bool:
    """Take a decision back that has not been paid; False: it was taken back before, or is being paid."""
    with transaction.atomic():
        rma = locked_approved(decision.rma)
        rows = ReturnDecision.objects.filter(pk=decision.pk, withdrawn_at=None, reimbursement=None)
        if not rows.update(withdrawn_at=timezone.now(), updated_at=timezone.now()):
            return False
        record(rma, "decision taken back", actor=actor, reason=reason, data={"total": str(decision.total)})
    decision.refresh_from_db()
    return True


def pay_back(decision: ReturnDecision, *, actor: str) -> Reimbursement:
    """Owe the buyer what was decided; it is paid after commit. Again: returns the reimbursement there is.

    Of an order in instalments the open ones fall first, and only the rest is money. Locks the order, then the return.

    Raises:
        LessIsLeft: some of it went back otherwise since. Take the decision back and decide again.
        NothingToDecide: it was taken back, or gives nothing.
    """
    with transaction.atomic():
        rma = locked(decision.rma)
        row = ReturnDecision.objects.select_for_update(of=("self",)).get(pk=decision.pk)
        if row.reimbursement is not None:
            return row.reimbursement
        if row.withdrawn_at or not row.total:
            raise NothingToDecide
        lines = _owed_lines(row)
        other = closes_otherwise(left_of(rma.order), lines)
        # With all that is left of the order's money a line may close for less than was paid for it.
        if other and row.total != money_left(rma.order):
            raise LessIsLeft(", ".join(map(str, other)))
        try:
            owed = owing.owe(
                rma.order,
                lines,
                reason=f"return {rma.number}",
                dedupe_key=f"return-decision:{row.pk}",
                actor=actor,
                origin=Reimbursement.Origin.STAFF,
            )
        except owing.MoreThanPaid as error:
            raise LessIsLeft(str(error)) from error
        row.reimbursement = owed
        row.save(update_fields=["reimbursement", "updated_at"])
        row.rma = rma
        record(rma, "paid back", actor=actor, data={"total": str(row.total), "currency": rma.order.currency})
        mails.paid_back(row)
        closing.close_if_done(rma, actor=actor)
    decision.refresh_from_db()
    return owed


def _owed_lines(decision: ReturnDecision) -> list[ReimbursementLine]:
    lines = [
        ReimbursementLine(
            kind=ReimbursementLine.Kind.LINE,
            order_line=one.line.order_line,
            quantity=one.quantity,
            amount=one.amount,
            withheld=one.withheld,
        )
        for one in decision.lines.select_related("line__order_line")
    ]
    if decision.freight:
        lines.append(ReimbursementLine(kind=ReimbursementLine.Kind.SHIPPING, amount=decision.freight))
    return lines
