"""What an operator can do to Andreani's shipments, and their rows in the control page's table."""

from __future__ import annotations

from collections.abc import Callable

from shop.sandbox.andreani import shipments
from shop.sandbox.engine import Action, Perform, Sandbox
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.table import TableRow


def _by(act: Callable[[Sandbox, Record], Record]) -> Perform:
    def perform(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        return act(sandbox, shipments.fetch(sandbox, subject))

    return perform


def _happens(what: str) -> Perform:
    def perform(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        return shipments.happen(sandbox, shipments.fetch(sandbox, subject), what)

    return perform


def _expire_token(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    """Let the token expire: the next call gets a 401."""
    sandbox.store.set_meta("andreani.token", str(int(sandbox.store.meta("andreani.token") or 1) + 1))
    return shipments.fetch(sandbox, subject)


ACTIONS = {
    "andreani.accept": Action("Crear el envío", _by(shipments.accept)),
    "andreani.reject": Action("Rechazar", _by(shipments.reject)),
    "andreani.enter": Action("Ingresó al correo", _happens("entered")),
    "andreani.distribute": Action("En distribución", _happens("distribution")),
    "andreani.visit": Action("Visita sin entrega", _happens("visit")),
    "andreani.deliver": Action("Entregar", _happens("delivered")),
    "andreani.odd": Action("Estado desconocido", _happens("odd")),
    "andreani.expire_token": Action("Vencer el token", _expire_token),
}
_MOVES = ["andreani.enter", "andreani.distribute", "andreani.visit", "andreani.deliver", "andreani.odd"]


def rows(sandbox: Sandbox, limit: int) -> list[TableRow]:
    """Return the latest orders as rows of the table."""
    found = []
    for order in sandbox.store.find(shipments.KIND, limit=limit):
        row = TableRow(
            "Andreani",
            order.internal["numbers"][0],
            order.ref,
            f"{len(order.internal['numbers'])} bulto(s)",
            "pending" if order.status == shipments.REQUESTED else order.status,
            order.internal["to"],
            order.updated_at,
        )
        names = ["andreani.accept", "andreani.reject"] if order.status == shipments.REQUESTED else _MOVES
        if order.status != shipments.REJECTED:
            row.offer([*names, "andreani.expire_token"], order.id)
        found.append(row)
    return found
