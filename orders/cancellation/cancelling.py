"""The verb: units of an order are cancelled, in one transaction that happens as a whole or not at all."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation

from inventory import ledger
from orders.cancellation import mails, quotes
from orders.cancellation.quotes import Quote
from orders.fulfilment import holds, remaining, shipments
from orders.installments import cancelling as unpaid_plans
from orders.models import Cancellation, CancellationLine, Order, OrderHold, Reimbursement, Shipment
from orders.reimbursements import owing
from orders.returns.restocking import UnitsBack, at_their_places, put_back
from shop.core.states import move, record

By = Cancellation.By
Reason = Cancellation.Reason
CANCELLED: Final = "units cancelled"


class Changed(Exception):
    """The order is not as it was shown: `quote` is what cancelling would do now. Nothing was done; show it and ask."""

    def __init__(self, quote: Quote) -> None:
        super().__init__(f"order {quote.order} has changed since its cancellation was shown")
        self.quote = quote


def cancel(
    order: Order,
    *,
    units: Mapping[UUID, int] | None = None,
    by: str,
    reason: str,
    note: str = "",
    expected: str | None,
    key: str,
    actor: str,
) -> Cancellation:
    """Cancel all that is left in the house of an order, or so many `units` of its lines; return what was done.

    Shipments that hold such units are cancelled (what else is in them is prepared again), the units go back to where
    they were sold from, what was paid for them is owed to the buyer, and an order of which nothing is left ends. Units
    that are `NOT_FOUND` are written off where they came back. The mail is queued.

    `by`: who decides, which says until when; `expected`: the `seen` of the quote that was shown, None where nothing
    was. The same `key` again returns the cancellation there is.

    Locks the order's payments by primary key, the order, its plan, its shipments, then the levels of its variants.

    Raises:
        Changed: it is not as it was shown any more.
        CannotCancel, WrongUnits: see `quotes.quote`.
    """
    with transaction.atomic():
        locked = _lock(order)
        there = Cancellation.objects.filter(dedupe_key=key[:150]).first()
        if there is not None:
            return there
        now = quotes.quote(locked, units, by=by)
        if expected is not None and expected != now.seen:
            raise Changed(now)
        made = Cancellation(
            order=locked,
            by=by,
            actor=actor[:150],
            reason=reason,
            note=note[:200],
            is_whole=now.is_whole,
            dedupe_key=key[:150],
        )
        _do(made, now)
    return made


def _lock(order: Order) -> Order:
    """Lock the payments of an order, then the order: a refund or payment of this moment waits, or has come first.

    Payments are above orders in the import order; they are reached through the reverse relation.
    """
    payments: Any = order
    rows = payments.payments.select_for_update(of=("self",)).filter(role="order").order_by("pk")
    list(rows.values_list("pk", flat=True))
    return Order.objects.select_for_update(of=("self",)).get(pk=order.pk)


def _do(made: Cancellation, quote: Quote) -> None:
    order, actor, reason = made.order, made.actor, str(made.reason)
    for shipment in quote.shipments:
        shipments.cancel(shipment, reason=reason, actor=actor)
    if quote.back and not quote.ends_plan:
        made.reimbursement = owing.owe(
            order,
            quote.back,
            reason=CANCELLED,
            dedupe_key=f"cancellation:{made.pk}",
            actor=actor,
            origin=Reimbursement.Origin.AUTOMATIC,
        )
    made.save(force_insert=True)
    for one in quote.lines:
        CancellationLine.objects.create(cancellation=made, order_line=one.line, quantity=one.units)
    summary = ", ".join(f"{one.units} × {one.line.sku}" for one in quote.lines)
    record(
        order,
        CANCELLED,
        actor=actor,
        reason=" · ".join(filter(None, (summary, reason, made.note))),
        data={"cancellation": str(made.pk)},
    )
    coming = at_their_places(order, {one.line: one.units for one in quote.lines})
    if quote.ends_plan and quote.plan is not None:
        # Nothing was paid of it: what is open falls, the order ends, and its units go back.
        unpaid_plans.cancel(quote.plan, actor=actor, reason=reason, mails_buyer=False)
        order.refresh_from_db()
    else:
        put_back(order, coming, note=_words(made), actor=actor)
        # Not before: until its units are back, one that came back earlier counts among them, and seems to be left.
        _prepare_rest(made, quote.shipments)
        _end(made)
    if made.reason == Reason.NOT_FOUND:
        _write_off(made, coming)
    mails.cancelled(made, quote)


def _prepare_rest(made: Cancellation, cancelled: Sequence[Shipment]) -> None:
    """Prepare again what else was in shipments that were cancelled; while the order is held it is left to prepare."""
    for shipment in cancelled:
        left = {line.pk: line.left for line in remaining.lines().filter(order=made.order)}
        units = {
            line.order_line_id: number
            for line in shipment.lines.all()
            if (number := min(line.quantity, left[line.order_line_id]))
        }
        if units:
            with suppress(holds.HeldBack, holds.NothingToSend):
                shipments.prepare(
                    made.order,
                    key=f"rest of {shipment.pk}",
                    units=units,
                    method=shipment.method,
                    location=shipment.location,
                    actor=made.actor,
                )


def _end(made: Cancellation) -> None:
    """End an order of which nothing is left; one of which all else has arrived is completed."""
    order, actor, reason = made.order, made.actor, str(made.reason)
    if not made.is_whole:
        shipments.complete_if_done(order, actor=actor)
        return
    move(order, Order.Status.CANCELLED, actor=actor, reason=reason)
    for hold in holds.holds_of(order):
        if hold.kind != OrderHold.Kind.DISPUTE:
            holds.release_hold(hold, actor=actor, reason=reason)


def _words(made: Cancellation) -> str:
    """Return the reason as the ledger keeps it: in the shop's language, since it is read by the staff."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(made.get_reason_display())


def _write_off(made: Cancellation, units: Sequence[UnitsBack]) -> None:
    """Book units that nobody found, or that are damaged, as lost: in stock again they would be sold once more."""
    for one in units:
        if one.line.variant_id:
            ledger.write_off(
                variant_id=one.line.variant_id,
                location_id=one.location_id,
                quantity=one.quantity,
                note=_words(made),
                reference=f"order #{made.order.number}",
                actor=made.actor,
                cause=made.order,
            )
