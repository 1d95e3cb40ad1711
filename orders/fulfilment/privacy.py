"""Personal data of shipments: exported with their order, and emptied of whoever received them."""

from orders.models import CheckoutSession, LabelPurchase, Order, Parcel
from shop.core.models import Event
from shop.core.privacy import personal_data
from shop.core.privacy.personal_data import Person


def export(order: Order) -> list[dict[str, object]]:
    """Return the shipments of an order for its buyer: what was in them, by whom they went, when."""
    return [
        {
            "number": shipment.number,
            **personal_data.plain(
                shipment,
                "status",
                "method_name",
                "carrier",
                "tracking_number",
                "branch_name",
                "shipped_at",
                "delivered_at",
                "returned_at",
            ),
            "lines": [
                {"sku": line.order_line.sku, "quantity": line.quantity} for line in shipment.lines.all()
            ],
        }
        for shipment in order.shipments.all()
    ]


def erase(order: Order, person: Person) -> None:
    """Take the buyer out of what carriers were sent and answered: labels (name and address), words, a chosen branch."""
    for purchase in LabelPurchase.objects.filter(shipment__order=order).defer("pdf"):
        LabelPurchase.objects.filter(pk=purchase.pk).update(
            pdf=None,
            raw={},
            ids={name: value for name, value in purchase.ids.items() if name != "label"},
            detail=personal_data.scrub(purchase.detail, person),
            next_check_at=None,
        )
    Order.objects.filter(pk=order.pk).update(branch_code="", branch_name="")
    CheckoutSession.objects.filter(pk=order.checkout_id).update(branch_code="", branch_name="")
    order.branch_code = order.branch_name = ""
    for shipment in order.shipments.all():
        # A parcel's number opens its carrier's page, where its receiver is named.
        order.shipments.filter(pk=shipment.pk).update(
            tracking_number="",
            tracking_url="",
            branch_name="",
            branch_code="",
            metadata={},
            attention_reason=personal_data.scrub(shipment.attention_reason, person),
        )
        for event in Event.objects.filter(subject_type="orders.shipment", subject_id=shipment.pk):
            personal_data.scrub_event(event, person)
    Parcel.objects.filter(shipment__order=order).update(tracking_number="")
