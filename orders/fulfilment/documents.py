"""What is printed for a parcel: its packing slip, and the shop's own label where no carrier gives one (PDF)."""

from collections.abc import Sequence
from typing import Final

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from reportlab.lib.pagesizes import A4, A6
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepInFrame, PageBreak, Spacer

from orders.models import AddressSnapshot, Shipment, ShipmentLine
from shop.core.documents import barcode, pdf

_LABEL_MARGIN: Final = 6 * mm
_PAGE_OF: Final = gettext_noop("Page %(page)d of %(pages)d")


def printable(shipments: QuerySet[Shipment]) -> list[Shipment]:
    """Return shipments with what their papers say, oldest first (three queries)."""
    lines = ShipmentLine.objects.select_related("order_line").order_by("order_line__sku")
    rows = shipments.select_related("order__shipping_address", "location")
    return list(
        rows.prefetch_related(Prefetch("lines", lines), "parcels").order_by("order__placed_at", "ordinal")
    )


def packing_papers(shipments: Sequence[Shipment]) -> bytes:
    """Return the packing slips of shipments (from `printable`) in one PDF, each on pages of its own, counted from 1.

    In the language of each buyer, without prices: the parcel may be a present.
    """
    flowables: list[Flowable] = []
    for shipment in shipments:
        if flowables:
            flowables.append(PageBreak())
        with translation.override(shipment.order.language):
            flowables += [pdf.NewPaper(_(_PAGE_OF)), *_packing_paper(shipment)]
    return pdf.build(
        flowables, title=_("Packing slips"), author=settings.SHOP_NAME, page_of=_(_PAGE_OF), size=A4
    )


def _packing_paper(shipment: Shipment) -> list[Flowable]:
    code = barcode.drawing(shipment.number, width=62 * mm, height=14 * mm)
    head = pdf.grid(
        [
            [
                [
                    pdf.text(settings.SHOP_NAME, size=15, bold=True),
                    pdf.text(settings.SHOP_ADDRESS, muted=True),
                ],
                [code, pdf.text(shipment.number, size=11, bold=True)],
            ]
        ],
        [112 * mm, 66 * mm],
    )
    day = date_format(timezone.localtime(shipment.created_at), "SHORT_DATE_FORMAT")
    facts = [
        pdf.text(_("Order %(number)s · prepared %(day)s") % {"number": shipment.order, "day": day}),
        pdf.text(shipment.method_name, muted=True),
    ]
    rows = [
        [str(line.quantity), line.order_line.sku, line.order_line.name, ""] for line in shipment.lines.all()
    ]
    table = pdf.table(
        [_("Units"), "SKU", _("Product"), "OK"], rows, [18 * mm, 42 * mm, 104 * mm, 14 * mm], right=[]
    )
    return [
        head,
        Spacer(0, 6 * mm),
        pdf.text(_("Packing slip"), size=13, bold=True),
        *facts,
        Spacer(0, 4 * mm),
        *[pdf.text(line, size=10) for line in recipient(shipment)],
        Spacer(0, 6 * mm),
        table,
        Spacer(0, 6 * mm),
        pdf.text(_("Thank you for your purchase."), muted=True),
    ]


def recipient(shipment: Shipment) -> list[str]:
    """Return who gets a shipment, and where, line by line."""
    order = shipment.order
    address: AddressSnapshot | None = order.shipping_address
    if shipment.kind == "branch" and (shipment.branch_name or shipment.branch_code):
        branch = " · ".join(part for part in (shipment.branch_code, shipment.branch_name) if part)
        return [order.full_name, _("To fetch at %(branch)s") % {"branch": branch}, order.phone]
    if address is None or shipment.is_pickup:
        return [order.full_name, _("Fetched at the store"), order.phone]
    street = f"{address.street}, {address.apartment}" if address.apartment else address.street
    return [
        address.recipient or order.full_name,
        street,
        f"{address.postal_code} {address.city}",
        f"{address.state}, {address.country}",
        address.phone or order.phone,
    ]


def own_labels(shipments: Sequence[Shipment]) -> bytes:
    """Return labels of the shop's own (A6, one page each) for shipments from `printable`."""
    flowables: list[Flowable] = []
    for shipment in shipments:
        if flowables:
            flowables.append(PageBreak())
        with translation.override(shipment.order.language):
            flowables.append(_label(shipment))
    return pdf.build(
        flowables, title=_("Labels"), author=settings.SHOP_NAME, page_of="", size=A6, margin=_LABEL_MARGIN
    )


def _label(shipment: Shipment) -> Flowable:
    """Return a label that keeps to its page, however long an address is: it is set smaller then."""
    width, height = A6[0] - 2 * _LABEL_MARGIN, A6[1] - 2 * _LABEL_MARGIN - 5 * mm
    name, *rest = [line for line in recipient(shipment) if line] or [""]
    parcels = list(shipment.parcels.all())
    weight = sum(parcel.weight_grams for parcel in parcels)
    facts = [shipment.carrier or shipment.method_name, f"{weight} g" if weight else ""]
    flowables: list[Flowable] = [
        pdf.text(_("From: %(shop)s") % {"shop": settings.SHOP_NAME}, size=8, muted=True),
        pdf.text(settings.SHOP_ADDRESS, size=8, muted=True),
        Spacer(0, 5 * mm),
        pdf.text(name, size=15, bold=True),
        *[pdf.text(line, size=12) for line in rest],
        Spacer(0, 5 * mm),
        pdf.text(" · ".join(fact for fact in facts if fact), size=9, muted=True),
        Spacer(0, 4 * mm),
        barcode.drawing(shipment.tracking_number or shipment.number, width=width, height=22 * mm),
        pdf.text(shipment.tracking_number or shipment.number, size=12, bold=True),
        pdf.text(_("Order %(number)s") % {"number": shipment.order}, size=9),
    ]
    return KeepInFrame(width, height, flowables, mode="shrink")
