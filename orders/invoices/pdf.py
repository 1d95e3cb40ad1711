"""The paper of a document: A4, made once and kept (`InvoiceFile`)."""

from collections.abc import Sequence
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer

from orders.invoices.printed import Fact, Printed
from shop.core.documents import pdf, qr

WIDTH: Final = 210 * mm - 2 * pdf.MARGIN
# At least 25 mm with its quiet zone outside: the code itself must be large enough to be read from paper.
QR_SIDE: Final = 36 * mm


def render(document: Printed) -> bytes:
    """Return the PDF of a document; the same document gives the same bytes."""
    with translation.override(document.language):
        flow: list[Flowable] = [
            _head(document),
            Spacer(1, 6 * mm),
            _people(document),
            Spacer(1, 6 * mm),
            _lines(document),
            Spacer(1, 4 * mm),
            KeepTogether([_totals(document), Spacer(1, 6 * mm), _end(document)]),
        ]
        return pdf.build(
            flow,
            title=f"{document.title} {document.letter} {document.name}",
            author=document.seller_name,
            page_of=_("Page %(page)d of %(pages)d"),
        )


def _head(document: Printed) -> Flowable:
    box = [pdf.text(document.letter, size=30, bold=True, leading=34, center=True)]
    if document.code:
        box.append(pdf.text(document.code, size=7.5, muted=True, center=True))
    right = [
        pdf.text(document.title, size=16, bold=True, right=True),
        pdf.text(document.name, size=12, right=True),
        pdf.text(f"{_('Date')}: {document.issued_on}", size=9, muted=True, right=True),
    ]
    left = [
        pdf.text(document.seller_name, size=14, bold=True),
        *[pdf.text(_words(fact), size=8.5, muted=True) for fact in document.seller if fact[1]],
    ]
    side = (WIDTH - 24 * mm) / 2
    return pdf.grid(
        [[left, box, right]],
        [side, 24 * mm, side],
        [
            ("BOX", (1, 0), (1, 0), 0.8, pdf.INK),
            ("VALIGN", (1, 0), (1, 0), "MIDDLE"),
            ("RIGHTPADDING", (0, 0), (0, 0), 4 * mm),
        ],
    )


def _people(document: Printed) -> Flowable:
    buyer = [
        pdf.text(_("Buyer"), size=7.5, muted=True),
        *[pdf.text(_words(fact), size=9) for fact in document.buyer if fact[1]],
    ]
    facts = [pdf.text(_words(fact), size=9, right=True) for fact in document.facts if fact[1]]
    return pdf.grid(
        [[buyer, facts]],
        [WIDTH * 0.65, WIDTH * 0.35],
        [("LINEABOVE", (0, 0), (-1, 0), 0.8, pdf.INK), ("TOPPADDING", (0, 0), (-1, -1), 2 * mm)],
    )


def _lines(document: Printed) -> Flowable:
    head = ["SKU", _("Description"), _("Quantity"), _("Unit price")]
    widths = [30 * mm, 0.0, 16 * mm, 28 * mm]
    rows: list[list[object]] = []
    for line in document.lines:
        row: list[object] = [line.sku, line.description, line.quantity, line.unit]
        rows.append([*row, *([line.adjusted] if document.is_adjusted else []), line.amount])
    if document.is_adjusted:
        head.append(_("Discount or charge"))
        widths.append(26 * mm)
    head.append(_("Amount"))
    widths.append(28 * mm)
    widths[1] = WIDTH - sum(widths)
    return pdf.table(head, rows, widths, right=range(2, len(head)))


def _totals(document: Printed) -> Flowable:
    rows: list[Sequence[object]] = [
        ["", pdf.text(label, muted=True, right=True), pdf.text(amount, right=True)]
        for label, amount in document.sums
    ]
    label, amount = document.total
    rows.append(
        [
            "",
            pdf.text(label, size=12, bold=True, right=True),
            pdf.text(amount, size=12, bold=True, right=True),
        ]
    )
    return pdf.grid(
        rows, [WIDTH - 90 * mm, 45 * mm, 45 * mm], [("BOTTOMPADDING", (0, 0), (-1, -1), 1.2 * mm)]
    )


def _end(document: Printed) -> Flowable:
    """Return the foot of the document: what law wants printed, the office's code and its QR."""
    words: list[Flowable] = []
    for at, (legend, amount) in enumerate(document.legends):
        words.append(pdf.text(f"{legend}: {amount}" if amount else legend, size=8.5, bold=at == 0))
    if words:
        words.append(Spacer(1, 3 * mm))
    words += [pdf.text(_words(fact), size=9) for fact in document.authorisation if fact[1]]
    if document.foot:
        words.append(pdf.text(document.foot, size=8, muted=True))
    if not document.qr_address:
        return pdf.grid([[words or [Spacer(1, 1)]]], [WIDTH])
    code = qr.drawing(document.qr_address, side=QR_SIDE)
    return pdf.grid([[[code], words]], [QR_SIDE + 4 * mm, WIDTH - QR_SIDE - 4 * mm])


def _words(fact: Fact) -> str:
    label, value = fact
    return f"{label}: {value}"
