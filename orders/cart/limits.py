"""The limit of a drop is one customer's, not one purchase's: units of earlier orders count.

A variant's `max_per_order` holds for every purchase. While its product is in an active drop, it holds for everything
the same customer buys of it since the product's previous drop closed: two orders of the limit each would otherwise
get around the limit. Drops that overlap are one: when the shorter of two closes, the count is not reset. A customer
is whoever shares the account, the e-mail address or the document; somebody with two of each counts as two customers.
A number that stands for a buyer without one (Mexico's generic RFC), or was typed to get past the field, identifies
nobody. Cancelled orders and units do not count; purchases that are being paid do.
"""

from collections.abc import Collection as Keys
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Now

from catalog.models import Collection, Variant
from orders.models import CancellationLine, CheckoutLine, CheckoutSession, Order, OrderLine
from shop.core import countries
from shop.core.countries.numbers import is_identifying
from shop.core.user_input.emails import is_address


@dataclass(frozen=True, slots=True)
class Customer:
    """The account, e-mail address and document that identify a customer; empty parts identify nobody."""

    user_id: UUID | None = None
    email: str = ""
    document_type: str = ""
    document_number: str = ""

    @classmethod
    def of(cls, session: CheckoutSession) -> "Customer":
        """Return whoever buys in a checkout session."""
        document = countries.current().document(session.document_type)
        if not is_identifying(document, session.document_number):
            return cls(session.user_id, session.email.lower())
        return cls(session.user_id, session.email.lower(), session.document_type, session.document_number)

    def owns(self) -> Q | None:
        """Return the condition for this customer's sessions and orders, or None for somebody unknown."""
        known = Q()
        if self.user_id:
            known |= Q(user_id=self.user_id)
        if self.email:
            known |= is_address("email", self.email)
        if self.document_number:
            known |= Q(document_type=self.document_type, document_number=self.document_number)
        return known or None


def already_bought(
    customer: Customer, variant_ids: Keys[UUID], *, except_for: CheckoutSession | None = None
) -> dict[UUID, int]:
    """Return variant → units this customer has bought, or is paying for, in the drop that runs. No locks.

    Variants without a limit or outside every active drop are left out. `except_for` is the purchase that asks.
    """
    owned = customer.owns()
    if owned is None:
        return {}
    drops = Collection.objects.filter(
        kind=Collection.Kind.DROP, is_active=True, products=OuterRef("product_id")
    )
    running = drops.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=Now()))
    began = running.order_by(F("starts_at").asc(nulls_first=True)).values("starts_at")[:1]
    over = drops.filter(ends_at__lte=OuterRef("began")).order_by("-ends_at").values("ends_at")[:1]
    limited = (
        Variant.objects.filter(Exists(running), pk__in=list(variant_ids), max_per_order__isnull=False)
        .annotate(began=Subquery(began))
        .annotate(since=Subquery(over))
    )
    counts: dict[UUID, int] = {}
    orders = Order.objects.filter(owned).exclude(status=Order.Status.CANCELLED)
    paying = CheckoutSession.objects.filter(owned, status=CheckoutSession.Status.AWAITING_PAYMENT)
    if except_for is not None:
        paying = paying.exclude(pk=except_for.pk)
    for variant in limited:
        placed = orders if variant.since is None else orders.filter(placed_at__gte=variant.since)
        rows = OrderLine.objects.filter(order__in=placed, variant=variant)
        bought = rows.aggregate(n=Sum("quantity"))["n"] or 0
        cancelled = (
            CancellationLine.objects.filter(order_line__in=rows).aggregate(n=Sum("quantity"))["n"] or 0
        )
        under_way = CheckoutLine.objects.filter(checkout__in=paying, variant=variant).aggregate(
            n=Sum("quantity")
        )["n"]
        counts[variant.pk] = bought - cancelled + (under_way or 0)
    return counts


def take_turns(customer: Customer) -> None:
    """Serialise the checks of two purchases of the same customer (advisory locks, until the commit).

    Taken before any stock level, in the order of their numbers.
    """
    keys = [str(customer.user_id or ""), customer.email, customer.document_number]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(number) FROM"
            " (SELECT DISTINCT hashtextextended('customer:' || key, 0) AS number FROM unnest(%s::text[]) AS key"
            "   WHERE key <> '' ORDER BY 1) AS numbers",
            [keys],
        )
