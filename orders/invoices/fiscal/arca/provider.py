"""ARCA as a tax office of the shop: what it is asked, and what its answers mean (`FiscalProvider`)."""

import base64
import json
import logging
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from lxml import etree

from orders.invoices.fiscal.arca import client, mapping, wsaa, wsfe
from orders.invoices.fiscal.base import (
    Authorised,
    Buyer,
    FiscalDocument,
    FiscalUnavailable,
    FiscalUnknown,
    Found,
    Note,
    NotIssuable,
    Receiver,
    Rejected,
    Remark,
    SeriesKey,
)
from orders.invoices.fiscal.tickets import Ticket, TicketStore

log = logging.getLogger(__name__)

CODE: Final = "arca"
SERVICE: Final = "wsfe"
# Documents bear Argentina's day, wherever the shop's clock is.
ZONE: Final = ZoneInfo("America/Argentina/Buenos_Aires")
# Ley 27.743 art. 39, RG ARCA 5614/2024: what a responsable inscripto prints for a final consumer.
TRANSPARENCY: Final = "Régimen de Transparencia Fiscal al Consumidor Ley 27.743"


class Arca:
    """ARCA with this shop's settings."""

    code = CODE

    def __init__(self, *, tickets: TicketStore, note: Note) -> None:
        self._tickets = tickets
        self._note = note
        self._tax_id: str = settings.ARCA_CUIT
        self._environment: str = settings.ARCA_ENVIRONMENT

    def today(self) -> date:
        """Return Argentina's day."""
        return datetime.now(tz=ZONE).date()

    def receiver(self, buyer: Buyer, *, total: Decimal, on: date) -> Receiver:
        """Return class, DocTipo, DocNro and condition. Raises: NotIssuable: the buyer must be identified."""
        condition = mapping.condition_of(buyer.tax_condition)
        letter = mapping.letter(settings.SELLER_TAX_CONDITION, condition)
        kind, number = mapping.document_of(buyer, condition)
        if condition != mapping.FINAL_CONSUMER and kind != mapping.CUIT:
            raise NotIssuable("Hace falta el CUIT de quien compra: no es consumidor final.")
        limit = mapping.threshold(on, settings.ARCA_IDENTIFY_FROM)
        if kind == mapping.UNIDENTIFIED and limit is not None and total >= limit:
            raise NotIssuable(
                f"Desde $ {limit:,.0f} hay que identificar a quien compra: falta su DNI o CUIT."
            )
        return Receiver(
            series=self._series(mapping.INVOICES[letter], letter),
            document_type=kind,
            document_number=number,
            condition=condition,
        )

    def check(self, document: FiscalDocument) -> None:
        """Refuse what cannot even be written as a request."""
        wsfe.authorise(Ticket("", "", datetime.now(tz=ZONE)), document)

    def note_series(self, invoice: FiscalDocument, *, is_credit: bool) -> SeriesKey:
        """Return the series of the notes of an invoice: its class, at the point of sale of today."""
        letter = mapping.LETTERS[invoice.series.document_code]
        codes = mapping.CREDIT_NOTES if is_credit else mapping.DEBIT_NOTES
        return self._series(codes[letter], letter)

    def _series(self, code: int, letter: str) -> SeriesKey:
        return SeriesKey(
            provider=CODE,
            environment=self._environment,
            tax_id=self._tax_id,
            point_of_sale=settings.ARCA_POINT_OF_SALE,
            document_code=code,
            letter=letter,
        )

    def last_number(self, series: SeriesKey) -> int:
        """Ask FECompUltimoAutorizado."""
        operation = "FECompUltimoAutorizado"
        reply = self._read(operation, wsfe.last_authorised(self._ticket(), series))
        number = wsfe.text(reply.result, "CbteNro")
        if reply.errors or not number.isdecimal():
            raise FiscalUnavailable(_words(reply.errors) or "no last number in the answer")
        return int(number)

    def authorise(self, document: FiscalDocument) -> Authorised | Rejected:
        """Ask FECAESolicitar for one document.

        Raises:
            FiscalUnknown: no answer, a fault, or the service's own failure (500 to 502): it may have been issued.
            FiscalUnavailable: it was not processed.
            NotIssuable: it has a rate or currency that ARCA does not know.
        """
        operation = "FECAESolicitar"
        reply = self._ask(operation, wsfe.authorise(self._ticket(), document))
        codes = {error.code for error in reply.errors}
        if codes & wsfe.INTERNAL:
            raise FiscalUnknown(_words(reply.errors))
        detail = wsfe.find(reply.result, "FeDetResp/FECAEDetResponse")
        if codes and detail is None:
            return Rejected(reasons=reply.errors, is_number_taken=wsfe.NOT_NEXT in codes)
        if detail is None:
            raise FiscalUnknown("no document in the answer")
        remarks = (*wsfe.observations(detail), *reply.errors)
        result, cae = wsfe.text(detail, "Resultado"), wsfe.text(detail, "CAE")
        if result == "R":
            return Rejected(reasons=remarks, is_number_taken=any(r.code == wsfe.NOT_NEXT for r in remarks))
        if result != "A" or not cae:
            raise FiscalUnknown(f"result {result!r} without a CAE")
        return Authorised(code=cae, due=wsfe.day(wsfe.text(detail, "CAEFchVto")), remarks=remarks)

    def find(self, document: FiscalDocument) -> Found | None:
        """Ask FECompConsultar for a document's number."""
        operation = "FECompConsultar"
        reply = self._read(operation, wsfe.consult(self._ticket(), document.series, document.number))
        if any(error.code == wsfe.NO_DATA for error in reply.errors):
            return None
        found = wsfe.find(reply.result, "ResultGet")
        if reply.errors or found is None:
            raise FiscalUnavailable(_words(reply.errors) or "no document in the answer")
        return Found(
            authorisation=Authorised(
                code=wsfe.text(found, "CodAutorizacion"),
                due=wsfe.day(wsfe.text(found, "FchVto")),
                remarks=wsfe.observations(found),
            ),
            differences=wsfe.differences(document, found),
        )

    def qr_address(self, document: FiscalDocument, authorisation: str) -> str:
        """Return the address in the QR code (RG ARCA 4892/2020): numbers are numbers, and not texts.

        https://www.afip.gob.ar/fe/qr/especificaciones.asp
        """
        facts: dict[str, object] = {
            "ver": 1,
            "fecha": document.issued_on.isoformat(),
            "cuit": int(document.series.tax_id),
            "ptoVta": document.series.point_of_sale,
            "tipoCmp": document.series.document_code,
            "nroCmp": document.number,
            "importe": _number(document.total),
            "moneda": mapping.currency_of(document.currency),
            "ctz": 1,
        }
        # "De corresponder": whoever is not identified has none.
        if document.document_type != mapping.UNIDENTIFIED:
            facts |= {"tipoDocRec": document.document_type, "nroDocRec": document.document_number}
        facts |= {"tipoCodAut": "E", "codAut": int(authorisation)}
        kept = base64.b64encode(json.dumps(facts, separators=(",", ":"), ensure_ascii=False).encode())
        return f"{settings.ARCA_QR_URL}?p={kept.decode()}"

    def is_tax_shown(self, document: FiscalDocument) -> bool:
        """Say whether IVA is printed beside the prices: in class A."""
        return document.series.letter == "A"

    def legends(self, document: FiscalDocument) -> Sequence[tuple[str, Decimal | None]]:
        """Return the transparency lines of a class B for a final consumer."""
        if document.series.letter != "B" or document.condition != mapping.FINAL_CONSUMER:
            return []
        return [(TRANSPARENCY, None), ("IVA contenido", document.tax)]

    # -- The calls -------------------------------------------------------------------------------------------------

    def _ticket(self) -> Ticket:
        identity = wsaa.Identity(settings.ARCA_PRIVATE_KEY, settings.ARCA_CERTIFICATE)

        def login() -> Ticket:
            return wsaa.login(settings.ARCA_WSAA_URL, identity, SERVICE, seconds=settings.ARCA_TIMEOUT)

        return self._tickets.get(
            tax_id=self._tax_id, service=SERVICE, environment=self._environment, login=login
        )

    def _read(self, operation: str, message: etree._Element) -> wsfe.Reply:
        """Ask something that changes nothing: without an answer it is asked again later."""
        try:
            return self._ask(operation, message)
        except FiscalUnknown as error:
            raise FiscalUnavailable(str(error)) from error

    def _ask(self, operation: str, message: etree._Element) -> wsfe.Reply:
        kept, answer, wrong = wsfe.without_secrets(message), "", ""
        try:
            body = client.post(
                settings.ARCA_WSFE_URL,
                wsfe.NAMESPACE + operation,
                client.envelope(message),
                seconds=settings.ARCA_TIMEOUT,
            )
            answer = etree.tostring(body, encoding="unicode")
            if fault := client.fault_of(body):
                raise FiscalUnknown(f"fault {fault[0]}: {fault[1]}")
            reply = wsfe.reply(body, operation)
        except (FiscalUnknown, FiscalUnavailable) as error:
            wrong = str(error)
            raise
        finally:
            self._note(operation, kept, answer, wrong)
        for event in reply.events:
            log.warning("ARCA announces: %s %s", event.code, event.text)
        if {error.code for error in reply.errors} & wsfe.NOT_SIGNED_IN:
            self._tickets.forget(tax_id=self._tax_id, service=SERVICE, environment=self._environment)
            raise FiscalUnavailable(_words(reply.errors))
        return reply


def _words(remarks: Sequence[Remark]) -> str:
    return "; ".join(f"{one.code} {one.text}" for one in remarks)


def _number(amount: Decimal) -> int | float:
    """Return an amount as JSON writes a number, whole or with decimals: it is printed, and never computed with."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)
