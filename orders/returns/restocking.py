"""Units of an order that come back to stock: never sent, or sent back by the buyer."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from inventory import ledger
from inventory.locking import lock_levels
from inventory.models import StockMovement
from orders.fulfilment.remaining import CAUSES
from orders.models import Order, OrderLine
from shop.core.states import record


@dataclass(frozen=True, slots=True)
class UnitsBack:
    """Units of an order's line that are at a location again."""

    line: OrderLine
    location_id: UUID
    quantity: int


def put_back(order: Order, units: Collection[UnitsBack], *, note: str, actor: str) -> list[StockMovement]:
    """Book units of an order as back in stock, all or nothing; no line comes back with more than it sold.

    The ledger counts what came back of the order before, so more than was sold is always refused; recognising the same
    form or refund is the caller's task. Locks the order, then all levels of the variants by primary key.

    Raises:
        MoreThanSold: of one line more would come back than was sold.
        ValueError: fewer than one unit of a line, a line without a variant, or no note.
    """
    with transaction.atomic():
        locked = Order.objects.select_for_update().get(pk=order.pk)
        wanted = [one for one in units if one.line.variant_id]
        if len(wanted) != len(units):
            raise ValueError("A line without a variant has no place in stock.")
        places = {(one.line.variant_id, one.location_id) for one in wanted if one.line.variant_id}
        ledger.ensure_levels(places)
        lock_levels(variant_ids={variant for variant, _location in places})
        movements = [
            ledger.return_from_customer(
                variant_id=one.line.variant_id,
                location_id=one.location_id,
                quantity=one.quantity,
                note=note,
                reference=str(locked.number),
                actor=actor,
                cause=one.line.sale_cause,
            )
            for one in sorted(wanted, key=lambda one: (str(one.line.variant_id), str(one.location_id)))
            if one.line.variant_id
        ]
        if movements:
            summary = ", ".join(f"{one.quantity} × {one.line.sku}" for one in wanted)
            record(locked, "units back in stock", actor=actor, reason=f"{summary}: {note}")
    return movements


def origins(order: Order) -> dict[UUID, UUID]:
    """Return from which location each variant of an order was sold, the first one where it was several (one query)."""
    later = OrderLine.everything.filter(order=order, replaces__isnull=False)
    of_order = Q(cause_type=Order._meta.label_lower, cause_id=order.pk)
    of_replacements = Q(cause_type=OrderLine._meta.label_lower, cause_id__in=later.order_by().values("pk"))
    sales = StockMovement.objects.filter(of_order | of_replacements, kind=StockMovement.Kind.SALE).order_by(
        "-location__priority", "-location__name"
    )
    return dict(sales.values_list("variant_id", "location_id"))


def at_their_places(order: Order, units: Mapping[OrderLine, int]) -> list[UnitsBack]:
    """Return so many units of each line, each at a place from which it was sold, the first places first (one query).

    Units that came back count against the place where they lie. A line without a variant has no place in stock: none of
    its units is returned here.
    """
    kinds = (StockMovement.Kind.SALE, StockMovement.Kind.CUSTOMER_RETURN)
    causes = {line.sale_cause_key for line in units}
    rows = StockMovement.objects.filter(kind__in=kinds, cause_type__in=CAUSES, cause_id__in=causes).order_by(
        "location__priority", "location__name", "location_id"
    )
    out: dict[tuple[UUID, UUID], dict[UUID, int]] = defaultdict(lambda: defaultdict(int))
    for cause, variant, place, quantity in rows.values_list(
        "cause_id", "variant_id", "location_id", "quantity"
    ):
        if cause is not None:
            out[cause, variant][place] -= quantity
    found = []
    for line, wanted in units.items():
        places = out[line.sale_cause_key, line.variant_id] if line.variant_id else {}
        for place, number in places.items():
            part = min(number, wanted)
            if part > 0:
                found.append(UnitsBack(line, place, part))
                places[place] -= part
                wanted -= part
        if wanted > 0 and (first := next(iter(places), None)):
            # Others of its units were put back at another place: the ledger says whether one more may come.
            found.append(UnitsBack(line, first, wanted))
    return found
