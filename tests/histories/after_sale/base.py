"""A history: one sold order, the acts that may happen to it, and a plain model of goods and money."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from decimal import Decimal
from typing import Any, Final, Self, TypeVar
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Sum

from inventory.models import StockLevel, StockMovement
from orders.models import (
    Cancellation,
    Claim,
    Exchange,
    Inspection,
    Order,
    OrderLine,
    Reimbursement,
    Replacement,
    Return,
    ReturnDecision,
    ReturnLine,
    ReturnReceipt,
    Shipment,
)
from payments.models import Payment, Refund
from shop.core.ids import readable_code
from shop.core.money import ZERO
from tests.histories.after_sale.refusals import REFUSED

STAFF: Final = "staff:ana@example.com"
_Row = TypeVar("_Row", bound=models.Model)
_Result = TypeVar("_Result")
# What an act may write: the same act again adds nothing to any of them.
_WRITTEN: Final = (
    *(Shipment, Cancellation, Return, ReturnLine, ReturnReceipt, Inspection, ReturnDecision),
    *(Exchange, Claim, Replacement, OrderLine.everything, Reimbursement, Refund, StockMovement),
)


class History:
    """One order and its model: `stock` by variant over all places, `owed` back in all, by whatever the shop decided.

    `is_short`: a mere sum went back, or a bank took some; then lines may bring less than was paid for them.
    `came_by_panel`: somebody refunded at the provider, whatever the shop has promised.
    """

    def __init__(self, order: Order) -> None:
        self.order = order
        self.stock = self.counted()
        self.owed = ZERO
        self.is_short = False
        self.is_disputed = False
        self.number = 0
        self._exchanges: dict[UUID, str] = {}
        self._claims: dict[UUID, str] = {}
        self._approved: dict[UUID, Decimal] = {}

    def again(self) -> Self:
        """Return the history as it is so far, for one of its continuations."""
        other = copy(self)
        other.stock, other._exchanges, other._claims, other._approved = self.stock.copy(), {}, {}, {}
        other.order = Order.objects.get(pk=self.order.pk)
        return other

    def act(self, name: str, number: int) -> bool:
        """Let one thing happen, as a whole or not at all; False: it was refused, or there was nothing to do."""
        self.number = number
        kept = (self.stock.copy(), self.owed, self.is_short, self.is_disputed, dict(self._approved))
        try:
            with transaction.atomic():
                getattr(self, name)(number)
                self._follow()
        except REFUSED:
            self.stock, self.owed, self.is_short, self.is_disputed, self._approved = kept
            return False
        return True

    def once(self, verb: Callable[[], _Result]) -> _Result:
        """Do something, and at every third number do it again: it acts once."""
        done = verb()
        if self.number % 3 == 0:
            before = _written()
            try:
                with transaction.atomic():
                    verb()
            except REFUSED:
                pass
            assert _written() == before, "the same act again has written something"
        return done

    # -- What there is ------------------------------------------------------------------------------------------------

    def counted(self) -> Counter[UUID]:
        sums = StockLevel.objects.order_by().values_list("variant_id").annotate(units=Sum("on_hand"))
        return Counter(dict(sums))

    def lines(self) -> list[OrderLine]:
        return list(OrderLine.everything.filter(order=self.order).order_by("created_at", "pk"))

    def line(self) -> OrderLine:
        lines = self.lines()
        return lines[self.number % len(lines)]

    def pick(self, rows: "models.QuerySet[_Row] | Sequence[_Row]", **wanted: Any) -> _Row | None:
        """Return one of the rows, nearly always one in the state that is wanted, if there is any."""
        found = list(rows.order_by("created_at", "pk")) if isinstance(rows, models.QuerySet) else list(rows)
        if self.number % 9:
            found = [one for one in found if all(getattr(one, k) in v for k, v in wanted.items())] or found
        return found[self.number // 3 % len(found)] if found else None

    def returns(self, *states: str) -> Return | None:
        rows = Return.objects.select_related("order").filter(order=self.order)
        return self.pick(rows, status=states)

    def exchanges(self, *states: str) -> Exchange | None:
        return self.pick(
            Exchange.objects.select_related("order", "rma").filter(order=self.order), status=states
        )

    def claims(self, *states: str) -> Claim | None:
        return self.pick(Claim.objects.select_related("order").filter(order=self.order), status=states)

    def payments(self) -> list[Payment]:
        return list(Payment.objects.filter(order=self.order, role="order").order_by("created_at"))

    def key(self) -> str:
        return readable_code(12)

    # -- The model ----------------------------------------------------------------------------------------------------

    def moves(self, line: OrderLine, units: int) -> None:
        if line.variant_id:
            self.stock[line.variant_id] += units

    def owes(self, amount: Decimal) -> None:
        self.owed += amount

    def approved(self, claim: Claim, amount: Decimal) -> None:
        self._approved[claim.pk] = amount

    def _follow(self) -> None:
        """Book what became of exchanges and claims, whoever ended them: by an act, a job, or what befell their return."""
        for exchange in Exchange.objects.filter(order=self.order).select_related("charge"):
            before = self._exchanges.get(exchange.pk, "requested")
            if before != exchange.status and exchange.status != "requested":
                self._ended(exchange)
            self._exchanges[exchange.pk] = exchange.status
        for claim in Claim.objects.filter(order=self.order):
            if self._claims.get(claim.pk) != claim.status == "resolved":
                self._sent(Replacement.objects.filter(claim=claim, dropped_at=None))
                self.owes(self._approved[claim.pk])
            self._claims[claim.pk] = claim.status

    def _ended(self, exchange: Exchange) -> None:
        charge = getattr(exchange, "charge", None)
        paid = max(charge.amount - charge.lost, ZERO) if charge and charge.status == "paid" else ZERO
        sent = list(Replacement.objects.filter(exchange=exchange, dropped_at=None))
        self._sent(sent)
        self.owes(paid - sum((one.difference for one in sent), ZERO))

    def _sent(self, units: Iterable[Replacement]) -> None:
        for one in units:
            if one.variant_id:
                self.stock[one.variant_id] -= 1


def _written() -> list[int]:
    return [one.count() if isinstance(one, models.Manager) else one.objects.count() for one in _WRITTEN]


_COLUMNS = """
    SELECT c.table_name, c.column_name
      FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.data_type = 'timestamp with time zone'
       AND c.is_generated = 'NEVER' AND c.table_name ~ '^(orders|payments)_|^inventory_reservation$'
"""
_clock: dict[str, list[str]] = {}


def let_pass(days: int) -> None:
    """Let days pass: every stored instant becomes older, as in the chaos run (`tests/chaos/services/clock.py`)."""
    with connection.cursor() as cursor:
        if not _clock:
            cursor.execute(_COLUMNS)
            for table, column in cursor.fetchall():
                _clock.setdefault(table, []).append(column)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, columns in _clock.items():
            changes = ", ".join(f'"{one}" = "{one}" - make_interval(days => %s)' for one in columns)
            cursor.execute(f'UPDATE "{table}" SET {changes}', [days] * len(columns))
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
