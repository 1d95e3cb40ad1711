"""Acts of exchanges and claims: another size, dearer or cheaper goods, in advance, never paid; claims of each outcome."""

from decimal import Decimal
from typing import Final
from uuid import UUID

from django.test import override_settings

from catalog.models import Variant
from orders.claims import approving, claimable, opening, resolving
from orders.exchanges import asking, ending, quoting, releasing
from orders.exchanges.quoting import Choice
from orders.exchanges.rows import live_units
from orders.models import Claim, Exchange, ExchangeCharge
from orders.returns import answering, inspecting, receiving, units
from orders.returns.inspecting import Found
from orders.tests.exchanges.exchanges import pay
from orders.tests.returns.returns import wanted
from tests.histories.after_sale.base import STAFF, History
from tests.histories.after_sale.refusals import NothingThere

_CLAIMS: Final = ("defective", "damaged_in_transit", "wrong_item", "missing", "never_arrived")


class Exchanging(History):
    # Another size of what was sold first, and a dearer and a cheaper product.
    others: tuple[Variant, ...]

    def ask_exchange(self, number: int) -> None:
        there = [one for one in units.returnable(self.order) if one.left]
        if not there:
            raise NothingThere
        one = there[number % len(there)]
        some = 1 + number % min(one.left, 2)
        line = wanted(one.line, some, "changed_mind", wish="exchange")
        choice = Choice(one.line.pk, self._other(number), some)
        shown, key = quoting.quote(self.order, [line], [choice]), self.key()
        made = self.once(
            lambda: asking.request(self.order, [line], [choice], key=key, actor="buyer", expected=shown.seen)
        )
        assert made.settlement == shown.settlement

    def exchange_instead(self, number: int) -> None:
        """Exchange a unit of a return that is open already."""
        rma = self.returns("requested", "approved")
        line = self.pick(rma.lines.all()) if rma else None
        if rma is None or line is None:
            raise NothingThere
        choice, key = Choice(line.order_line_id, self._other(number), 1), self.key()
        shown = quoting.quote_for_return(rma, [choice])
        self.once(lambda: asking.for_return(rma, [choice], key=key, actor=STAFF, expected=shown.seen))

    def _other(self, number: int) -> UUID:
        return self.others[number // 2 % len(self.others)].pk

    def pay_difference(self, _number: int) -> None:
        charge = self.pick(
            ExchangeCharge.objects.filter(exchange__order=self.order), status=("open", "awaiting", "ended")
        )
        if charge is None:
            raise NothingThere
        if charge.status != "paid":
            pay(charge)

    def release(self, number: int) -> None:
        exchange = self._exchange("requested")
        rows = live_units(exchange)
        some = [rows[number % len(rows)].pk] if rows and number % 4 == 0 else None
        self.once(lambda: releasing.release(exchange, units=some, actor=STAFF))

    def release_in_advance(self, _number: int) -> None:
        exchange = self._exchange("requested")
        with override_settings(EXCHANGE_ADVANCE=True):
            releasing.release(exchange, is_advance=True, reason="a good customer", actor=STAFF)

    def cancel_exchange(self, number: int) -> None:
        exchange = self._exchange("requested")
        end = (Exchange.End.BUYER, Exchange.End.STAFF)[number % 2]
        self.once(lambda: ending.cancel(exchange, end=end, actor=STAFF))

    def exchange_comes(self, number: int) -> None:
        """Approve the return of an exchange, and let its units come and be found as new."""
        exchange = self._exchange("requested")
        rma = exchange.rma
        if rma.status == "requested":
            answering.approve(rma, actor=STAFF)
        lines = {one.order_line_id: one.quantity for one in rma.lines.filter(quantity__gt=0)}
        receiving.receive(rma, lines, parcel=rma.receipts.count() + 1, actor=STAFF)
        for line in self.lines():
            self.moves(line, lines.get(line.pk, 0))
        found = [
            Found(one.pk, one.received - one.inspected, "new", "restock")
            for one in units.lines().filter(rma=rma)
            if one.received > one.inspected
        ]
        inspecting.inspect(rma, found, key=self.key(), actor=STAFF)

    def open_claim(self, number: int) -> None:
        there = [one for one in claimable.claimable(self.order) if one.left]
        if not there:
            raise NothingThere
        one, key = there[number % len(there)], self.key()
        chosen = {one.line.pk: 1 + number % one.left}
        self.once(
            lambda: opening.open_claim(self.order, chosen, reason=_CLAIMS[number % 5], key=key, actor="buyer")
        )

    def approve_claim(self, number: int) -> None:
        claim = self._claim("open")
        rows = list(claim.lines.all())
        row = rows[number % len(rows)]
        answer = {
            0: approving.Answer(replace={row.pk: row.quantity}, goods_back=number % 7 == 0),
            1: approving.Answer(refund={row.pk: row.quantity}, goods_back=number % 7 == 0),
            2: approving.Answer(replace={row.pk: 1}, refund={row.pk: row.quantity - 1}),
            3: approving.Answer(partial=Decimal("10.37")),
            4: approving.Answer(replace={row.pk: 1}, variants={row.pk: self._other(number)}),
        }[number % 5]
        shown = approving.quote(claim, answer)
        done = self.once(lambda: approving.approve(claim, answer, expected=shown.seen, actor=STAFF))
        if done:
            self.approved(claim, shown.total)

    def take_back_claim(self, _number: int) -> None:
        claim = self._claim("approved")
        self.once(lambda: approving.take_back(claim, actor=STAFF))

    def resolve_claim(self, _number: int) -> None:
        claim = self._claim("approved")
        self.once(lambda: resolving.resolve(claim, actor=STAFF))
        claim.refresh_from_db()
        self.is_short |= claim.outcome == Claim.Outcome.PARTIAL

    def deny_claim(self, _number: int) -> None:
        claim = self._claim("open")
        self.once(lambda: opening.deny(claim, answer="as described", actor=STAFF))

    def cancel_claim(self, _number: int) -> None:
        claim = self._claim("open")
        self.once(lambda: opening.cancel(claim, actor="buyer"))

    def _exchange(self, *states: str) -> Exchange:
        found = self.exchanges(*states)
        if found is None:
            raise NothingThere
        return found

    def _claim(self, *states: str) -> Claim:
        found = self.claims(*states)
        if found is None:
            raise NothingThere
        return found
