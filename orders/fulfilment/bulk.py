"""One act on many orders or shipments: each in a transaction of its own, and each refusal said by itself."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from inventory.models import Location
from orders.fulfilment import labels, packing, shipment_flags, shipments
from orders.fulfilment.refusals import REFUSALS, words
from orders.models import Order, Shipment

# A drop leaves in one sitting; more at once would outlast a request.
MOST: Final = 250


@dataclass(slots=True)
class Outcome:
    """What became of each: the shipments on which the act was done, and (number, why) of those that refused it."""

    done: list[Shipment] = field(default_factory=list)
    unchanged: list[Shipment] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def prepare(keys: Collection[UUID], *, form: str, actor: str, location: Location | None = None) -> Outcome:
    """Make a shipment of what is left of each order. `form` names the form sent: the same again makes none."""
    outcome = Outcome()
    orders = Order.objects.filter(pk__in=list(keys)[:MOST]).order_by("placed_at", "pk")
    for order in orders:

        def act(order: Order = order) -> bool:
            made = shipments.prepare(order, key=f"{form}:{order.pk}", location=location, actor=actor)
            outcome.done.append(made)
            return True

        _try(str(order), act, outcome)
    return outcome


def pack(keys: Collection[UUID], *, actor: str) -> Outcome:
    """Say of each shipment that all of it is packed."""
    return _each(keys, lambda shipment: packing.pack_all(shipment, actor=actor))


def ship(keys: Collection[UUID], *, numbers: Mapping[UUID, str], actor: str) -> Outcome:
    """Say of each shipment that it left, with its tracking number where one is given; pick-ups are handed over."""

    def act(shipment: Shipment) -> bool:
        if shipment.is_pickup:
            return shipments.hand_over(shipment, actor=actor)
        return shipments.ship(shipment, tracking_number=numbers.get(shipment.pk, ""), actor=actor)

    return _each(keys, act)


def deliver(keys: Collection[UUID], *, actor: str) -> Outcome:
    """Say of each shipment that it arrived."""
    return _each(keys, lambda shipment: shipments.deliver(shipment, actor=actor))


def queue_labels(keys: Collection[UUID], *, actor: str) -> Outcome:
    """Ask for the label of each shipment; a job buys them at the carriers, one after another."""
    return _each(keys, lambda shipment: labels.queue(shipment, actor=actor))


def note_numbers(numbers: Mapping[UUID, str], *, actor: str) -> Outcome:
    """Keep the tracking number of each shipment; a label is there with it."""
    return _each(
        numbers,
        lambda shipment: shipment_flags.note_label(
            shipment, tracking_number=numbers[shipment.pk], actor=actor
        ),
    )


def _each(keys: Collection[UUID], act: Callable[[Shipment], bool]) -> Outcome:
    outcome = Outcome()
    chosen = Shipment.objects.filter(pk__in=list(keys)[:MOST]).select_related("order")
    for shipment in chosen.order_by("created_at", "pk"):

        def once(shipment: Shipment = shipment) -> bool:
            did = act(shipment)
            (outcome.done if did else outcome.unchanged).append(shipment)
            return did

        _try(shipment.number, once, outcome)
    return outcome


def _try(number: str, act: Callable[[], bool], outcome: Outcome) -> None:
    try:
        act()
    except REFUSALS as error:
        outcome.refused.append((number, words(error)))
