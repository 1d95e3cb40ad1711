"""Andreani's HTTP API under ``/andreani`` (docs/carriers/andreani.md)."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from decimal import Decimal

from shop.sandbox import calls, labels
from shop.sandbox.andreani import options, shipments, validation
from shop.sandbox.andreani.shipments import Refused
from shop.sandbox.engine import Sandbox
from shop.sandbox.router import Request, Response, Router

Call = Callable[..., Response]
HEADER = "x-authorization-token"
NO_COVERAGE = "9999"


def routes(router: Router) -> None:
    """Register the API."""
    router.add("GET", "/andreani/login", login)
    for method, template, call in (
        ("GET", "/andreani/v1/tarifas", prices),
        ("GET", "/andreani/v1/envios", search),
        ("POST", "/andreani/v2/ordenes-de-envio", order),
        ("GET", "/andreani/v2/ordenes-de-envio/{key}", order_state),
        ("GET", "/andreani/v2/ordenes-de-envio/{key}/etiquetas", label),
        ("GET", "/andreani/v2/envios/{key}", state),
        ("GET", "/andreani/v2/envios/{key}/trazas", trace),
        ("GET", "/andreani/v2/sucursales", branches),
    ):
        router.add(method, template, guarded(call))


def guarded(call: Call) -> Call:
    """Wrap an endpoint: token, armed faults, plain errors. The shape of Andreani's own error bodies is not
    published.
    """

    def answer(sandbox: Sandbox, request: Request, **places: str) -> Response:
        if not hmac.compare_digest(request.headers.get(HEADER, "").encode(), token_of(sandbox).encode()):
            return problem("Token inválido o vencido", 401)

        def run() -> Response:
            try:
                return call(sandbox, request, **places)
            except Refused as error:
                return problem(error.message, error.status)

        targets = calls.targets_of(sandbox, request, _references(request))
        return calls.answer(sandbox, options.CODE, request, targets, run)

    return answer


def problem(words: str, status: int) -> Response:
    """Answer an error."""
    return Response.of_json({"title": words, "status": status}, status)


def token_of(sandbox: Sandbox) -> str:
    """Return the token that counts now: an operator may make it expire."""
    return f"sandbox-{sandbox.store.meta('andreani.token') or 1}"


def _references(request: Request) -> tuple[str, ...]:
    """Return our reference in an order's parcels, so that a fault may name it before it exists."""
    try:
        body = request.json()
        return tuple(one["contenido"] for one in body["bultos"][0]["referencias"])
    except (ValueError, LookupError, TypeError):
        return ()


def login(sandbox: Sandbox, request: Request) -> Response:
    """``GET /login``: the token is a header of the answer."""
    own = options.of(sandbox.config)
    wanted = base64.b64encode(f"{own.user}:{own.password}".encode()).decode()
    if not hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Basic {wanted}".encode()):
        return problem("Usuario o clave incorrectos", 401)
    answer = lambda: Response.of_json({}, 200, {HEADER: token_of(sandbox)})  # noqa: E731
    return calls.answer(sandbox, options.CODE, request, (), answer)


def prices(sandbox: Sandbox, request: Request) -> Response:
    """``GET /v1/tarifas``: invented prices, as texts, with and without tax."""
    query, own = request.query, options.of(sandbox.config)
    parcels = validation.parcels_of(query)
    if isinstance(parcels, str):
        raise Refused(parcels)
    if query["cliente"] != own.client or query["contrato"] not in (
        own.contract_delivery,
        own.contract_branch,
    ):
        raise Refused("contrato inexistente o no habilitado")
    if query["cpDestino"] == NO_COVERAGE or sandbox.faults.take("no_coverage", options.CODE):
        raise Refused("El código postal no tiene cobertura")
    weight = sum(
        (max(Decimal(one.get("kilos", "0")), Decimal(one.get("volumen", "0")) / 4000) for one in parcels),
        Decimal(0),
    )
    far = Decimal(int(query["cpDestino"]) // 1000) * 250
    base = Decimal(4200) + far + weight * 600
    if query["contrato"] == own.contract_branch:
        base = base * Decimal("0.75")
    insured = sum((Decimal(one["valorDeclarado"]) for one in parcels), Decimal(0)) / 100
    return Response.of_json(
        {
            "pesoAforado": f"{weight:.2f}",
            "tarifaSinIva": _price(base, insured, Decimal(1)),
            "tarifaConIva": _price(base, insured, Decimal("1.21")),
        }
    )


def _price(base: Decimal, insured: Decimal, tax: Decimal) -> dict[str, str]:
    parts = (insured * tax).quantize(Decimal("0.01")), (base * tax).quantize(Decimal("0.01"))
    return {"seguroDistribucion": str(parts[0]), "distribucion": str(parts[1]), "total": str(sum(parts))}


def order(sandbox: Sandbox, request: Request) -> Response:
    """``POST /v2/ordenes-de-envio``: 202, and nothing is decided yet."""
    try:
        body = request.json()
    except ValueError as error:
        raise Refused("JSON inválido") from error
    return Response.of_json(shipments.create(sandbox, body).body, 202)


def order_state(sandbox: Sandbox, request: Request, key: str) -> Response:
    """``GET /v2/ordenes-de-envio/{numero}``: always there, in whatever state."""
    return Response.of_json(shipments.fetch(sandbox, key).body)


def label(sandbox: Sandbox, request: Request, key: str) -> Response:
    """``GET …/etiquetas``: a page for each parcel."""
    found = shipments.fetch(sandbox, key)
    if found.status == shipments.REJECTED:
        raise Refused("La orden fue rechazada", 404)
    wanted = request.query.get("bulto")
    numbers = found.internal["numbers"]
    chosen = (
        numbers if wanted is None else numbers[int(wanted) - 1 : int(wanted)] if wanted.isdecimal() else []
    )
    if not chosen:
        raise Refused("No existe el bulto", 404)
    content = labels.pdf(
        [["ANDREANI (sandbox)", number, found.internal["to"], found.ref] for number in chosen]
    )
    return Response(body=content, content_type="application/pdf")


def state(sandbox: Sandbox, request: Request, key: str) -> Response:
    """``GET /v2/envios/{numero}``: 404 until the order was accepted."""
    found = shipments.made(sandbox, key)
    return Response.of_json({"numeroDeTracking": key, **found.internal["state"]})


def trace(sandbox: Sandbox, request: Request, key: str) -> Response:
    """``GET /v2/envios/{numero}/trazas``; an armed empty list has none."""
    found = shipments.made(sandbox, key)
    hidden = sandbox.faults.take("empty_list", options.CODE, targets=calls.targets_of(sandbox, request))
    return Response.of_json({"eventos": [] if hidden else found.internal["events"]})


def search(sandbox: Sandbox, request: Request) -> Response:
    """``GET /v1/envios``: what was made for a client; an order that is not decided is not listed."""
    if request.query.get("codigoCliente") != options.of(sandbox.config).client:
        raise Refused("cliente inexistente")
    rows = [
        {"numeroDeEnvio": found.internal["numbers"][0], "referencias": found.internal["references"]}
        for found in sandbox.store.find(shipments.KIND)
        if found.status not in (shipments.REQUESTED, shipments.REJECTED)
    ]
    return Response.of_json({"envios": rows})


def branches(sandbox: Sandbox, request: Request) -> Response:
    """``GET /v2/sucursales``: three invented ones for any code that has coverage."""
    code = request.query.get("codigoPostal", "")
    if code == NO_COVERAGE or sandbox.faults.take("empty_list", options.CODE, request=f"GET {request.path}"):
        return Response.of_json([])
    rows = [
        {
            "id": f"{code}{index}",
            "nomenclatura": f"S{index}",
            "descripcion": f"Sucursal {name}",
            "direccion": {
                "calle": street,
                "numero": str(100 * index),
                "localidad": "Ciudad de prueba",
                "codigoPostal": code,
            },
            "horarioDeAtencion": "Lunes a viernes de 9 a 18",
        }
        for index, (name, street) in enumerate(
            (("Centro", "Calle Ficticia"), ("Norte", "Av. Inventada"), ("Terminal", "Pasaje Imaginario")),
            start=1,
        )
    ]
    return Response.of_json(rows)
