"""Both carriers as the sandbox plays them, and what tests ask of them; the fixtures are in `carrier_fixtures`."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from orders.shipping import carriers
from orders.shipping.carriers.base import Contact, LabelRequest, Mode, Parcel, Patience, Place, QuoteRequest
from orders.shipping.carriers.shield import Shield
from shop.sandbox.server import Handle
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
