"""What may be sent instead of claimed units: the same again, or another size or colour of the product."""

from uuid import UUID

from inventory.reservations.sellability import sellability_of
from orders.exchanges import offers
from orders.exchanges.offers import Offered
from orders.models import Claim


def replaceable(claim: Claim) -> dict[UUID, list[Offered]]:
    """Return for each line of a claim, by its key, what may be sent: the same first, also when none is in stock now.

    A line whose variant was deleted has none.
    """
    lines = list(claim.lines.select_related("order_line__variant__product"))
    same = {one.order_line.variant for one in lines if one.order_line.variant}
    found = sellability_of([variant.pk for variant in same]) if same else {}
    others = offers.of_lines([one.order_line for one in lines])
    return {
        one.pk: [
            Offered(one.order_line.variant, found[one.order_line.variant.pk].total),
            *others[one.order_line.pk],
        ]
        if one.order_line.variant
        else []
        for one in lines
    }
