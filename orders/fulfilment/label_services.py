"""Which of a carrier's services a label is bought of, where nobody chose one: the shipment goes another way than the
buyer chose.
"""

from orders.fulfilment.label_requests import request_of
from orders.models import LabelPurchase
from orders.shipping import carriers
from orders.shipping.carriers.base import QuoteRequest, Quotes


def choose(purchase: LabelPurchase) -> None:
    """Choose the cheapest service for a reserved label that has none, and note its price. Makes a call.

    Without a price it stays without one: the carrier says why it refuses it.
    """
    carrier = carriers.get(purchase.carrier, carriers.for_jobs())
    if purchase.service or not carrier.capabilities.needs_service:
        return
    asked = request_of(purchase)
    outcome = carrier.quote(
        QuoteRequest(
            origin=asked.origin,
            destination=asked.destination,
            parcels=asked.parcels,
            currency=asked.currency,
            mode=asked.mode,
            branch_code=asked.branch_code,
        )
    )
    if isinstance(outcome, Quotes):
        found = min(outcome.quotes, key=lambda quote: quote.price)
        LabelPurchase.objects.filter(pk=purchase.pk, status=LabelPurchase.Status.RESERVED, service="").update(
            service=found.service[:100], contract=found.contract[:60], quoted_cost=found.price
        )
