"""ARCA's place in the sandbox (`shop.sandbox.counterparts` finds it here)."""

from __future__ import annotations

from shop.sandbox.arca import operator, options, wsaa, wsfe
from shop.sandbox.arca.soap import Fault
from shop.sandbox.engine import Counterpart, Sandbox
from shop.sandbox.faults import FaultKind
from shop.sandbox.router import Request, Response, Router
from shop.sandbox.store import JsonDict
from shop.sandbox.webhooks import Sending


def _routes(router: Router) -> None:
    router.add("POST", "/arca/wsaa", wsaa.login)
    router.add("POST", "/arca/wsfev1", wsfe.serve)


def _unknown(_sandbox: Sandbox, _request: Request, allowed: list[str]) -> Response:
    response = Fault("soap:Client", "No existe ese servicio").response()
    response.status = 405 if allowed else 404
    return response


def _trouble(status: int) -> Response:
    response = Fault("soap:Server", "Service unavailable").response()
    response.status = status
    return response


def _no_delivery(_sandbox: Sandbox, _delivery: JsonDict) -> str:
    return ""


COUNTERPART = Counterpart(
    code=options.CODE,
    name="ARCA",
    prefix="/arca",
    setting="ARCA_WSFE_URL",
    routes=_routes,
    unknown=_unknown,
    trouble=_trouble,
    # It notifies nobody.
    writers={},
    sending=Sending(schedule=(0.0,), timeout=1.0),
    describe_delivery=_no_delivery,
    rows=operator.rows,
    actions=operator.ACTIONS,
    collections={"documents": (wsfe.DOCUMENT,)},
    refusals=(operator.Refused,),
    faults=(
        FaultKind("arca_internal", "Error 500, 501 o 502", "ARCA", (("code", "502"), ("effect", False))),
        FaultKind(
            "arca_rejected", "Rechazar con observación", "ARCA", (("code", "10015"), ("msg", "Rechazado"))
        ),
        FaultKind(
            "arca_observed", "Aprobar con observación", "ARCA", (("code", "10217"), ("msg", "Observado"))
        ),
        FaultKind("arca_event", "Anunciar un evento", "ARCA", (("code", "39"), ("msg", "Anuncio"))),
        FaultKind("arca_number_taken", "Otro usa el número antes", "ARCA"),
        FaultKind("arca_already", "Ya hay un TA vigente", "ARCA"),
    ),
    configure=options.from_settings,
)
