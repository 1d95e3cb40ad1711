"""Andreani's place in the sandbox (`shop.sandbox.counterparts` finds it here)."""

from __future__ import annotations

from shop.sandbox.andreani import api, operator, options, shipments
from shop.sandbox.engine import Counterpart
from shop.sandbox.faults import CARRIER
from shop.sandbox.router import Response
from shop.sandbox.webhooks import Sending


def _unknown(allowed: list[str]) -> Response:
    return api.problem("Method Not Allowed" if allowed else "Not Found", 405 if allowed else 404)


COUNTERPART = Counterpart(
    code=options.CODE,
    name="Andreani",
    prefix="/andreani",
    setting="ANDREANI_API_BASE",
    routes=api.routes,
    unknown=lambda _sandbox, _request, allowed: _unknown(allowed),
    trouble=lambda status: api.problem("Servicio no disponible", status),
    # It sends no notifications that anybody has seen.
    writers={},
    sending=Sending(schedule=(0.0,), timeout=5.0),
    describe_delivery=lambda _sandbox, _delivery: "",
    rows=operator.rows,
    actions=operator.ACTIONS,
    collections={"andreani_orders": (shipments.KIND,)},
    refusals=(shipments.Refused,),
    faults=CARRIER,
    on_due={shipments.KIND: shipments.decide},
    configure=options.from_settings,
)
