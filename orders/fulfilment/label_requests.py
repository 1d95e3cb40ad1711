"""What is asked of a carrier for a shipment's label, as it stands at this moment."""

import hashlib
import json
from dataclasses import asdict
from decimal import Decimal

from django.conf import settings

from orders.models import LabelPurchase, Shipment
from orders.shipping import carriers, quoting
from orders.shipping.carriers.base import Contact, LabelRequest, Mode, Parcel, Place, Purchase
from orders.shipping.parcels import Goods, pack
from orders.shipping.rates import place_of


def carrier_of(shipment: Shipment) -> str:
    """Return the code of the carrier that this shop asks for a shipment, or "": its label is made by hand."""
    code = shipment.method.module if shipment.method is not None else ""
    return code if code and carriers.is_asked(code) else ""


def mode_of(shipment: Shipment) -> Mode:
    """Return where it is handed over."""
    return Mode.BRANCH if shipment.kind == Mode.BRANCH else Mode.DELIVERY


def request_of(purchase: LabelPurchase) -> LabelRequest:
    """Return the request of a purchase; the same rows make the same request."""
    shipment = purchase.shipment
    order = shipment.order
    address = shipment.order.shipping_address
    return LabelRequest(
        reference=purchase.reference,
        service=purchase.service,
        contract=purchase.contract,
        mode=mode_of(shipment),
        origin=quoting.origin(),
        sender=Contact(
            name=settings.SHIPPING_SENDER_NAME or settings.SHOP_NAME,
            email=settings.SHOP_EMAIL,
            phone=settings.SHIPPING_SENDER_PHONE,
            document_type="CUIT" if settings.SHOP_COUNTRY == "AR" else "",
            document_number=settings.SHIPPING_SENDER_DOCUMENT,
            company=settings.SHOP_NAME,
        ),
        destination=place_of(address) if address else Place(settings.SHOP_COUNTRY, ""),
        recipient=Contact(
            name=(address.recipient if address else "") or order.full_name,
            email=order.email,
            phone=(address.phone if address else "") or order.phone,
            document_type=order.document_type,
            document_number=order.document_number,
        ),
        parcels=parcels_of(shipment),
        currency=purchase.currency,
        branch_code=shipment.branch_code,
        content=settings.SHIPPING_CONTENT,
    )


def parcels_of(shipment: Shipment) -> tuple[Parcel, ...]:
    """Return the parcels as they were measured; what nobody measured is as its lines say, or the shop's usual."""
    lines = list(shipment.lines.select_related("order_line__variant"))
    goods = []
    for line in lines:
        variant = line.order_line.variant
        sizes = (variant.length_mm, variant.width_mm, variant.height_mm) if variant else (0, 0, 0)
        goods.append(Goods(line.quantity, line.order_line.weight_grams, line.order_line.unit_price, *sizes))
    expected = pack(goods)
    measured = [box for box in shipment.parcels.all() if box.weight_grams]
    if not measured or not expected:
        return expected
    value = sum((parcel.declared_value for parcel in expected), Decimal(0))
    share = (value / len(measured)).quantize(Decimal("0.01"))
    usual = expected[0]
    return tuple(
        Parcel(
            box.weight_grams,
            box.length_mm or usual.length_mm,
            box.width_mm or usual.width_mm,
            box.height_mm or usual.height_mm,
            share if place else value - share * (len(measured) - 1),
        )
        for place, box in enumerate(measured)
    )


def digest_of(request: LabelRequest) -> str:
    """Return the digest of a request: what was sent can be proved without keeping the address once more."""
    return hashlib.sha256(json.dumps(asdict(request), default=str, sort_keys=True).encode()).hexdigest()


def as_asked(purchase: LabelPurchase) -> Purchase:
    """Return a purchase as its carrier is asked about it."""
    return Purchase(
        reference=purchase.reference,
        external_id=purchase.external_id,
        numbers=tuple(purchase.numbers),
        ids=dict(purchase.ids),
        service=purchase.service,
        sent_at=purchase.sent_at or purchase.created_at,
    )
