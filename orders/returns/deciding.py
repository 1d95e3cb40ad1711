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
    Claim,
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
from orders.returns.units import awaits_exchange, settled_by_claims, stay_after_claims
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
    """What units of a line bring: `amount` goes back, `withheld` of what was paid for them is kept.

    `settled` of them were paid back or replaced by a claim: nothing goes back for these once more.
    """

    line: ReturnLine
    units: int
    amount: Decimal
    withheld: Decimal
    settled: int = 0

    @property
    def paid_units(self) -> int:
        return self.units - self.settled


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
        shown = [
            (str(one.line.pk), one.units, str(one.amount), str(one.withheld), one.settled)
            for one in self.lines
        ]
        return digest_of(shown, str(self.freight))


class NothingToDecide(Exception):
    """No unit was chosen, or more of a line than were announced or received and are not decided about yet."""


class InExchange(Exception):
    """Units are exchanged: something else is to be sent for them. No money goes back while the exchange is open."""


class LessIsLeft(Exception):
    """Of the order fewer units, or less money, may still go back: some went back otherwise. Look again.

    Where it is about the units of one line: `left` of `sku` may. For the others nothing can be given, which is decided
    with a reason (`Choice.gives_nothing`).
    """

    def __init__(self, words: str = "", *, sku: str = "", left: int = 0) -> None:
        super().__init__(words or f"{left} of {sku}")
        self.sku = sku
        self.left = left


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
        LessIsLeft: fewer units of a line may go back, and no claim that was resolved settled the others.
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
    settled = settled_by_claims(rma.order_id)
    lines = [
        _line_quote(rma, row, number, left, settled.get(row.order_line_id, 0), waives_fee=choice.waives_fee)
        for row, number in chosen
    ]
    if not choice.waives_fee:
        lines = _less_label_fee(rma, lines)
    by_law = _is_whole_by_law(rma, chosen, left)
    freight = left.shipping if by_law or choice.gives_freight else ZERO
    *amounts, freight = within([*(one.amount for one in lines), freight], money_left(rma.order))
    lines = [replace(one, amount=amount) for one, amount in zip(lines, amounts, strict=True)]
    return Quote(lines, freight, by_law)


def _line_quote(
    rma: Return, row: ReturnLine, units: int, left: OrderLeft, settled: int, *, waives_fee: bool
) -> LineQuote:
    """Return what units of a line bring, of which claims `settled` so many: what is beyond what is left is of those."""
    of_line = next(one for one in left.lines if one.line.pk == row.order_line_id)
    beyond = max(units - of_line.left, 0)
    if beyond > settled:
        raise LessIsLeft(sku=row.order_line.sku, left=of_line.left)
    owed = of_line.owed(units - beyond)
    rate = Decimal(0) if waives_fee else row.fee_rate
    kept = fees.share_kept(owed, before=of_line.back_amount, rate=rate, currency=rma.order.currency)
    return LineQuote(row, units, owed - kept, kept, beyond)


def _less_label_fee(rma: Return, lines: list[LineQuote]) -> list[LineQuote]:
    """Take the fee for a label of the shop off voluntary lines, once for each return, where the buyer pays the way."""
    fee = Decimal(rma.terms.get("label_fee") or 0)
    is_due = rma.way == Return.Way.LABEL and rma.payer == Payer.BUYER and fee > 0
    if not is_due or rma.decisions.filter(withdrawn_at=None, withheld__gt=0).exists():
        return lines
    taken = fees.spread(fee, [one.amount if one.line.basis == Basis.VOLUNTARY else ZERO for one in lines])
    return [
        replace(one, amount=one.amount - part, withheld=one.withheld + part)
        for one, part in zip(lines, taken, strict=True)
    ]


def _is_whole_by_law(rma: Return, chosen: Sequence[tuple[ReturnLine, int]], left: OrderLeft) -> bool:
    """Say whether with these units nothing of the order stays, and all of it came back by a right with freight."""
    units = {row.order_line_id: number for row, number in chosen}
    if any(one.left > units.get(one.line.pk, 0) for one in left.lines):
        return False
    if stay_after_claims(rma.order_id, units) or awaits_exchange(rma.order_id):
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
        made = _settle(fresh, choice, now, key=key, actor=actor)
        if made is None or now.total or any(one.paid_units for one in now.lines):
            made = _made(fresh, choice, now, key=key, actor=actor)
        closing.close_if_done(fresh, actor=actor)
    copy(fresh, rma)
    return made


def _made(rma: Return, choice: Choice, now: Quote, *, key: str, actor: str) -> ReturnDecision:
    """Write for a locked return what goes back, or that nothing does. Raises: ReasonMissing, NothingToDecide."""
    if not now.total and not choice.reason.strip():
        raise ReasonMissing
    made = ReturnDecision.objects.create(
        rma=rma,
        total=now.total,
        freight=now.freight,
        withheld=now.withheld,
        reason=choice.reason.strip()[:300],
        decided_by=actor[:150],
        keeps_goods=choice.keeps_goods,
        dedupe_key=key[:150],
    )
    _keep(made, [(one, one.paid_units) for one in now.lines])
    data = {"total": str(now.total), "currency": rma.order.currency}
    record(rma, "decided", actor=actor, reason=made.reason, data=data)
    if not now.total:
        mails.paid_back(made)
    return made


def _settle(rma: Return, choice: Choice, now: Quote, *, key: str, actor: str) -> ReturnDecision | None:
    """Write for a locked return that nothing goes back for the units that claims settled; None: there are none.

    A decision of its own, which has no reimbursement: of these units no money may go back once more.
    """
    settled = [replace(one, amount=ZERO, withheld=ZERO) for one in now.lines if one.settled]
    if not settled:
        return None
    settling = Claim.objects.filter(order=rma.order_id, status=Claim.Status.RESOLVED, rma=None)
    of_lines = settling.filter(lines__order_line__in=[one.line.order_line_id for one in settled])
    numbers = [
        f"{rma.order.number}-C{one}" for one in sorted(set(of_lines.values_list("ordinal", flat=True)))
    ]
    rest = any(one.paid_units for one in now.lines) or now.total
    made = ReturnDecision.objects.create(
        rma=rma,
        total=ZERO,
        reason=f"claim {', '.join(numbers)}"[:300],
        decided_by=actor[:150],
        keeps_goods=choice.keeps_goods,
        dedupe_key=f"settled:{key}"[:150] if rest else key[:150],
    )
    _keep(made, [(one, one.settled) for one in settled])
    record(
        rma, "decided", actor=actor, reason=made.reason, data={"total": "0", "currency": rma.order.currency}
    )
    return made


def _keep(decision: ReturnDecision, lines: Sequence[tuple[LineQuote, int]]) -> None:
    """Write the lines of a decision: each is about so many units."""
    try:
        with transaction.atomic():
            for one, units in lines:
                if units:
                    ReturnDecisionLine.objects.create(
                        decision=decision,
                        line=one.line,
                        quantity=units,
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
