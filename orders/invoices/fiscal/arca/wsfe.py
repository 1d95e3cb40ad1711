"""WSFEv1's messages: what is sent, in the order of elements that the service wants, and what an answer says.

https://www.afip.gob.ar/ws/documentacion/ws-factura-electronica.asp (manual for developers). A wrong order is answered
with "unable to read request". Amounts have two decimals and a point.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from lxml import etree

from orders.invoices.fiscal.arca import mapping
from orders.invoices.fiscal.base import FiscalDocument, FiscalUnknown, Remark, SeriesKey
from orders.invoices.fiscal.tickets import Ticket

NAMESPACE: Final = "http://ar.gov.afip.dif.FEV1/"
PRODUCTS: Final = 1
# Errors of the service itself: what became of the request is not known.
INTERNAL: Final = frozenset({"500", "501", "502"})
# The ticket or the CUIT: the request was not processed.
NOT_SIGNED_IN: Final = frozenset({"600", "601"})
NO_DATA: Final = "602"
# The number is not the one that follows the last.
NOT_NEXT: Final = "10016"


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of one operation: its element, and the errors beside it (the request was not processed)."""

    result: etree._Element
    errors: tuple[Remark, ...]
    events: tuple[Remark, ...]


def call(operation: str, ticket: Ticket, tax_id: str) -> etree._Element:
    """Return the element of an operation with what signs us in; `_add` goes on with it."""
    root = etree.Element(f"{{{NAMESPACE}}}{operation}", nsmap={None: NAMESPACE})
    auth = _add(root, "Auth")
    for name, value in (("Token", ticket.token), ("Sign", ticket.sign), ("Cuit", tax_id)):
        _add(auth, name, value)
    return root


def last_authorised(ticket: Ticket, series: SeriesKey) -> etree._Element:
    """Return the question for the last number of a series."""
    root = call("FECompUltimoAutorizado", ticket, series.tax_id)
    _add(root, "PtoVta", series.point_of_sale)
    _add(root, "CbteTipo", series.document_code)
    return root


def consult(ticket: Ticket, series: SeriesKey, number: int) -> etree._Element:
    """Return the question for one document."""
    root = call("FECompConsultar", ticket, series.tax_id)
    asked = _add(root, "FeCompConsReq")
    _add(asked, "CbteTipo", series.document_code)
    _add(asked, "CbteNro", number)
    _add(asked, "PtoVta", series.point_of_sale)
    return root


def authorise(ticket: Ticket, document: FiscalDocument) -> etree._Element:
    """Return the request for a document's CAE: one document, of products. Raises: NotIssuable: see `mapping`."""
    root = call("FECAESolicitar", ticket, document.series.tax_id)
    asked = _add(root, "FeCAEReq")
    header = _add(asked, "FeCabReq")
    _add(header, "CantReg", 1)
    _add(header, "PtoVta", document.series.point_of_sale)
    _add(header, "CbteTipo", document.series.document_code)
    detail = _add(_add(asked, "FeDetReq"), "FECAEDetRequest")
    for name, value in _details(document).items():
        _add(detail, name, value)
    if document.related:
        related = _add(detail, "CbtesAsoc")
        for one in document.related:
            row = _add(related, "CbteAsoc")
            for name, value in (
                ("Tipo", one.document_code),
                ("PtoVta", one.point_of_sale),
                ("Nro", one.number),
                ("Cuit", one.tax_id),
                ("CbteFch", _day(one.issued_on)),
            ):
                _add(row, name, value)
    if document.taxes:
        rates = _add(detail, "Iva")
        for part in document.taxes:
            row = _add(rates, "AlicIva")
            _add(row, "Id", mapping.rate_id(part.rate))
            _add(row, "BaseImp", part.net)
            _add(row, "Importe", part.tax)
    return root


def _details(document: FiscalDocument) -> dict[str, object]:
    """Return the plain elements of a document in their order."""
    return {
        "Concepto": PRODUCTS,
        "DocTipo": document.document_type,
        "DocNro": document.document_number,
        "CbteDesde": document.number,
        "CbteHasta": document.number,
        "CbteFch": _day(document.issued_on),
        "ImpTotal": document.total,
        "ImpTotConc": Decimal("0.00"),
        "ImpNeto": document.net,
        "ImpOpEx": Decimal("0.00"),
        "ImpTrib": Decimal("0.00"),
        "ImpIVA": document.tax,
        "MonId": mapping.currency_of(document.currency),
        "MonCotiz": 1,
        "CondicionIVAReceptorId": document.condition,
    }


def reply(body: etree._Element, operation: str) -> Reply:
    """Return what an operation answered. Raises: FiscalUnknown: it is another answer."""
    result = body.find(f"{{{NAMESPACE}}}{operation}Result")
    if result is None:
        raise FiscalUnknown("the answer is of another operation")
    return Reply(result, tuple(_remarks(result, "Errors/Err")), tuple(_remarks(result, "Events/Evt")))


def observations(detail: etree._Element) -> tuple[Remark, ...]:
    """Return what the service remarked on a document."""
    return tuple(_remarks(detail, "Observaciones/Obs"))


def text(element: etree._Element, path: str) -> str:
    """Return the text at a path below an element, its names in the service's namespace; "" where there is none."""
    return (element.findtext(_path(path)) or "").strip()


def find(element: etree._Element, path: str) -> etree._Element | None:
    """Return the element at a path below another."""
    return element.find(_path(path))


def day(value: str) -> date | None:
    """Return a day that is written yyyymmdd."""
    try:
        return datetime.strptime(value, "%Y%m%d").date()  # noqa: DTZ007  (a day has no zone)
    except ValueError:
        return None


def differences(document: FiscalDocument, found: etree._Element) -> tuple[str, ...]:
    """Return which facts of a document that the service has are not those of ours."""
    return tuple(name for name, ours in _compared(document).items() if not _same(ours, text(found, name)))


def _compared(document: FiscalDocument) -> Mapping[str, object]:
    wanted = _details(document)
    left_out = {"Concepto", "CbteHasta", "ImpTotConc", "ImpOpEx", "ImpTrib", "MonCotiz"}
    return {name: value for name, value in wanted.items() if name not in left_out}


def _same(ours: object, theirs: str) -> bool:
    if not theirs:
        return False
    if isinstance(ours, str):
        return ours == theirs
    try:
        return Decimal(str(ours)) == Decimal(theirs)
    except InvalidOperation:
        return False


def without_secrets(message: etree._Element) -> str:
    """Return a request as it is kept: without ticket."""
    copy = etree.fromstring(etree.tostring(message))
    for name in ("Token", "Sign"):
        for element in copy.iter(f"{{{NAMESPACE}}}{name}"):
            element.text = "…"
    return str(etree.tostring(copy, encoding="unicode", pretty_print=True))


def _remarks(element: etree._Element, path: str) -> Iterator[Remark]:
    for row in element.iterfind(_path(path)):
        yield Remark(text(row, "Code"), text(row, "Msg"))


def _path(path: str) -> str:
    return "/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/"))


def _add(parent: etree._Element, name: str, value: object = None) -> etree._Element:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if value is not None:
        element.text = f"{value:.2f}" if isinstance(value, Decimal) else str(value)
    return element


def _day(value: date) -> str:
    return f"{value:%Y%m%d}"
