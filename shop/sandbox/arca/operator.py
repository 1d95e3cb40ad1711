"""What an operator sees of ARCA, and the one act: somebody else issues a document at the same point of sale."""

from __future__ import annotations

from decimal import Decimal

from shop.sandbox.arca import wsfe
from shop.sandbox.arca.rules import CLASS
from shop.sandbox.engine import Action, Sandbox
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.table import TableRow
from shop.sandbox.templating import money


class Refused(Exception):
    """The act is not possible."""


def _elsewhere(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    """Issue the next document of a series (``1-6``: point of sale and type, or a document's own number) elsewhere."""
    parts = subject.split("-")
    if len(parts) not in {2, 3} or not all(part.isdecimal() for part in parts) or int(parts[1]) not in CLASS:
        raise Refused("Indicá punto de venta y tipo: 1-6.")
    return wsfe.issue_elsewhere(sandbox, int(parts[0]), int(parts[1]))


ACTIONS = {"arca.elsewhere": Action("Emitir otro desde afuera", _elsewhere)}


def rows(sandbox: Sandbox, limit: int) -> list[TableRow]:
    """Return the latest documents as rows of the table."""
    return [_row(document) for document in sandbox.store.find(wsfe.DOCUMENT, limit=limit)]


def _row(document: Record) -> TableRow:
    body = document.body
    row = TableRow(
        "ARCA",
        document.id,
        f"{CLASS[body['CbteTipo']]} {body['PtoVta']:05d}-{int(body['CbteDesde']):08d}",
        money(Decimal(body["ImpTotal"]), "ARS"),
        "approved",
        f"CAE {body['CAE']} · {body['CbteFch']}",
        document.updated_at,
    )
    row.offer(["arca.elsewhere"], document.id)
    return row
