"""Acts of sending and cancelling: packed, sent in parts, arrived, come back, sent again, cancelled."""

from orders.cancellation import quotes
from orders.cancellation.cancelling import cancel
from orders.fulfilment import packing, remaining, shipments
from orders.models import Cancellation, Shipment
from orders.returns.restocking import at_their_places, put_back
from tests.histories.after_sale.base import STAFF, History
from tests.histories.after_sale.refusals import NothingThere


class Sending(History):
    def prepare(self, number: int) -> None:
        key, units = self.key(), {self.line().pk: 1 + number % 2}
        self.once(
            lambda: shipments.prepare(self.order, key=key, units=units if number % 4 else None, actor=STAFF)
        )

    def pack(self, _number: int) -> None:
        packing.pack_all(self._shipment("pending"), actor=STAFF)

    def ship(self, _number: int) -> None:
        box = self._shipment("pending")
        self.once(lambda: shipments.ship(box, actor=STAFF))

    def deliver(self, _number: int) -> None:
        box = self._shipment("shipped")
        self.once(lambda: shipments.deliver(box, actor=STAFF))

    def all_arrives(self, _number: int) -> None:
        """Send what is left in the house, and let everything arrive."""
        if any(line.left for line in remaining.lines().filter(order=self.order)):
            shipments.prepare(self.order, key=self.key(), actor=STAFF)
        for box in Shipment.objects.filter(order=self.order, status="pending"):
            shipments.ship(box, actor=STAFF)
        for box in Shipment.objects.filter(order=self.order, status="shipped"):
            shipments.deliver(box, actor=STAFF)

    def parcel_comes_back(self, number: int) -> None:
        box = self._shipment(*(("shipped",) if number % 5 else ("delivered",)))
        self.once(lambda: shipments.mark_returned(box, reason="nobody there", actor=STAFF))

    def send_again(self, _number: int) -> None:
        box, key = self._shipment("returned"), self.key()
        self.once(lambda: shipments.send_again(box, key=key, actor=STAFF))

    def units_back(self, _number: int) -> None:
        """Put a unit of a parcel that came back to stock, by hand."""
        line = self.line()
        back = at_their_places(self.order, {line: 1})
        put_back(self.order, back, note="came back", actor=STAFF)
        self.moves(line, sum(one.quantity for one in back))

    def cancel_some(self, number: int) -> None:
        self._cancel({self.line().pk: 1 + number % 2}, by="staff")

    def cancel_all(self, number: int) -> None:
        self._cancel(None, by=("staff", "shopper")[number % 2])

    def _cancel(self, units: dict[object, int] | None, *, by: str) -> None:
        key, reason = self.key(), "not_found" if self.number % 7 == 0 and by == "staff" else "other"
        shown = quotes.quote(self.order, units, by=by)  # type: ignore[arg-type]
        made = self.once(
            lambda: cancel(
                self.order,
                units=units,  # type: ignore[arg-type]
                by=by,
                reason=reason,
                expected=shown.seen if self.number % 2 else None,
                key=key,
                actor=STAFF,
            )
        )
        if reason != Cancellation.Reason.NOT_FOUND:
            for one in shown.lines:
                self.moves(one.line, one.units)
        if not shown.ends_plan:
            self.owes(shown.amount)
            assert (made.reimbursement.amount if made.reimbursement else 0) == shown.amount
        self.is_short |= any(line.amount < 0 for line in shown.back)

    def _shipment(self, *states: str) -> Shipment:
        box = self.pick(Shipment.objects.filter(order=self.order), status=states)
        if box is None:
            raise NothingThere
        return box
