"""Both carriers against the sandbox over HTTP: no database, one process' server for all tests."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from orders.shipping import carriers
from orders.shipping.carriers.base import Contact, LabelRequest, Mode, Parcel, Patience, Place, QuoteRequest
from orders.shipping.carriers.shield import Shield
from shop.sandbox.config import SandboxConfig
from shop.sandbox.server import Handle, start
from shop.sandbox.store import JsonDict, Record

CALM = Patience(timeout=20, retries=0, total=20)
HASTY = Patience(timeout=1.5, retries=0, total=1.5)

ORIGIN = Place(
    country="AR",
    postal_code="C1414ABC",
    state="Ciudad Autónoma de Buenos Aires",
    city="CABA",
    street="Av. Inventada 1200",
)
CORDOBA = Place("AR", "5000", "Córdoba", "Córdoba", "Calle Ficticia 45", "3 B")
ANA = Contact("Ana Prueba", "ana@cliente.example", "+54 351 555-0101", "DNI", "30.111.222")
SHOP = Contact("Marca Demo SRL", "envios@marca.example", "1155550100", "CUIT", "30700000008", "Marca Demo")
SHIRT = Parcel(800, 300, 250, 80, Decimal("48399.00"))


class World:
    """The running sandbox, and the shop's side of both carriers."""

    def __init__(self, handle: Handle) -> None:
        self.handle, self.sandbox = handle, handle.sandbox

    def reset(self) -> None:
        self.sandbox.store.reset()
        carriers.forget()

    def fault(
        self, name: str, carrier: str, *, count: int | None = 1, request: str = "", **params: Any
    ) -> None:
        self.sandbox.faults.add(name, provider=carrier, count=count, request=request, params=params)

    def struck(self) -> None:
        assert self.sandbox.faults.armed() == [], "an armed fault did not strike"

    def act(self, action: str, subject: str, **params: Any) -> None:
        from shop.sandbox import actions

        actions.perform(self.sandbox, action, subject, params)

    def made(self, kind: str) -> list[Record]:
        return self.sandbox.store.find(kind)

    def body_of(self, kind: str) -> JsonDict:
        [record] = self.made(kind)
        return record.body

    def ask(self, code: str, patience: Patience = CALM) -> Shield:
        return carriers.get(code, patience)


@pytest.fixture(scope="session")
def carrier_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handle]:
    from shop.sandbox import counterparts

    path = tmp_path_factory.mktemp("carriers") / "sandbox.sqlite3"
    played = {code: one for code, one in counterparts.found().items() if code in ("andreani", "envia")}
    options = {"andreani": {"decides_after": 3600.0}}
    handle = start(SandboxConfig(data_path=path, options=options, webhook_delay=0.0), counterparts=played)
    yield handle
    handle.stop()


@pytest.fixture
def world(carrier_sandbox: Handle, settings: Any) -> Iterator[World]:
    settings.SHIPPING_CARRIERS = ["andreani", "envia"]
    settings.ANDREANI_API_BASE = f"{carrier_sandbox.base_url}/andreani"
    for key in ("ENVIA_API_BASE", "ENVIA_QUERIES_API_BASE", "ENVIA_GEOCODES_API_BASE"):
        setattr(settings, key, f"{carrier_sandbox.base_url}/envia")
    settings.ENVIA_CARRIERS = ["sandboxExpress", "sandboxBranch"]
    settings.CARRIER_CALLS_EACH = settings.CARRIER_CALLS_IN_ALL = settings.PAYMENT_CALLS_IN_ALL = 100
    made = World(carrier_sandbox)
    made.reset()
    yield made
    carriers.forget()


def question(**changes: Any) -> QuoteRequest:
    return replace(QuoteRequest(ORIGIN, CORDOBA, (SHIRT,), "ARS", Mode.DELIVERY), **changes)


def order(service: str, **changes: Any) -> LabelRequest:
    asked = LabelRequest(
        reference="SHP-1042-1-1",
        service=service,
        mode=Mode.DELIVERY,
        origin=ORIGIN,
        sender=SHOP,
        destination=CORDOBA,
        recipient=ANA,
        parcels=(SHIRT,),
        currency="ARS",
        content="Indumentaria",
    )
    return replace(asked, **changes)
