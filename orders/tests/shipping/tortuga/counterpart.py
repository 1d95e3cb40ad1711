"""Tortuga's counterpart for the sandbox: a folder of its own would hold it there."""

from __future__ import annotations

from typing import Any

from shop.sandbox import calls, labels
from shop.sandbox.engine import Action, Counterpart, Sandbox
from shop.sandbox.faults import CARRIER
from shop.sandbox.router import Request, Response, Router
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.webhooks import Sending

CODE, KIND = "tortuga", "tortuga_parcel"


def _price(sandbox: Sandbox, request: Request) -> Response:
    if request.query["to"] == "9999":
        return Response.of_json({"why": "too far"}, 404)
    return Response.of_json({"price": 1000 + float(request.query["kg"]) * 500})


def _parcel(sandbox: Sandbox, request: Request) -> Response:
    number = f"T{sandbox.store.next_number('number.tortuga')}"
    body: JsonDict = {"number": number, "price": 1500}
    sandbox.store.add(Record(KIND, number, body, ref=request.json()["ref"], status="en la tienda"))
    return Response.of_json(body)


def _find(sandbox: Sandbox, request: Request, ref: str) -> Response:
    found = sandbox.store.find(KIND, ref=ref)
    return Response.of_json(found[0].body if found else {}, 200 if found else 404)


def _label(sandbox: Sandbox, request: Request, number: str) -> Response:
    return Response(body=labels.pdf([["TORTUGA", number]]), content_type="application/pdf")


def _where(sandbox: Sandbox, request: Request, number: str) -> Response:
    found = sandbox.store.get(KIND, number)
    return Response.of_json({"where": found.status if found else ""})


def _routes(router: Router) -> None:
    for method, path, call in (
        ("GET", "/tortuga/price", _price),
        ("POST", "/tortuga/parcels", _parcel),
        ("GET", "/tortuga/parcels/{ref}", _find),
        ("GET", "/tortuga/labels/{number}", _label),
        ("GET", "/tortuga/where/{number}", _where),
    ):

        def answer(sandbox: Sandbox, request: Request, call: Any = call, **places: str) -> Response:
            return calls.answer(sandbox, CODE, request, (), lambda: call(sandbox, request, **places))

        router.add(method, path, answer)


def _move(where: str) -> Action:
    def perform(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        parcel = sandbox.store.get(KIND, subject)
        assert parcel is not None
        parcel.status = where
        return sandbox.store.save(parcel)

    return Action(where, perform)


COUNTERPART = Counterpart(
    code=CODE,
    name="Tortuga",
    prefix="/tortuga",
    setting="TORTUGA_API_BASE",
    routes=_routes,
    unknown=lambda _sandbox, _request, _allowed: Response.of_json({}, 404),
    trouble=lambda status: Response.of_json({}, status),
    writers={},
    sending=Sending(schedule=(0.0,), timeout=1.0),
    describe_delivery=lambda _sandbox, _delivery: "",
    rows=lambda _sandbox, _limit: [],
    actions={"tortuga.go": _move("en camino"), "tortuga.arrive": _move("llegó")},
    collections={"tortuga_parcels": (KIND,)},
    faults=CARRIER,
)
