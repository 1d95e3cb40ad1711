"""What an exchange would cost or bring: one signed sum, shown before it is confirmed, and kept as shown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final
from uuid import UUID

from catalog.models import Variant
from inventory.reservations.sellability import NotSellable, sellability_of
from orders.checkout.issues import variant_title
from orders.exchanges import fees, offers
from orders.models import Exchange, InstallmentPlan, Order, OrderLine, Return, ReturnLine
from orders.reimbursements.left import OrderLeft, left_of
from orders.reimbursements.money import leaves_nothing, money_left
from orders.returns import asking
from orders.returns.asking import Wanted
from orders.shown import digest_of
from shop.core.money import ZERO

Wish: Final = ReturnLine.Wish
WISHES: Final = (Wish.MONEY, Wish.EXCHANGE)
MOST_UNITS: Final = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """So many units of a variant instead of as many of an order's line."""

    order_line_id: UUID
    variant_id: UUID
    units: int = 1


@dataclass(frozen=True, slots=True)
class UnitQuote:
    """One unit instead of one of a line: `credit` is what was paid for the old one, `price` what the new one costs.

    They are the same in an even exchange: another size or colour of the same product, whatever either costs today.
    `fee` is kept of what would go back because the new one costs less (`orders.exchanges.fees`).
    """

    line: OrderLine
    variant: Variant
    credit: Decimal
    price: Decimal
    fee: Decimal = ZERO

    @property
    def is_even(self) -> bool:
        return self.price == self.credit

    @property
    def name(self) -> str:
        """What the new unit is called on the order."""
        return variant_title(self.variant.product.name, self.variant.name)


@dataclass(frozen=True, slots=True)
class Quote:
    """What an exchange would cost, in the order's currency, and the return that goes with it.

    `rest` is what is left of what was paid for the order beside what the return brings: no more goes back.
    """

    units: Sequence[UnitQuote]
    rest: Decimal
    rma: asking.Quote | None = None

    @property
    def settlement(self) -> Decimal:
        """The difference: above zero the buyer pays it, below zero they get it (`to_get`), less the fee."""
        return sum((one.price - one.credit + one.fee for one in self.units), ZERO)

    @property
    def fee(self) -> Decimal:
        """What is kept of what would go back for the exchanged units."""
        return sum((one.fee for one in self.units), ZERO)

    @property
    def money_back(self) -> Decimal:
        """What goes back for the lines of the return that are not exchanged."""
        lines = [one for one in self.rma.lines if one.wanted.wish != Wish.EXCHANGE] if self.rma else []
        return sum((one.amount for one in lines), ZERO)

    @property
    def refused(self) -> Sequence[asking.LineQuote]:
        return self.rma.refused if self.rma else []

    @property
    def lines(self) -> Sequence[asking.LineQuote]:
        return self.rma.lines if self.rma else []

    @property
    def freight(self) -> Decimal:
        """The outbound shipping that comes back: only where nothing is exchanged."""
        return ZERO

    @property
    def total(self) -> Decimal:
        """What goes back for what is not exchanged."""
        return self.money_back

    @property
    def payer(self) -> str:
        return str(self.rma.payer) if self.rma else ""

    @property
    def label_fee(self) -> Decimal:
        return self.rma.label_fee if self.rma else ZERO

    @property
    def to_pay(self) -> Decimal:
        return max(self.settlement, ZERO)

    @property
    def to_get(self) -> Decimal:
        """What goes back of the difference: as far as so much is left, as when the exchange is released."""
        return min(max(-self.settlement, ZERO), self.rest)

    @property
    def seen(self) -> str:
        """Return a digest of all that is shown."""
        shown = [
            (str(one.line.pk), str(one.variant.pk), str(one.credit), str(one.price), str(one.fee))
            for one in self.units
        ]
        return digest_of(shown, self.rma.seen if self.rma else "", str(self.to_get))


class NothingChosen(Exception):
    """For no line, or not for as many units as come back, something else was chosen; or the same variant again."""


class NotOffered(Exception):
    """The variant is not sold (any more). `variant_id` is the one."""

    def __init__(self, variant_id: UUID) -> None:
        super().__init__(str(variant_id))
        self.variant_id = variant_id


class OnlyEven(Exception):
    """The difference cannot be paid here: the order is paid in instalments, or whoever asks got it as a gift."""


class NothingLeft(Exception):
    """What was paid for units of a line, or for its order, has gone back already, or is in another exchange."""

    def __init__(self, line: OrderLine) -> None:
        super().__init__(line.sku)
        self.line = line


def quote(
    order: Order,
    wanted: Sequence[Wanted],
    choices: Sequence[Choice],
    *,
    by_staff: bool = False,
    is_gift: bool = False,
) -> Quote:
    """Return what an exchange of these units would cost at this moment; no lock.

    `wanted` are the units that come back, those to be exchanged with the wish for an exchange; `choices` what is sent
    for them. A fee is kept of nothing but what goes back as money.

    Raises:
        NothingChosen, NotOffered, OnlyEven, NothingLeft: see there.
        MoreThanSent, WishNotOffered, NeedsArea: as `orders.returns.asking.quote`.
    """
    rma = asking.quote(order, wanted, by_staff=by_staff, wishes=WISHES)
    _demand_chosen(wanted, choices)
    variants = _variants(choices)
    units = units_of(order, choices, variants)
    _demand_sold(order, units)
    rates = {one.line.pk: one.terms.fee_rate for one in rma.lines if one.terms.is_allowed}
    left = money_left(order)
    if leaves_nothing(order, left=left):
        raise NothingLeft(units[0].line)
    rest = left - Quote(units, ZERO, rma).money_back
    return _demand_payable(order, Quote(_with_fees(order, units, rates), rest, rma), is_gift=is_gift)


def _with_fees(order: Order, units: Sequence[UnitQuote], rates: Mapping[UUID, Decimal]) -> list[UnitQuote]:
    """Return the units with the fee that is kept of each, by the rates of their lines' returns."""
    kept = fees.kept(
        [one.price - one.credit for one in units],
        [rates.get(one.line.pk, ZERO) for one in units],
        currency=order.currency,
    )
    return [replace(one, fee=fee) for one, fee in zip(units, kept, strict=True)]


def _demand_payable(order: Order, found: Quote, *, is_gift: bool) -> Quote:
    if found.settlement != 0 and is_gift:
        raise OnlyEven
    if found.settlement > 0 and InstallmentPlan.objects.filter(order=order).exists():
        raise OnlyEven
    return found


def quote_for_return(rma: Return, choices: Sequence[Choice]) -> Quote:
    """Return what an exchange of units of an open return would cost at this moment; no lock.

    Raises:
        NothingChosen: the return has ended, has an open exchange, or has no such units. The others as `quote`.
    """
    of_return = list(rma.lines.all())
    lines = {line.order_line_id: line.quantity for line in of_return}
    asked = {one.order_line_id: 0 for one in choices}
    for one in choices:
        asked[one.order_line_id] += one.units
    has_open = rma.exchanges.filter(status=Exchange.Status.REQUESTED).exists()
    if not choices or not rma.is_open or has_open or min(one.units for one in choices) < 1:
        raise NothingChosen
    if any(units > lines.get(key, 0) for key, units in asked.items()):
        raise NothingChosen
    units = units_of(rma.order, choices, _variants(choices))
    _demand_sold(rma.order, units)
    rates = {line.order_line_id: line.fee_rate for line in of_return}
    left = money_left(rma.order)
    if leaves_nothing(rma.order, left=left):
        raise NothingLeft(units[0].line)
    found = Quote(_with_fees(rma.order, units, rates), left)
    return _demand_payable(rma.order, found, is_gift=rma.is_gift)


def _demand_chosen(wanted: Sequence[Wanted], choices: Sequence[Choice]) -> None:
    asked = {one.order_line_id: one.units for one in wanted if one.wish == Wish.EXCHANGE}
    chosen: dict[UUID, int] = {}
    for one in choices:
        if one.units < 1:
            raise NothingChosen
        chosen[one.order_line_id] = chosen.get(one.order_line_id, 0) + one.units
    if not asked or chosen != asked or sum(asked.values()) > MOST_UNITS:
        raise NothingChosen


def _variants(choices: Sequence[Choice]) -> dict[UUID, Variant]:
    keys = {one.variant_id for one in choices}
    found = {row.pk: row for row in Variant.objects.filter(pk__in=keys).select_related("product")}
    for key in keys:
        if key not in found:
            raise NotOffered(key)
    return found


def units_of(
    order: Order,
    choices: Sequence[Choice],
    variants: Mapping[UUID, Variant],
    *,
    left: OrderLeft | None = None,
    is_even: bool = False,
) -> list[UnitQuote]:
    """Return one row for each unit, in a fixed order; `is_even`: each is worth what the old one was (a claim).

    Raises:
        NothingLeft: see there. NothingChosen: a line of another order, or a variant for itself.
    """
    lines = {one.line.pk: one for one in (left or left_of(order)).lines}
    found: list[UnitQuote] = []
    taken: dict[UUID, int] = {}
    for choice in sorted(choices, key=lambda one: (str(one.order_line_id), str(one.variant_id))):
        of_line = lines.get(choice.order_line_id)
        variant = variants[choice.variant_id]
        if of_line is None or (of_line.line.variant_id == variant.pk and not is_even):
            raise NothingChosen
        for _unit in range(choice.units):
            gone = taken.get(choice.order_line_id, 0)
            if gone >= of_line.left:
                raise NothingLeft(of_line.line)
            credit = of_line.owed(gone + 1) - of_line.owed(gone)
            same = is_even or offers.is_of_same_product(of_line.line, variant)
            price = credit if same else offers.price_today(variant, order.currency)
            found.append(UnitQuote(of_line.line, variant, credit, price))
            taken[choice.order_line_id] = gone + 1
    return found


def _demand_sold(order: Order, units: Sequence[UnitQuote]) -> None:
    """Require that each variant is sold: another product as in a cart, up to what one purchase may have of it; the same
    product unless it is switched off.
    """
    found = sellability_of({one.variant.pk for one in units}, user_id=order.user_id)
    wanted = Counter(one.variant.pk for one in units)
    for one in units:
        if not found[one.variant.pk].is_active:
            raise NotOffered(one.variant.pk)
        if not offers.is_of_same_product(one.line, one.variant):
            try:
                found[one.variant.pk].require_sellable(wanted[one.variant.pk])
            except NotSellable as error:
                raise NotOffered(one.variant.pk) from error
