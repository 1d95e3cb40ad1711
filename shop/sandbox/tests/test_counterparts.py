"""A new counterpart: a carrier outside the sandbox, with its own route, error, fault, action and notification."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from shop.sandbox import actions, calls, counterparts
from shop.sandbox.engine import Action, Counterpart, Sandbox
from shop.sandbox.faults import FaultKind
from shop.sandbox.router import Request, Response
from shop.sandbox.server import Handle
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.table import TableRow
from shop.sandbox.tests.conftest import Shop, page_of
from shop.sandbox.webhooks import Notice, Outgoing, Sending

CORE = Path(__file__).resolve().parents[1]
KIND = "acme_parcel"


class AcmeRefused(Exception):
    """Acme refuses."""


def _create(sandbox: Sandbox, request: Request) -> Response:
    def run() -> Response:
        parcel = Record(
            KIND, sandbox.ids.token("P", 8), request.json(), ref=request.json()["order"], status="open"
        )
        parcel.body["tracking"] = parcel.id
        parcel.due_at = sandbox.clock.deadline(sandbox.clock.now() + 3600)
        if lost := sandbox.faults.take("acme_depot_closed", "acme"):
            parcel.body["note"] = lost["why"]
        return Response.of_json(sandbox.store.add(parcel).body, 201)

    targets = calls.targets_of(sandbox, request, [request.json().get("order")])
    return calls.answer(sandbox, "acme", request, targets, run)


def _deliver(sandbox: Sandbox, subject: str, _params: JsonDict) -> Record:
    parcel = actions.need(sandbox.store.get(KIND, subject))
    if parcel.status == "delivered":
        raise AcmeRefused("Ya se entregó.")
    _tell(sandbox, parcel, "delivered")
    return parcel


def _tell(sandbox: Sandbox, parcel: Record, status: str) -> None:
    parcel.status = parcel.body["status"] = status
    sandbox.store.save(parcel)
    url = f"{sandbox.config.site_url}/shipping/acme/"
    notice = Notice("acme.status", parcel.id, f"{parcel.id}:{status}", url, {"parcel": parcel.id})
    sandbox.outbox.emit("acme", [notice], (parcel.id, parcel.ref))


def _write(sandbox: Sandbox, delivery: JsonDict, attempt: int) -> Outgoing:
    secret = (
        "wrong" if delivery["options"].get("wrong_signature") else sandbox.config.options["acme"]["secret"]
    )
    language = delivery["options"].get("language", "es")
    headers = {"X-Acme": f"{secret}/{language}/{attempt}"}
    return Outgoing(delivery["url"], headers, delivery["payload"]["parcel"].encode())


def _rows(sandbox: Sandbox, limit: int) -> list[TableRow]:
    found = []
    for parcel in sandbox.store.find(KIND, limit=limit):
        row = TableRow("Acme", parcel.id, parcel.ref, "1 kg", parcel.status, "encomienda", parcel.updated_at)
        row.offer(["acme.deliver"], parcel.id)
        found.append(row)
    return found


ACME = Counterpart(
    code="acme",
    name="Acme Correo",
    prefix="/acme",
    setting="ACME_API_BASE",
    routes=lambda router: router.add("POST", "/acme/parcels", _create),
    unknown=lambda _sandbox, _request, allowed: Response(
        418, b"what?", headers={"X-Allowed": ",".join(allowed)}
    ),
    trouble=lambda status: Response(status, b"acme is tired"),
    at_root=("/parcels",),
    takes_last_slash=True,
    writers={"acme.status": _write},
    sending=Sending(schedule=(0.0, 1.0), timeout=5.0, accepted=(202,)),
    describe_delivery=lambda _sandbox, delivery: delivery["event_id"].split(":")[1],
    rows=_rows,
    actions={"acme.deliver": Action("Entregar la encomienda", _deliver)},
    collections={"parcels": (KIND,)},
    refusals=(AcmeRefused,),
    faults=(
        FaultKind("acme_depot_closed", "Depósito cerrado", "Envíos", (("why", "paro"),)),
        FaultKind("acme_language", "Avisar en otro idioma", "Avisos", (("code", "en"),), option="language"),
    ),
    on_due={KIND: lambda sandbox, parcel: _tell(sandbox, parcel, "lost")},
)


@pytest.fixture
def acme(start_sandbox: Callable[..., Handle], shop: Shop) -> Handle:
    """A sandbox that plays the carrier alone."""
    return start_sandbox(counterparts={"acme": ACME}, options={"acme": {"secret": "s3cret"}})


def _parcel(acme: Handle, path: str = "/acme/parcels", *, status: int = 201) -> Any:
    answer = requests.post(f"{acme.base_url}{path}", json={"order": "R-1"}, timeout=60)
    assert answer.status_code == status, answer.text
    return answer.json() if status == 201 else answer.text


def _control(acme: Handle, path: str, body: Any) -> requests.Response:
    return requests.post(f"{acme.base_url}/_sandbox/api/{path}", json=body, timeout=60)


def test_it_answers_its_own_calls_and_refuses_in_its_own_shape(acme: Handle) -> None:
    made = [_parcel(acme, path) for path in ("/acme/parcels", "/acme/parcels/", "/parcels")]
    listed = requests.get(f"{acme.base_url}/_sandbox/api/parcels?ref=R-1", timeout=60).json()
    assert {parcel["tracking"] for parcel in listed} == {parcel["tracking"] for parcel in made}
    unknown = requests.get(f"{acme.base_url}/acme/parcels", timeout=60)
    assert (unknown.status_code, unknown.text, unknown.headers["X-Allowed"]) == (418, "what?", "POST")
    assert requests.post(f"{acme.base_url}/mp/checkout/preferences", timeout=60).status_code == 404


def test_common_faults_and_its_own_strike_it(acme: Handle) -> None:
    assert (
        _control(acme, "faults", {"name": "http_500", "provider": "acme", "target": "R-1"}).status_code == 201
    )
    assert _parcel(acme, status=500) == "acme is tired"
    assert (
        _control(acme, "faults", {"name": "acme_depot_closed", "params": {"why": "lluvia"}}).status_code
        == 201
    )
    assert _parcel(acme)["note"] == "lluvia"
    assert (
        _control(acme, "faults", {"name": "acme_depot_closed", "params": {"why": "x" * 201}}).status_code
        == 400
    )
    assert _control(acme, "faults", {"name": "amount_delta"}).status_code == 400, (
        "money is nothing to a carrier"
    )
    text = page_of(acme, "faults")
    assert "Depósito cerrado" in text
    assert '<option value="acme">' in text


def test_its_action_is_a_button_and_its_notification_is_signed_sent_and_retried(
    acme: Handle, shop: Shop
) -> None:
    parcel = _parcel(acme)["tracking"]
    assert "Entregar la encomienda" in page_of(acme)
    shop.answers += [200, 202]
    _control(acme, "faults", {"name": "acme_language", "params": {"code": "pt"}})
    assert _control(acme, "actions/acme.deliver", {"id": parcel}).json()["status"] == "delivered"
    assert _control(acme, "flush", {"timeout": 50}).json() == {"done": True}
    flags = shop.of("/shipping/acme/")
    assert [item.headers["x-acme"] for item in flags] == ["s3cret/pt/0", "s3cret/pt/1"], "200 is not its yes"
    assert flags[0].body.decode() == parcel
    deliveries = page_of(acme, "deliveries")
    assert re.search(r"Acme Correo.*entregado.*delivered", deliveries, re.DOTALL)
    again = _control(acme, "actions/acme.deliver", {"id": parcel})
    assert (again.status_code, again.json()) == (409, {"error": "Ya se entregó."})
    assert _control(acme, "actions/acme.deliver", {"id": "P-none"}).json() == {
        "error": "Ese objeto no existe."
    }


def test_its_deadlines_pass(acme: Handle) -> None:
    _parcel(acme)
    assert _control(acme, "advance", {"seconds": 3601}).status_code == 200
    [parcel] = requests.get(f"{acme.base_url}/_sandbox/api/parcels", timeout=60).json()
    assert parcel["status"] == "lost"


def test_two_may_not_claim_the_same(start_sandbox: Callable[..., Handle]) -> None:
    twin = replace(ACME, code="twin", prefix="/twin", collections={})
    with pytest.raises(ValueError, match=r"acme\.deliver"):
        start_sandbox(counterparts={"acme": ACME, "twin": twin})
    other = replace(twin, actions={}, on_due={}, faults=(FaultKind("http_500", "Otra cosa", "API"),))
    with pytest.raises(ValueError, match="http_500"):
        start_sandbox(counterparts={"other": other})


def _core() -> Iterator[Path]:
    """Yield the files of the sandbox that belong to no counterpart."""
    yield from CORE.glob("*.py")
    yield from (CORE / "management").rglob("*.py")
    yield from (CORE / "templates").rglob("*.html")


def test_the_core_names_no_counterpart() -> None:
    """Adding one means writing its folder alone: a name in the core would be a second place to change."""
    folders = {path.parent.name for path in CORE.glob("*/counterpart.py")}
    assert set(counterparts.found()) == folders >= {"conekta", "mercadopago", "stripe"}
    whole = [rf"(?<![a-záéíóú]){folder}(?![a-z])" for folder in folders]
    names = re.compile("|".join([*whole, "mercado ?pago", r"\bmp_", r"/mp\b", r"\bmp\."]), re.IGNORECASE)
    files = list(_core())
    assert len(files) > 15
    assert not {path.name: found for path in files if (found := names.findall(path.read_text()))}


def test_no_counterpart_is_imported_and_there_is_no_circle_not_even_for_types() -> None:
    """The type is at the bottom and the registry at the top (it finds the folders by name)."""
    imports: dict[str, set[str]] = {}
    for path in CORE.rglob("*.py"):
        if "tests" in path.parts:
            continue
        own = ".".join(("shop", "sandbox", *path.relative_to(CORE).with_suffix("").parts)).removesuffix(
            ".__init__"
        )
        imports[own] = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                imports[own] |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    graph = {
        module: {name for name in found if name in imports and name.count(".") > 1}
        for module, found in imports.items()
    }
    core = {f"shop.sandbox.{path.stem}" for path in CORE.glob("*.py")}
    assert not {module: graph[module] - core for module in core & set(graph) if graph[module] - core}
    for folder in counterparts.found():
        others = {f"shop.sandbox.{other}" for other in counterparts.found() if other != folder}
        below = [found for module, found in graph.items() if module.startswith(f"shop.sandbox.{folder}.")]
        assert not {name for found in below for name in found if name.startswith(tuple(others))}
    left = dict(graph)
    while ready := [module for module, found in left.items() if not found & (set(left) - {module})]:
        for module in ready:
            del left[module]
    assert not left
