"""Approving a claim: what the buyer gets is decided, shown before it is, and the new units are reserved.

New units first: they are worth what the claimed ones were. No fee is ever kept. Money is what was paid for the units,
or a part of it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import Variant
from inventory.reservations import replacements as reservations
from orders.claims.rows import NotOpen, copy, locked
from orders.exchanges import replacing
from orders.exchanges.quoting import Choice, NothingLeft, UnitQuote, units_of
from orders.models import Claim, ClaimLine, Replacement, Return, ReturnReason
from orders.reimbursements.left import OrderLeft, left_of
from orders.reimbursements.money import leaves_nothing, money_left, within
from orders.returns import answering, asking
from orders.returns.asking import Wanted
from orders.shown import digest_of
from shop.core.allocation import spread
from shop.core.money import ZERO
from shop.core.states import move

Status: Final = Claim.Status
Outcome: Final = Claim.Outcome
_KEEP: Final = timedelta(days=14)
# Of these the buyer has something that may be asked back.
COMES_BACK: Final = (Claim.Reason.DAMAGED, Claim.Reason.WRONG, Claim.Reason.DEFECTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody decides about a claim: of each line (by its key) how many units are replaced, and paid back.

    `variants`: another variant than the one that was sold, by the key of the claim's line. `partial`: a part of the
    price goes back, and the buyer keeps everything. `goods_back`: the shop wants the claimed units back, at its cost.
    """

    replace: Mapping[UUID, int] = field(default_factory=dict)
    refund: Mapping[UUID, int] = field(default_factory=dict)
    variants: Mapping[UUID, UUID] = field(default_factory=dict)
    partial: Decimal = ZERO
    goods_back: bool = False
    words: str = ""

    @property
    def outcome(self) -> str:
        if self.partial:
            return Outcome.PARTIAL
        gives, sends = any(self.refund.values()), any(self.replace.values())
        if gives and sends:
            return Outcome.BOTH
        return Outcome.REPLACE if sends else Outcome.REFUND


@dataclass(frozen=True, slots=True)
class LineQuote:
    """A line of the claim with what is decided about it.

    `amount` is what goes back for its refunded units, or of their price where the buyer keeps them.
    """

    line: ClaimLine
    replaced: int
    refunded: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """What an answer gives, in the order's currency."""

    lines: Sequence[LineQuote]
    units: Sequence[UnitQuote]
    answer: Answer
    # Less than was paid for its units: no more is left of what was paid for the order.
    is_short: bool = False

    @property
    def total(self) -> Decimal:
        """The money that goes back."""
        return sum((one.amount for one in self.lines), ZERO)

    @property
    def seen(self) -> str:
        """Return a digest of all that is shown: what is given, what is asked back, and the words."""
        given = self.answer
        shown = [(str(one.line.pk), one.replaced, one.refunded, str(one.amount)) for one in self.lines]
        units = [(str(one.line.pk), str(one.variant.pk)) for one in self.units]
        said = (str(given.partial), given.goods_back, given.words.strip())
        return digest_of(shown, units, said)


class NothingDecided(Exception):
    """Nothing is given, more units than were claimed, or a part of the price together with units."""


class TooMuch(Exception):
    """More money would go back than is left of what was paid for the claimed units, or for the order (`most`)."""

    def __init__(self, most: Decimal) -> None:
        super().__init__(f"at most {most}")
        self.most = most


class AnswerChanged(Exception):
    """What would be given is not what was shown any more. Nothing was done: look again."""


class CannotComeBack(Exception):
    """The units cannot be asked back: they have not arrived, never came, or are in a return already."""


def quote(claim: Claim, answer: Answer) -> Quote:
    """Return what an answer gives at this moment; no lock. Never more than is left of what was paid for the order.

    Raises:
        NothingDecided, TooMuch: see there.
        NothingLeft: what was paid for units, or for the order, has gone back already or would with this answer, which
            leaves nothing to send new units for; or they are being exchanged.
    """
    rows = {row.pk: row for row in claim.lines.select_related("order_line")}
    left = left_of(claim.order)
    _demand_decided(rows, answer)
    rest = money_left(claim.order)
    if answer.partial:
        return Quote(_credits(claim, rows, answer, left, rest), [], answer)
    units = _units(claim, rows, answer, left)
    lines = []
    for key in sorted(rows, key=str):
        replaced, refunded = answer.replace.get(key, 0), answer.refund.get(key, 0)
        both = _owed(left, rows[key], replaced + refunded)
        lines.append(LineQuote(rows[key], replaced, refunded, both - _owed(left, rows[key], replaced)))
    amounts = within([one.amount for one in lines], rest)
    short = [one for one, amount in zip(lines, amounts, strict=True) if amount < one.amount]
    if short and not rest:
        raise NothingLeft(short[0].line.order_line)
    if units and leaves_nothing(claim.order, left=rest, back=sum(amounts, ZERO)):
        raise NothingLeft(units[0].line)
    lines = [replace(one, amount=amount) for one, amount in zip(lines, amounts, strict=True)]
    return Quote(lines, units, answer, is_short=bool(short))


def _credits(
    claim: Claim, rows: Mapping[UUID, ClaimLine], answer: Answer, left: OrderLeft, rest: Decimal
) -> list[LineQuote]:
    """Share a part of the price among the claimed lines, by what may still go back of each. Raises: TooMuch."""
    keys = sorted(rows, key=str)
    most = [_owed(left, rows[key], rows[key].quantity) for key in keys]
    highest = min(sum(most, ZERO), rest)
    if not 0 < answer.partial <= highest:
        raise TooMuch(highest)
    shares = spread(answer.partial, most, claim.order.currency)
    return [LineQuote(rows[key], 0, 0, share) for key, share in zip(keys, shares, strict=True)]


def _demand_decided(rows: Mapping[UUID, ClaimLine], answer: Answer) -> None:
    chosen: Counter[UUID] = Counter()
    for units in (answer.replace, answer.refund):
        for key, number in units.items():
            if number < 0 or key not in rows:
                raise NothingDecided
            chosen[key] += number
    if any(number > rows[key].quantity for key, number in chosen.items()):
        raise NothingDecided
    if bool(answer.partial) == any(chosen.values()):
        raise NothingDecided


def _owed(left: OrderLeft, row: ClaimLine, units: int) -> Decimal:
    of_line = next(one for one in left.lines if one.line.pk == row.order_line_id)
    if units > of_line.left:
        raise NothingLeft(of_line.line)
    return of_line.owed(units) if units else ZERO


def _units(claim: Claim, rows: Mapping[UUID, ClaimLine], answer: Answer, left: OrderLeft) -> list[UnitQuote]:
    choices = []
    for key, number in answer.replace.items():
        variant = answer.variants.get(key) or rows[key].order_line.variant_id
        if number and variant is None:
            raise NothingDecided
        if number and variant:
            choices.append(Choice(rows[key].order_line_id, variant, number))
    keys = {one.variant_id for one in choices}
    variants = {row.pk: row for row in Variant.objects.filter(pk__in=keys).select_related("product")}
    if keys - set(variants):
        raise NothingDecided
    return units_of(claim.order, choices, variants, left=left, is_even=True)


def approve(claim: Claim, answer: Answer, *, actor: str, key: str = "", expected: str | None = None) -> bool:
    """Approve a claim with what the buyer gets, and reserve the new units; nothing is sent or paid yet (`resolving`).

    `expected` is the `seen` of what was shown. False: it was approved before. With `goods_back` a return of the claimed
    units is made and approved. Locks the order, the claim, then all levels of the new variants by key.

    Raises:
        NotOpen: it has ended.
        InsufficientStock: new units cannot be had: give money back, or another variant. Nothing was changed.
        NothingDecided, TooMuch, NothingLeft, AnswerChanged, CannotComeBack: see there.
    """
    with transaction.atomic():
        fresh = locked(claim)
        if fresh.status in {Status.APPROVED, Status.RESOLVED}:
            return False
        if fresh.status != Status.OPEN:
            raise NotOpen(fresh)
        now = quote(fresh, answer)
        if expected is not None and expected != now.seen:
            raise AnswerChanged(now.seen)
        _keep(fresh, now)
        rma = _ask_back(fresh, now, actor=actor) if answer.goods_back else None
        moment = timezone.now()
        changes: dict[str, Any] = {
            "approved_at": moment,
            "outcome": answer.outcome,
            "partial_amount": answer.partial or None,
            "answer": answer.words.strip()[:300],
            "rma": rma,
            "updated_at": moment,
        }
        data = {"outcome": answer.outcome, "amount": str(now.total), "currency": fresh.order.currency}
        move(fresh, Status.APPROVED, actor=actor, reason=answer.words, data=data, **changes)
        if now.units:
            reservations.reserve(
                owner_id=fresh.pk,
                wanted=Counter(one.variant.pk for one in now.units),
                until=moment + _KEEP,
                actor=actor,
                note=fresh.number,
            )
    copy(fresh, claim)
    return True


def _keep(claim: Claim, now: Quote) -> None:
    """Write what is decided about each line, and its replacements."""
    of_line = {}
    for one in now.lines:
        ClaimLine.objects.filter(pk=one.line.pk).update(
            replaced=one.replaced, refunded=one.refunded, amount=one.amount, updated_at=timezone.now()
        )
        of_line[one.line.order_line_id] = one.line
    for position, unit in enumerate(now.units):
        try:
            with transaction.atomic():
                Replacement.objects.create(
                    claim=claim,
                    claim_line=of_line[unit.line.pk],
                    replaced=unit.line,
                    variant=unit.variant,
                    sku=unit.variant.sku,
                    name=unit.name[:260],
                    credit=unit.credit,
                    price=unit.credit,
                    position=position,
                )
        except IntegrityError as error:
            if "percha: " not in str(error):
                raise
            raise NothingLeft(unit.line) from error


def _ask_back(claim: Claim, now: Quote, *, actor: str) -> Return:
    """Make an approved return of the units that are replaced or paid back, at the shop's cost."""
    if claim.reason not in COMES_BACK:
        raise CannotComeBack(str(claim))
    reason = ReturnReason.objects.get(code=claim.reason)
    wanted = [
        Wanted(one.line.order_line_id, one.replaced + one.refunded, reason)
        for one in now.lines
        if one.replaced + one.refunded
    ]
    try:
        rma = asking.request(
            claim.order,
            wanted,
            key=f"claim:{claim.pk}",
            actor=actor,
            origin=Return.Origin.STAFF,
            note=claim.number,
            language=claim.language,
            email=claim.email,
        )
    except (asking.MoreThanSent, asking.NotReturnable) as error:
        raise CannotComeBack(str(error)) from error
    answering.approve(rma, actor=actor, payer="shop")
    return rma


def take_back(claim: Claim, *, actor: str, reason: str = "") -> bool:
    """Take an approval back that was not carried out: it is open again. False: it was not approved.

    Its new units are reserved no more. Locks the order, the claim, then its reservations.

    Raises:
        NotOpen: it was resolved, or its goods are asked back already.
    """
    with transaction.atomic():
        fresh = locked(claim)
        if fresh.status == Status.OPEN:
            return False
        if fresh.status != Status.APPROVED or fresh.rma_id:
            raise NotOpen(fresh)
        replacing.drop(list(fresh.units.filter(dropped_at=None)))
        fresh.lines.update(replaced=0, refunded=0, amount=ZERO, updated_at=timezone.now())
        move(
            fresh,
            Status.OPEN,
            actor=actor,
            reason=reason,
            approved_at=None,
            outcome="",
            partial_amount=None,
            answer="",
            updated_at=timezone.now(),
        )
        reservations.end(owner_id=fresh.pk)
    copy(fresh, claim)
    return True
