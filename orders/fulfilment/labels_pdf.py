"""Many labels as one PDF: those that carriers sold, as they are, and the shop's own for the rest."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from typing import Final
from uuid import UUID

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from orders.fulfilment import documents
from orders.models import Shipment

# What carriers send as a label is a page or a few; a longer file is none.
_MOST_PAGES: Final = 20


class NotALabel(Exception):
    """These bytes are no PDF of a label. Trying again does not help; buy or upload it again."""


@dataclass(frozen=True, slots=True)
class Labels:
    """One PDF, and the shipments whose bought label cannot be read: they are not in it."""

    pdf: bytes
    unreadable: list[Shipment]


# What gives the PDFs of labels that were bought: the keys of shipments in, their bytes out (those that have one).
Source = Callable[[Collection[UUID]], Mapping[UUID, bytes]]
_sources: dict[str, Source] = {}


def add_source(name: str, source: Source) -> None:
    """Register where bought labels are kept; the same name again replaces it."""
    _sources[name] = source


def bought(shipments: Sequence[Shipment]) -> dict[UUID, bytes]:
    """Return the labels that carriers sold for these shipments, by the shipments' keys."""
    keys = [shipment.pk for shipment in shipments]
    return {key: file for source in _sources.values() for key, file in source(keys).items()}


def all_in_one(shipments: Sequence[Shipment], *, bought: Mapping[UUID, bytes]) -> Labels:
    """Return the labels of shipments (from `documents.printable`) in their order, as one PDF.

    `bought` has the PDF of each shipment whose carrier sold one, by the shipment's key.
    """
    unreadable: list[Shipment] = []
    writer = PdfWriter()
    for is_bought, some in groupby(shipments, key=lambda one: one.pk in bought):
        if not is_bought:
            _append(writer, documents.own_labels(list(some)), most=len(shipments))
            continue
        for shipment in some:
            try:
                _append(writer, bought[shipment.pk], most=_MOST_PAGES)
            except NotALabel:
                unreadable.append(shipment)
    return Labels(_bytes(writer), unreadable)


def merge(files: Iterable[bytes]) -> bytes:
    """Return PDFs as one, in their order.

    Raises:
        NotALabel: one of them is no PDF, is encrypted, or has no page or too many.
    """
    writer = PdfWriter()
    for file in files:
        _append(writer, file, most=_MOST_PAGES)
    return _bytes(writer)


def _append(writer: PdfWriter, file: bytes, *, most: int) -> None:
    try:
        reader = PdfReader(BytesIO(file))
        number = 0 if reader.is_encrypted else len(reader.pages)
        if not 0 < number <= most:
            raise NotALabel
        # Without outlines, forms and scripts: only what is seen on the pages.
        for page in reader.pages:
            writer.add_page(page)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotALabel from error


def _bytes(writer: PdfWriter) -> bytes:
    target = BytesIO()
    writer.write(target)
    return target.getvalue()
