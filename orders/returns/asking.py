"""Asking for a return: what it would bring is shown first, and what is kept is what was shown."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from orders.models import (
    Order,
    OrderLine,
    Payer,
    Return,
    ReturnLine,
    ReturnPolicy,
    ReturnReason,
    WithdrawalRequest,
)
from orders.reimbursements.left import OrderLeft, left_of
from orders.reimbursements.money import money_left, within
from orders.returns import answering, fees, files, mails, policies, terms
from orders.returns.terms import LineTerms
from orders.returns.units import Returnable, awaits_exchange, returnable, stay_after_claims
from orders.shown import digest_of
from shop.core import countries
from shop.core.money import ZERO
from shop.core.states import record

Wish: Final = ReturnLine.Wish
# An exchange is a record of its own (`orders.exchanges.asking`); store credit does not exist yet.
WISHES: Final = (Wish.MONEY,)
_CLEAN_FOR: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units of an order's line that somebody wants to send back, and why."""

    order_line_id: UUID
    units: int
    reason: ReturnReason
    area: str = ""
    note: str = ""
    wish: str = Wish.MONEY


@dataclass(frozen=True, slots=True)
class LineQuote:
    """What units of a line would bring: `amount` goes back, `fee` of what was paid for them is kept."""

    line: OrderLine
    wanted: Wanted
    terms: LineTerms
    amount: Decimal
    fee: Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """What a return would bring, in the order's currency, and who pays the way back.

    `freight` is the outbound shipping that comes back with the rest of the order; `label_fee` is kept only where the
    buyer takes a label of the shop for the way back.
    """

    lines: Sequence[LineQuote]
    freight: Decimal
    payer: Payer
    label_fee: Decimal
    send_within_days: int

    @property
    def fee(self) -> Decimal:
        return sum((line.fee for line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        """What goes back, before a fee for a label."""
        return sum((line.amount for line in self.lines), self.freight)

    @property
    def summary(self) -> str:
        """Return how many units of what, for the timeline."""
        return ", ".join(f"{one.wanted.units} × {one.line.sku}" for one in self.lines)

    @property
    def refused(self) -> list[LineQuote]:
        return [line for line in self.lines if not line.terms.is_allowed]

    @property
    def seen(self) -> str:
        """Return a digest of all that is shown."""
        shown = [
            (
                str(one.line.pk),
                one.wanted.units,
                one.wanted.reason.code,
                one.terms.basis.value,
                str(one.amount),
                str(one.fee),
            )
            for one in self.lines
        ]
        rest = (str(self.freight), self.payer.value, str(self.label_fee), self.send_within_days)
        return digest_of(shown, rest)


class NotReturnable(Exception):
    """Units may not come back by any right: a final sale, or too late. `lines` say which and why."""

    def __init__(self, lines: Sequence[LineQuote]) -> None:
        super().__init__(", ".join(f"{one.line.sku}: {one.terms.refusal}" for one in lines))
        self.lines = lines


class MoreThanSent(Exception):
    """More units were asked for than have arrived and are in no other return, or none at all. `lines`: what is left."""

    def __init__(self, lines: Sequence[Returnable]) -> None:
        super().__init__(", ".join(f"{one.left} × {one.line.sku} left" for one in lines))
        self.lines = lines


class TermsChanged(Exception):
    """What would come back is not what was shown any more. Nothing was done: look again."""


class WishNotOffered(Exception):
    """The shop does not offer what the buyer wishes for (an exchange, store credit)."""


class NeedsArea(Exception):
    """A reason of size says where it does not fit, and none was given. `reason` is the one."""

    def __init__(self, reason: ReturnReason) -> None:
        super().__init__(reason.code)
        self.reason = reason


def quote(
    order: Order,
    wanted: Sequence[Wanted],
    *,
    today: date | None = None,
    by_staff: bool = False,
    wishes: Collection[str] = WISHES,
) -> Quote:
    """Return what a return of these units would bring at this moment; no lock. `wishes`: those that are offered here.

    Raises:
        MoreThanSent: not as many units may come back, a line twice or of another order, or nothing is chosen.
        WishNotOffered: see there.
        NeedsArea: see there.
    """
    there = {one.line.pk: one for one in returnable(order, by_staff=by_staff)}
    _demand_possible(wanted, there, wishes)
    day = today or timezone.localdate()
    country = countries.current()
    rows = policies.of_lines(order, [there[one.order_line_id].line for one in wanted])
    left = left_of(order)
    found = []
    for one in wanted:
        at = there[one.order_line_id]
        line_terms = terms.terms(
            is_fault=one.reason.is_fault,
            delivered_on=at.delivered_on,
            today=day,
            policy=rows[one.order_line_id],
            country=country,
        )
        found.append(_line_quote(order, at.line, one, line_terms, left))
    payer = terms.payer_of([one.terms for one in found])
    found, freight = _within(order, found, _freight(order, found, left))
    return Quote(
        found,
        freight,
        payer,
        max((one.terms.label_fee for one in found), default=ZERO) if payer == Payer.BUYER else ZERO,
        min(rows[one.order_line_id].send_within_days for one in wanted),
    )


def _demand_possible(
    wanted: Sequence[Wanted], there: dict[UUID, Returnable], wishes: Collection[str]
) -> None:
    keys = [one.order_line_id for one in wanted]
    too_many = [
        there[one.order_line_id]
        for one in wanted
        if one.order_line_id in there and not 0 < one.units <= there[one.order_line_id].left
    ]
    if too_many or not wanted or len(set(keys)) < len(keys) or set(keys) - set(there):
        raise MoreThanSent(too_many)
    for one in wanted:
        if one.wish not in wishes:
            raise WishNotOffered(one.wish)
        if one.reason.needs_area and one.area not in ReturnLine.Area.values:
            raise NeedsArea(one.reason)


def _line_quote(
    order: Order, line: OrderLine, wanted: Wanted, line_terms: LineTerms, left: OrderLeft
) -> LineQuote:
    """Return what units of a line would bring; of units that were paid back already (`left`) nothing more."""
    of_line = next(one for one in left.lines if one.line.pk == line.pk)
    owed = of_line.owed(min(wanted.units, of_line.left))
    fee = fees.share_kept(owed, before=of_line.back_amount, rate=line_terms.fee_rate, currency=order.currency)
    return LineQuote(line, wanted, line_terms, owed - fee, fee)


def _within(order: Order, found: Sequence[LineQuote], freight: Decimal) -> tuple[list[LineQuote], Decimal]:
    """Return what goes back for lines and freight where less is left of the order's money; an exchange takes none."""
    paid = [one.amount if one.wanted.wish != Wish.EXCHANGE else ZERO for one in found]
    *amounts, freight = within([*paid, freight], money_left(order))
    lines = [
        one if one.wanted.wish == Wish.EXCHANGE else replace(one, amount=amount)
        for one, amount in zip(found, amounts, strict=True)
    ]
    return lines, freight


def _freight(order: Order, found: Sequence[LineQuote], left: OrderLeft) -> Decimal:
    """Return the outbound shipping that comes back: when nothing of the order stays, all of it by such a right."""
    if any(one.wanted.wish == Wish.EXCHANGE for one in found):
        return ZERO  # What is sent instead is sent for it.
    country = countries.current()
    units = {one.line.pk: one.wanted.units for one in found}
    if any(one.left > units.get(one.line.pk, 0) for one in left.lines) or stay_after_claims(order.pk, units):
        return ZERO
    if awaits_exchange(order.pk):
        return ZERO
    bases = [one.terms.basis for one in found]
    earlier = ReturnLine.objects.filter(
        rma__order=order, decision_lines__decision__withdrawn_at=None, decision_lines__isnull=False
    ).values_list("basis", flat=True)
    if all(terms.brings_freight_back(basis, country) for basis in [*bases, *earlier]):
        return left.shipping
    return ZERO


def request(
    order: Order,
    wanted: Sequence[Wanted],
    *,
    key: str,
    actor: str,
    expected: str | None = None,
    origin: str = Return.Origin.SHOPPER,
    photos: Sequence[files.Readable] = (),
    note: str = "",
    language: str = "",
    email: str = "",
    is_gift: bool = False,
    withdrawal: WithdrawalRequest | None = None,
    wishes: Collection[str] = WISHES,
) -> Return:
    """Ask for a return; return it. The same `key` again returns the one there is, and writes no line twice.

    `expected` is the `seen` of the quote that was shown. The staff may enter units that no right covers; they come back
    by the shop's terms then. One that its terms approve at once is approved (`ReturnPolicy`). Locks the order.

    Raises:
        NotReturnable: a buyer asks for units that may not come back.
        TermsChanged: it is not what was shown.
        MoreThanSent, WishNotOffered, NeedsArea: as `quote`.
    """
    by_staff = origin == Return.Origin.STAFF
    with transaction.atomic():
        locked = Order.objects.select_for_update().get(pk=order.pk)
        if there := Return.objects.select_related("order").filter(dedupe_key=key[:150]).first():
            return there
        now = quote(locked, wanted, by_staff=by_staff, wishes=wishes)
        _demand_as_shown(now, expected, by_staff=by_staff)
        rma = _made(
            locked,
            now,
            origin=origin,
            withdrawal=withdrawal,
            is_gift=is_gift,
            email=email,
            language=language or locked.language,
            note=note[:1000],
            dedupe_key=key[:150],
        )
        _keep_lines(rma, now)
        files.keep(rma, photos)
        record(rma, "requested", actor=actor, reason=now.summary)
        if not by_staff:
            _answer(rma, now)
    return rma


def _answer(rma: Return, now: Quote) -> None:
    """Approve what its terms approve at once; else tell the buyer that it waits for the shop."""
    if _is_approved_at_once(rma.order, now, rma):
        answering.approve(rma, actor="policy")
    elif any(one.wanted.wish != Wish.EXCHANGE for one in now.lines):
        # Of an exchange of everything its own mail says the same.
        mails.requested(rma)


def _demand_as_shown(now: Quote, expected: str | None, *, by_staff: bool) -> None:
    if now.refused and not by_staff:
        raise NotReturnable(now.refused)
    if expected is not None and expected != now.seen:
        raise TermsChanged(now.seen)


def _made(order: Order, now: Quote, **fields: Any) -> Return:
    last = order.returns.aggregate(last=Max("ordinal"))["last"] or 0
    return Return.objects.create(order=order, ordinal=last + 1, terms=_shown(now), payer=now.payer, **fields)


def _keep_lines(rma: Return, now: Quote) -> None:
    """Write the lines, in a fixed order. Raises: MoreThanSent: the database counts fewer units."""
    try:
        with transaction.atomic():
            for one in sorted(now.lines, key=lambda one: str(one.line.pk)):
                ReturnLine.objects.create(
                    rma=rma,
                    order_line=one.line,
                    quantity=one.wanted.units,
                    reason=one.wanted.reason,
                    area=one.wanted.area if one.wanted.reason.needs_area else "",
                    note=one.wanted.note[:500],
                    wish=one.wanted.wish,
                    basis=one.terms.basis,
                    fee_rate=one.terms.fee_rate if one.terms.is_allowed else 0,
                )
    except IntegrityError as error:
        if "percha: " not in str(error):
            raise
        raise MoreThanSent([]) from error


def _shown(now: Quote) -> dict[str, Any]:
    """Return what was shown, to be kept with the return: amounts as text, in the order's currency."""
    return {
        "total": str(sum((one.amount for one in now.lines if one.wanted.wish != Wish.EXCHANGE), now.freight)),
        "freight": str(now.freight),
        "fee": str(now.fee),
        "label_fee": str(now.label_fee),
        "payer": now.payer.value,
        "send_within_days": now.send_within_days,
        "lines": {
            str(one.line.pk): {
                "amount": str(one.amount),
                "fee": str(one.fee),
                "until": one.terms.until.isoformat() if one.terms.until else None,
            }
            for one in now.lines
        },
    }


def _is_approved_at_once(order: Order, now: Quote, rma: Return) -> bool:
    """Say whether the terms of all lines approve it, up to their amount, for a buyer without a rejected return.

    A return by law needs no approval by anybody's goodwill, but one by the staff's eyes where the terms do not say so.
    """
    rows: list[ReturnPolicy] = list(policies.of_lines(order, [one.line for one in now.lines]).values())
    if not all(row.is_approved_at_once for row in rows):
        return False
    if any(row.approved_up_to is not None and now.total > row.approved_up_to for row in rows):
        return False
    since = timezone.now() - _CLEAN_FOR
    mine = Return.objects.filter(order__email__iexact=order.email, created_at__gt=since).exclude(pk=rma.pk)
    return not mine.filter(status=Return.Status.REJECTED).exists()
