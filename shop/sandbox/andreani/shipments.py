"""Andreani's orders and shipments: taken at once, made or rejected later, then traced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from shop.sandbox.andreani import options, validation
from shop.sandbox.engine import Sandbox
from shop.sandbox.store import Json, JsonDict, Record

KIND = "andreani_order"
REQUESTED, CREATED, REJECTED = "Solicitada", "Creada", "Rechazado"
# Of a shipment: number, words, and perhaps a reason.
STATES: dict[str, tuple[int, str]] = {
    "pending": (1, "Pendiente de ingreso"),
    "entered": (5, "Ingreso al circuito operativo"),
    "distribution": (6, "En distribución"),
    "visit": (11, "Visita"),
    # The number of a delivery is not published: this one is invented.
    "delivered": (900, "Entregado"),
    "odd": (987, "En custodia extraordinaria"),
}
_ZONE = timezone(timedelta(hours=-3))


class Refused(Exception):
    """An action or a call that Andreani refuses; `status` is that of the answer."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message, self.status = message, status


def create(sandbox: Sandbox, body: Json) -> Record:
    """Take an order. There is no idempotency: the same one again is another shipment."""
    if wrong := validation.of_order(body):
        raise Refused(wrong)
    own = options.of(sandbox.config)
    wanted = own.contract_branch if "sucursal" in body["destino"] else own.contract_delivery
    if body["contrato"] != wanted:
        raise Refused("contrato inexistente o no habilitado")
    group = f"API{sandbox.store.next_number('number.andreani.group'):013d}"
    rows = _rows(sandbox, group, len(body["bultos"]))
    reference = _reference(body)
    rejects = sandbox.faults.take("rejected_later", options.CODE, targets=(group, reference))
    answer: JsonDict = {
        "estado": REQUESTED,
        "tipo": "B2C",
        "sucursalDeDistribucion": {"nomenclatura": "SBX", "descripcion": "SANDBOX", "id": "1"},
        "fechaCreacion": datetime.now(_ZONE).isoformat(timespec="seconds"),
        "bultos": rows,
        "agrupadorDeBultos": group,
        "etiquetasPorAgrupador": _label_of(sandbox, group, 0),
    }
    return sandbox.store.add(
        Record(
            KIND,
            group,
            answer,
            ref=reference,
            status=REQUESTED,
            due_at=sandbox.clock.due_now() + own.decides_after,
            internal={
                "numbers": [row["numeroDeEnvio"] for row in rows],
                "rejects": rejects is not None,
                "events": [],
                "to": _destination(body),
                "references": [one["contenido"] for one in body["bultos"][0].get("referencias", [])],
            },
        )
    )


def _rows(sandbox: Sandbox, group: str, count: int) -> list[JsonDict]:
    """Return the parcels of an order with new numbers."""
    return [
        {
            "numeroDeBulto": str(index),
            "numeroDeEnvio": f"36{sandbox.store.next_number('number.andreani'):013d}",
            "totalizador": f"{index}/{count}",
            "linking": [{"meta": "Etiqueta", "contenido": _label_of(sandbox, group, index)}],
        }
        for index in range(1, count + 1)
    ]


def decide(sandbox: Sandbox, order: Record) -> Record:
    """Make the shipment of an order, or reject it: its deadline has passed."""
    return _settle(sandbox, order, REJECTED if order.internal["rejects"] else CREATED)


def _settle(sandbox: Sandbox, order: Record, status: str) -> Record:
    if order.status != REQUESTED:
        raise Refused("La orden ya está decidida.", 409)
    order.status = order.body["estado"] = status
    order.due_at = None
    sandbox.store.save(order)
    if status == CREATED:
        happen(sandbox, order, "pending")
    return order


def accept(sandbox: Sandbox, order: Record) -> Record:
    """Make the shipment now."""
    return _settle(sandbox, order, CREATED)


def reject(sandbox: Sandbox, order: Record) -> Record:
    """Reject the order now."""
    return _settle(sandbox, order, REJECTED)


def happen(sandbox: Sandbox, order: Record, what: str) -> Record:
    """Add an event. A delivery changes the shipment's own state and is not in the trace: so it was seen in 2023."""
    if order.status == REQUESTED or order.status == REJECTED:
        raise Refused("Todavía no hay envío.", 409)
    number, words = STATES[what]
    at = datetime.now(UTC).astimezone(_ZONE).replace(tzinfo=None).isoformat(timespec="seconds")
    event: JsonDict = {
        "Fecha": at,
        "Estado": words,
        "EstadoId": number,
        "Traduccion": words.upper(),
        "Sucursal": "Sucursal Genérica",
        "SucursalId": 999,
        "Ciclo": "Distribution",
    }
    if what == "visit":
        event |= {"Motivo": "No se encuentra el titular", "MotivoId": 36}
    if what != "delivered":
        order.internal["events"].append(event)
    order.internal["state"] = {
        "estado": words,
        "estadoId": number,
        "fechaEstado": at,
        "ciclo": "Distribution",
    }
    order.status = what if what != "pending" else CREATED
    return sandbox.store.save(order)


def fetch(sandbox: Sandbox, key: str) -> Record:
    """Return an order by its group or by one of its numbers."""
    found = sandbox.store.get(KIND, key)
    if found is None:
        found = next((order for order in sandbox.store.find(KIND) if key in order.internal["numbers"]), None)
    if found is None:
        raise Refused("No existe el envío.", 404)
    return found


def made(sandbox: Sandbox, key: str) -> Record:
    """Return an order whose shipment exists: before it is accepted there is none."""
    order = fetch(sandbox, key)
    if "state" not in order.internal:
        raise Refused("No existe el envío.", 404)
    return order


def _reference(body: JsonDict) -> str:
    for one in body["bultos"][0].get("referencias", []):
        if one["meta"] == "idCliente":
            return str(one["contenido"])
    return ""


def _destination(body: JsonDict) -> str:
    place = body["destino"]
    if "sucursal" in place:
        return f"Sucursal {place['sucursal']['id']}"
    return f"{place['postal']['calle']} {place['postal']['numero']}, {place['postal']['localidad']}"


def _label_of(sandbox: Sandbox, group: str, parcel: int) -> str:
    query = f"?bulto={parcel}" if parcel else ""
    return f"{sandbox.base_url}/andreani/v2/ordenes-de-envio/{group}/etiquetas{query}"
