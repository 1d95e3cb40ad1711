"""What an operator can do to Envia's shipments, and their rows in the control page's table."""

from __future__ import annotations

from shop.sandbox import actions
from shop.sandbox.engine import Action, Perform, Sandbox
from shop.sandbox.envia import shipments
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.table import TableRow


def _happens(what: str) -> Perform:
    def perform(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        return shipments.happen(sandbox, shipments.fetch(sandbox, subject), what)

    return perform


def _surcharge(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return shipments.surcharge(sandbox, shipments.fetch(sandbox, subject), actions.amount(params))


ACTIONS = {
    "envia.pick": Action("Retirar", _happens("picked")),
    "envia.ship": Action("Despachar", _happens("shipped")),
    "envia.out": Action("En reparto", _happens("out")),
    "envia.attempt": Action("Intento de entrega", _happens("attempt")),
    "envia.branch": Action("Llegó a la sucursal", _happens("branch")),
    "envia.deliver": Action("Entregar", _happens("delivered")),
    "envia.return": Action("Volver", _happens("returned")),
    "envia.odd": Action("Estado desconocido", _happens("odd")),
    "envia.surcharge": Action("Facturar un recargo", _surcharge),
}


def rows(sandbox: Sandbox, limit: int) -> list[TableRow]:
    """Return the latest shipments as rows of the table."""
    found = []
    for shipment in sandbox.store.find(shipments.KIND, limit=limit):
        row = TableRow(
            "Envia",
            shipment.id,
            shipment.ref,
            f"{shipment.body['totalPrice']} {shipment.body['currency']}",
            shipment.status,
            shipment.internal["to"],
            shipment.updated_at,
        )
        if shipment.status != "canceled":
            row.offer(list(ACTIONS), shipment.id)
        found.append(row)
    return found
