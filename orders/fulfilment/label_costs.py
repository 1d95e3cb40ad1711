"""What the labels of shipments will cost, as far as it is known before anybody buys them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from orders.fulfilment import holds, label_rows
from orders.fulfilment.label_requests import carrier_of
from orders.models import LabelPurchase, Shipment, ShippingQuote
from orders.shipping import carriers
from shop.core.money import ZERO, display


@dataclass(frozen=True, slots=True)
class Cost:
    """A label to be bought: of which carrier and service, and the price that was quoted; None: not known."""

    shipment: Shipment
    carrier: str
    service: str
    price: Decimal | None
    currency: str


@dataclass(slots=True)
class Costs:
    """The labels to be bought, and (shipment, why) of those of which none will be."""

    labels: list[Cost] = field(default_factory=list)
    left_out: list[tuple[Shipment, str]] = field(default_factory=list)

    @property
    def sums(self) -> dict[str, Decimal]:
        """Return the sum of the known prices by currency."""
        found: dict[str, Decimal] = {}
        for one in self.labels:
            if one.price is not None:
                found[one.currency] = found.get(one.currency, ZERO) + one.price
        return found

    @property
    def unknown(self) -> int:
        """Return of how many labels the price is not known."""
        return sum(one.price is None for one in self.labels)


def quote_of(shipment: Shipment) -> ShippingQuote | None:
    """Return the carrier's price that the buyer chose, where the shipment goes that way."""
    quote: ShippingQuote | None = shipment.order.checkout.shipping_quote
    return quote if quote is not None and quote.method_id == shipment.method_id else None


def of(keys: Collection[UUID]) -> Costs:
    """Return what buying the labels of these shipments comes to: two queries, however many. Asks no carrier.

    What was refunded since is only found when the label is bought, and refused then.
    """
    rows = list(
        Shipment.objects.filter(pk__in=list(keys))
        .select_related("order__checkout__shipping_quote", "method")
        .annotate(held=holds.is_held("order"))
        .order_by("created_at", "pk")
    )
    live = label_rows.live_of(rows)
    found = Costs()
    for shipment in rows:
        if why := _why_not(shipment, live.get(shipment.pk)):
            found.left_out.append((shipment, why))
        else:
            found.labels.append(_cost(shipment, live.get(shipment.pk)))
    return found


def words(shipment: Shipment) -> str:
    """Return carrier, service and quoted price of a shipment's label in one line."""
    one = _cost(shipment, None)
    price = display(one.price, one.currency) if one.price is not None else _("price not known")
    return " · ".join(filter(None, (one.carrier, one.service, price)))


def _why_not(shipment: Shipment, label: LabelPurchase | None) -> str:
    """Return why no label is bought for a shipment (`held` is among its columns), or ""."""
    if label is not None and label.status != LabelPurchase.Status.RESERVED:
        return _("its label: %(state)s") % {"state": label.get_status_display()}
    if shipment.status != Shipment.Status.PENDING:
        return str(shipment.get_status_display())
    if not carrier_of(shipment):
        return _("no connected carrier sells its label")
    return _("Held") if getattr(shipment, "held", False) else ""


def _cost(shipment: Shipment, reserved: LabelPurchase | None) -> Cost:
    """Return the cost of a label as its purchase will note it, or has noted it."""
    quote = quote_of(shipment)
    service = reserved.service if reserved else shipment.service or (quote.service if quote else "")
    price = reserved.quoted_cost if reserved else quote.price if quote else None
    return Cost(
        shipment,
        carriers.name_of(carrier_of(shipment)),
        quote.name if quote and quote.service == service else service,
        price,
        shipment.order.currency,
    )
