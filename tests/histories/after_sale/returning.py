"""Acts of returns: asked, approved, rejected, received, inspected, decided, paid back, closed, in any sensible order."""

from typing import Final

from orders.models import Inspection, Payer, Return, ReturnDecision
from orders.returns import answering, asking, closing, deciding, inspecting, receiving, units
from orders.returns.deciding import Choice
from orders.returns.inspecting import Found
from orders.tests.returns.returns import wanted
from tests.histories.after_sale.base import STAFF, History
from tests.histories.after_sale.refusals import NothingThere

_REASONS: Final = ("changed_mind", "too_small", "defective", "damaged_in_transit")
_DISPOSITIONS: Final = ("restock", "quarantine", "write_off", "send_back")


class Returning(History):
    def ask_return(self, number: int) -> None:
        by = Return.Origin.STAFF if number % 4 == 0 else Return.Origin.SHOPPER
        there = [one for one in units.returnable(self.order, by_staff=by == "staff") if one.left]
        if not there:
            raise NothingThere
        first = number % len(there)
        chosen = there[first : first + 1 + number % 2]
        lines = [
            wanted(one.line, 1 + number % one.left, _REASONS[(number + at) % 4])
            for at, one in enumerate(chosen)
        ]
        shown = asking.quote(self.order, lines, by_staff=by == "staff")
        key = self.key()
        self.once(
            lambda: asking.request(self.order, lines, key=key, actor="buyer", origin=by, expected=shown.seen)
        )

    def approve_return(self, number: int) -> None:
        rma = self._return("requested")
        way = Return.Way.LABEL if number % 2 else Return.Way.OWN
        payer = Payer.BUYER if number % 4 == 3 and rma.payer == Payer.BUYER else ""
        self.once(lambda: answering.approve(rma, way=way, payer=payer, actor=STAFF))

    def reject_return(self, _number: int) -> None:
        rma = self._return("requested")
        self.once(lambda: answering.reject(rma, reason="worn", actor=STAFF))

    def cancel_return(self, _number: int) -> None:
        rma = self._return("requested", "approved")
        self.once(lambda: answering.cancel(rma, actor="buyer"))

    def return_is_sent(self, _number: int) -> None:
        rma = self._return("approved")
        self.once(lambda: answering.note_sent(rma, actor="buyer"))

    def receive(self, number: int) -> None:
        """Count a parcel: what was announced, a unit fewer, one more, or one of another line."""
        rma = self._return("approved")
        counted = {one.order_line_id: one.quantity for one in rma.lines.filter(quantity__gt=0)}
        if number % 5 == 0:
            counted = {key: max(n - 1, 0) for key, n in counted.items()}
        elif number % 5 == 1:
            line = self.line().pk
            counted[line] = counted.get(line, 0) + 1
        parcel, wrong = rma.receipts.count() + 1, number % 11 == 0
        self.once(
            lambda: receiving.receive(
                rma,
                counted,
                parcel=parcel,
                wrong_items="a shoe" if wrong else "",
                wrong_units=int(wrong),
                actor=STAFF,
            )
        )
        for one in self.lines():
            self.moves(one, counted.get(one.pk, 0))

    def inspect(self, number: int) -> None:
        rma = self._return("approved")
        lines = [one for one in units.lines().filter(rma=rma) if one.received > one.inspected]
        found = []
        for at, line in enumerate(lines):
            condition = ("new", "used", "damaged")[(number + at) % 3]
            goes = "restock" if number % 2 and condition != "damaged" else _DISPOSITIONS[number % 4]
            some = line.received - line.inspected if number % 3 else 1
            found.append(Found(line.pk, some, condition, goes))
        key = self.key()
        rows = self.once(lambda: inspecting.inspect(rma, found, key=key, actor=STAFF))
        for row in rows:
            self._leaves(row, row.disposition)

    def inspect_again(self, number: int) -> None:
        """Change what became of inspected units, all of a row or one of them."""
        row = self.pick(Inspection.objects.filter(line__rma__order=self.order))
        if row is None:
            raise NothingThere
        before, key = row.disposition, self.key()
        some = None if number % 2 else 1
        moved = self.once(
            lambda: inspecting.change(row, _DISPOSITIONS[number // 2 % 4], key=key, units=some, actor=STAFF)
        )
        if before == "write_off":
            self.moves(moved.line.order_line, moved.quantity)
        self._leaves(moved, moved.disposition)

    def _leaves(self, row: Inspection, disposition: str) -> None:
        if disposition in {"write_off", "send_back"}:
            self.moves(row.line.order_line, -row.quantity)

    def decide(self, number: int) -> None:
        rma = self._return("approved")
        rows = [one for one in units.lines().filter(rma=rma) if max(one.quantity, one.received) > one.decided]
        chosen = {}
        for row in rows:
            left = max(row.quantity, row.received) - row.decided
            chosen[row.pk] = left if number % 4 else 1 + number % left
        choice = Choice(
            units=chosen,
            gives_nothing=number % 13 == 0,
            waives_fee=number % 5 == 0,
            gives_freight=number % 17 == 0,
            keeps_goods=number % 7 == 0,
            reason="as agreed",
        )
        shown, key = deciding.quote(rma, choice), self.key()
        made = self.once(lambda: deciding.decide(rma, choice, key=key, actor=STAFF, expected=shown.seen))
        assert (made.total, made.withheld) == (shown.total, shown.withheld)

    def take_back_decision(self, _number: int) -> None:
        made = self._decision()
        self.once(lambda: deciding.take_back(made, actor=STAFF))

    def pay_return(self, _number: int) -> None:
        made = self._decision()
        is_paid = ReturnDecision.objects.filter(pk=made.pk, reimbursement__isnull=False).exists()
        owed = self.once(lambda: deciding.pay_back(made, actor=STAFF))
        if not is_paid:
            assert owed.amount == made.total
            self.owes(owed.amount)

    def close_return(self, _number: int) -> None:
        rma = self._return("approved")
        self.once(lambda: closing.close(rma, reason="nothing more will come", actor=STAFF))

    def _return(self, *states: str) -> Return:
        rma = self.returns(*states)
        if rma is None:
            raise NothingThere
        return rma

    def _decision(self) -> ReturnDecision:
        made = self.pick(
            ReturnDecision.objects.select_related("rma").filter(rma__order=self.order),
            reimbursement_id=(None,),
            withdrawn_at=(None,),
        )
        if made is None:
            raise NothingThere
        return made
