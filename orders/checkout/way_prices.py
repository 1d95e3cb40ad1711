"""What a purchase costs by each way to pay: what a page shows is what the attempt will charge."""

from collections.abc import Mapping
from decimal import Decimal

from orders.checkout import adjustments
from orders.models import CheckoutSession
from orders.pricing import ways
from orders.pricing.totals import Totals

# The key of every way that has no price of its own.
ANY = ""


def totals_by_way(session: CheckoutSession) -> Mapping[str, Totals]:
    """Return the sums of a checkout by each way with a price of its own, and by any other (`ANY`); writes nothing.

    At the lines and the shipping that the checkout has (`sessions.revalidate` brings them up to date).
    """
    lines = list(session.lines.all())
    return {way: adjustments.as_frozen(session, lines, way=way) for way in (ANY, *ways.offered())}


def cheapest(session: CheckoutSession) -> Decimal:
    """Return what a checkout costs by the cheapest way that is offered now."""
    return min(totals.total for totals in totals_by_way(session).values())
