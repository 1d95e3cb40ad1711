"""Envia's HTTP API under ``/envia``: shipping, queries and geocodes, all on one host here (docs/carriers/envia.md)."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from shop.sandbox import calls, labels
from shop.sandbox.engine import Sandbox
from shop.sandbox.envia import options, shipments
from shop.sandbox.envia.shipments import EnviaRefused
from shop.sandbox.router import Request, Response, Router
from shop.sandbox.store import Json

Call = Callable[..., Response]


def routes(router: Router) -> None:
    """Register the API. Labels are files without a token, as behind Envia's addresses."""
    for method, template, call in (
        ("POST", "/envia/ship/rate/", rate),
        ("POST", "/envia/ship/generate/", generate),
        ("POST", "/envia/ship/generaltrack/", track),
        ("POST", "/envia/ship/cancel/", cancel),
        ("GET", "/envia/branches/{carrier}/{country}", branches),
        ("GET", "/envia/zipcode/{country}/{code}", zipcode),
        ("POST", "/envia/locate", locate),
    ):
        router.add(method, template, guarded(call))
    router.add("GET", "/envia/labels/{name}", label)


def guarded(call: Call) -> Call:
    """Wrap an endpoint: token, armed faults, and every refusal with HTTP 200."""

    def answer(sandbox: Sandbox, request: Request, **places: str) -> Response:
        known = f"Bearer {options.of(sandbox.config).token}"
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), known.encode()):
            return Response.of_json(
                {"statusCode": 401, "error": "Unauthorized", "message": "Invalid token"}, 401
            )

        def run() -> Response:
            try:
                return call(sandbox, request, **places)
            except EnviaRefused as error:
                return refusal(error.code, error.message)

        targets = calls.targets_of(sandbox, request, _references(request))
        return calls.answer(sandbox, options.CODE, request, targets, run)

    return answer


def refusal(code: int, message: str, status: int = 200) -> Response:
    """Answer an error, which is HTTP 200 with Envia."""
    return Response.of_json({"meta": "error", "error": {"code": code, "message": message}}, status)


def _references(request: Request) -> tuple[str, ...]:
    try:
        return (str(request.json()["shipment"]["reference"]),)
    except (ValueError, LookupError, TypeError):
        return ()


def _body(request: Request) -> Json:
    try:
        return request.json()
    except ValueError as error:
        raise EnviaRefused(1102, "Invalid JSON") from error


def rate(sandbox: Sandbox, request: Request) -> Response:
    """``POST /ship/rate/``."""
    return Response.of_json({"meta": "rate", "data": shipments.rates(sandbox, _body(request))})


def generate(sandbox: Sandbox, request: Request) -> Response:
    """``POST /ship/generate/``: no idempotency."""
    return Response.of_json({"meta": "generate", "data": [shipments.generate(sandbox, _body(request))]})


def track(sandbox: Sandbox, request: Request) -> Response:
    """``POST /ship/generaltrack/``."""
    return Response.of_json({"meta": "generaltrack", "data": shipments.track(sandbox, _body(request))})


def cancel(sandbox: Sandbox, request: Request) -> Response:
    """``POST /ship/cancel/``."""
    return Response.of_json({"meta": "cancel", "data": shipments.cancel(sandbox, _body(request))})


def branches(sandbox: Sandbox, request: Request, carrier: str, country: str) -> Response:
    """``GET /branches/{carrier}/{country}``: a list, empty for a code that is not known."""
    code = request.query.get("zipcode", "")
    if carrier not in shipments.CARRIERS or code == shipments.NO_COVERAGE or carrier != "sandboxBranch":
        return Response.of_json([])
    places = (("Kiosco", "Calle Uno"), ("Librería", "Calle Dos"))
    rows = [
        {
            "branch_code": f"SB{code}{index}",
            "reference": f"Punto {name}",
            "distance": index * 0.8,
            "address": {
                "street": street,
                "number": str(10 * index),
                "city": "Ciudad de prueba",
                "postalCode": code,
            },
        }
        for index, (name, street) in enumerate(places, start=1)
    ]
    return Response.of_json(rows)


def zipcode(sandbox: Sandbox, request: Request, country: str, code: str) -> Response:
    """``GET /zipcode/{country}/{code}``: 200 and an empty list for a code that is not known."""
    known = code != shipments.NO_COVERAGE
    return Response.of_json([{"zip_code": code, "country": {"code": country}}] if known else [])


def locate(sandbox: Sandbox, request: Request) -> Response:
    """``POST /locate``: an invented city number of eight digits."""
    body = _body(request)
    city = str(body.get("city", "")) if isinstance(body, dict) else ""
    return Response.of_json([{"city": f"{11_000_000 + sum(city.encode()):08d}"}] if city else [])


def label(sandbox: Sandbox, request: Request, name: str) -> Response:
    """``GET /labels/{number}.pdf``."""
    found = sandbox.store.get(shipments.KIND, name.removesuffix(".pdf"))
    if found is None:
        return Response.of_json({"error": "not found"}, 404)
    lines = [["ENVIA (sandbox)", found.id, found.body["carrier"], found.internal["to"], found.ref]]
    return Response(body=labels.pdf(lines * int(found.internal["pages"])), content_type="application/pdf")
