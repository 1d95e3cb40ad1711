"""Andreani as a carrier: prices by contract, orders that are made later, labels, traces, branches. It cannot cancel."""

from collections.abc import Mapping, Sequence
from datetime import timedelta, tzinfo
from typing import Any, Final, NoReturn
from zoneinfo import ZoneInfo

from django.conf import settings

from orders.shipping.carriers.andreani import mapping
from orders.shipping.carriers.andreani.client import Client
from orders.shipping.carriers.andreani.order import Account, body_of, postal_code, query_of
from orders.shipping.carriers.base import (
    Accepted,
    Bought,
    Branch,
    Branches,
    CallError,
    Capabilities,
    FoundOutcome,
    Label,
    LabelOutcome,
    LabelRequest,
    Misconfigured,
    Mode,
    NoCoverage,
    NotFoundAtProvider,
    NothingFound,
    NotReady,
    Patience,
    Place,
    Purchase,
    PurchaseOutcome,
    Quote,
    QuoteOutcome,
    QuoteRequest,
    Quotes,
    RawPush,
    Refused,
    Tracked,
    TrackedEvent,
    Unknown,
    Unsupported,
)
from orders.shipping.carriers.reading import amount, folded, instant, object_of, text
from shop.core.json_types import JsonObject
from shop.core.protection.errors import BadSignature

CODE: Final = "andreani"
# Words of a refused price that speak of the merchant's own account, not of the place.
_OF_THE_ACCOUNT: Final = ("contrato", "cliente", "sucursalorigen", "autoriza")


class Andreani:
    """The carrier; `zone` is that of its dates, which carry none."""

    code = CODE
    name = "Andreani"
    capabilities = Capabilities(
        quotes=True, labels=True, tracks=True, branches=True, modes=(Mode.DELIVERY, Mode.BRANCH)
    )

    def __init__(self, client: Client, account: Account, zone: tzinfo) -> None:
        self._client, self._account, self._zone = client, account, zone

    def quote(self, request: QuoteRequest) -> QuoteOutcome:
        """Return the one price of the mode's contract; the reply has no delivery time."""
        contract = self._account.contracts.get(request.mode, "")
        if not contract:
            return Misconfigured(f"no contract for {request.mode}")
        if request.currency != "ARS":
            return Misconfigured("Andreani's prices are in pesos")
        try:
            query = query_of(request, self._account)
        except CallError as error:
            return NoCoverage(str(error))
        reply = self._client.read("/v1/tarifas", params=query)
        if reply.status >= 400:
            is_ours = any(word in folded(reply.words) for word in _OF_THE_ACCOUNT)
            return (Misconfigured if is_ours else NoCoverage)(f"Andreani {reply.status}: {reply.words}")
        body = object_of(reply.json(), "Andreani's price")
        key = "tarifaConIva" if self._account.with_tax else "tarifaSinIva"
        price = amount(object_of(body.get(key), key).get("total"), key)
        service = f"{request.mode}"
        quote = Quote(
            CODE, service, "Andreani", price, "ARS", request.mode, contract=contract, raw=dict(body)
        )
        return Quotes((quote,))

    def price_basis(self, mode: Mode) -> str:
        own = self._account
        return f"{own.client}|{own.contracts.get(mode, '')}|{own.origin_branch}|{own.with_tax}"

    def buy(self, request: LabelRequest) -> PurchaseOutcome:
        """Order a shipment: it is accepted, and made or rejected later."""
        body = body_of(request, self._account)
        reply = self._client.write("/v2/ordenes-de-envio", body)
        if reply.status >= 400:
            return Refused(f"Andreani {reply.status}: {reply.words}", str(reply.status))
        return self._read_order(object_of(reply.json(), "Andreani's order"))

    def find(self, purchase: Purchase) -> FoundOutcome:
        """Ask for the order by its number; without one, look through the orders since for our reference."""
        number = _number_of(purchase)
        if not number:
            number = self._search(purchase)
            if not number:
                return NothingFound("Andreani has no shipment with our reference")
        try:
            reply = self._client.read(f"/v2/ordenes-de-envio/{number}")
        except NotFoundAtProvider as error:
            return Unknown(str(error)) if purchase.external_id else NothingFound(str(error))
        if reply.status >= 400:
            return Unknown(f"Andreani {reply.status}: {reply.words}")
        return self._read_order(object_of(reply.json(), "Andreani's order"))

    def _search(self, purchase: Purchase) -> str:
        query = {
            "codigoCliente": self._account.client,
            # A day earlier: its dates carry no zone.
            "fechaCreacionDesde": (purchase.sent_at - timedelta(days=1))
            .astimezone(self._zone)
            .strftime("%Y-%m-%d"),
        }
        reply = self._client.read("/v1/envios", params=query)
        if reply.status >= 400:
            raise CallError(f"Andreani {reply.status}: {reply.words}", permanent=False)
        rows = object_of(reply.json(), "Andreani's list").get("envios")
        if not isinstance(rows, list):
            raise CallError("Andreani's list has no shipments", permanent=False)
        for row in rows:
            known = row.get("referencias") if isinstance(row, Mapping) else None
            if isinstance(known, list) and purchase.reference in map(_content_of, known):
                return text(row.get("numeroDeEnvio") or row.get("numeroDeTracking"), 60)
        return ""

    def label_pdf(self, purchase: Purchase) -> LabelOutcome:
        """Return the labels of all parcels: those of the group, or of the first number."""
        group = purchase.ids.get("agrupador") or _number_of(purchase)
        if not group:
            return NotReady("no number yet")
        reply = self._client.read(f"/v2/ordenes-de-envio/{group}/etiquetas")
        if reply.status >= 400:
            return NotReady(f"Andreani {reply.status}: {reply.words}")
        return Label(reply.body)

    def cancel(self, purchase: Purchase) -> Unsupported:
        return Unsupported("an order that never enters distribution lapses by itself")

    def track(self, numbers: Sequence[str]) -> Tracked:
        """Return traces, and the shipment's own state: traces have been seen without the delivery."""
        events: list[TrackedEvent] = []
        for number in numbers:
            try:
                events += self._trace(number)
            except NotFoundAtProvider:
                continue
        return Tracked(tuple(events))

    def _trace(self, number: str) -> list[TrackedEvent]:
        body = object_of(self._client.read(f"/v2/envios/{number}/trazas").json(), "Andreani's traces")
        rows = body.get("eventos")
        if not isinstance(rows, list):
            raise CallError("Andreani's traces have no events", permanent=False)
        found = [self._event(number, row) for row in rows if isinstance(row, Mapping)]
        state = object_of(self._client.read(f"/v2/envios/{number}").json(), "Andreani's shipment")
        own = self._own_state(number, state)
        known = {(folded(event.text.partition(" · ")[0])) for event in found}
        if own.text and folded(own.text) not in known:
            found.append(own)
        return found

    def _event(self, number: str, row: Mapping[str, Any]) -> TrackedEvent:
        words, why = text(row.get("Estado"), 120), text(row.get("Motivo"), 120)
        return TrackedEvent(
            number=number,
            code=text(row.get("EstadoId"), 20),
            text=f"{words} · {why}" if why else words,
            at=instant(row.get("Fecha"), self._zone),
            state=mapping.state_of(text(row.get("EstadoId"), 20), words),
            place=text(row.get("Sucursal"), 120),
        )

    def _own_state(self, number: str, row: Mapping[str, Any]) -> TrackedEvent:
        words, code = text(row.get("estado"), 120), text(row.get("estadoId"), 20)
        return TrackedEvent(
            number, code, words, instant(row.get("fechaEstado"), self._zone), mapping.state_of(code, words)
        )

    def branches(self, place: Place) -> Branches:
        """Return the branches that serve a postal code."""
        query = {"codigoPostal": postal_code(place.postal_code), "canal": "B2C"}
        rows = self._client.read("/v2/sucursales", params=query).json()
        if not isinstance(rows, list):
            raise CallError("Andreani's branches are no list", permanent=False)
        return Branches(tuple(_branch(row) for row in rows if isinstance(row, Mapping) and row.get("id")))

    def parse_push(self, raw: RawPush) -> NoReturn:
        raise BadSignature("Andreani sends no notifications")

    def tracking_url(self, number: str) -> str:
        template = str(settings.ANDREANI_TRACKING_URL)
        return template.replace("{number}", number) if template and number else ""

    def _read_order(self, body: Mapping[str, Any]) -> Accepted | Bought | Refused:
        state = folded(text(body.get("estado"), 60))
        parcels = body.get("bultos")
        rows = [row for row in parcels if isinstance(row, Mapping)] if isinstance(parcels, list) else []
        numbers = tuple(filter(None, (text(row.get("numeroDeEnvio"), 60) for row in rows)))
        group = text(body.get("agrupadorDeBultos"), 60)
        raw = masked(body)
        if state in mapping.REJECTED:
            return Refused(f"Andreani: {text(body.get('estado'), 60)}", "rechazado", raw=raw)
        if not numbers:
            raise CallError("Andreani's order has no number", permanent=False, maybe_done=True)
        ids = {"agrupador": group} if group else {}
        if state in mapping.CREATED:
            return Bought(
                external_id=group or numbers[0],
                numbers=numbers,
                tracking_url=self.tracking_url(numbers[0]),
                ids=ids,
                raw=raw,
            )
        # Solicitada, and any word that nobody has seen: it is asked about again.
        return Accepted(external_id=group or numbers[0], numbers=numbers, ids=ids, raw=raw)


def masked(body: Mapping[str, Any]) -> JsonObject:
    """Keep what a clerk needs: numbers and states, no person and no address."""
    keys = ("estado", "tipo", "fechaCreacion", "agrupadorDeBultos", "bultos", "sucursalDeDistribucion")
    kept: JsonObject = {key: body[key] for key in keys if key in body}
    return kept


def _number_of(purchase: Purchase) -> str:
    return purchase.numbers[0] if purchase.numbers else purchase.external_id


def _content_of(reference: object) -> str:
    if isinstance(reference, Mapping):
        return text(reference.get("contenido"), 80)
    return text(reference, 80)


def _branch(row: Mapping[str, Any]) -> Branch:
    address = row.get("direccion")
    address = address if isinstance(address, Mapping) else {}
    street = " ".join(filter(None, (text(address.get("calle")), text(address.get("numero"), 20))))
    return Branch(
        code=text(row.get("id"), 40),
        name=text(row.get("descripcion"), 120) or text(row.get("nomenclatura"), 40),
        address=street[:200],
        city=text(address.get("localidad"), 100),
        postal_code=text(address.get("codigoPostal"), 12),
        hours=text(row.get("horarioDeAtencion"), 200),
    )


def from_settings(patience: Patience) -> Andreani:
    """Return the carrier with the shop's account; makes no call."""
    contracts = {
        Mode.DELIVERY: settings.ANDREANI_CONTRACT_DELIVERY,
        Mode.BRANCH: settings.ANDREANI_CONTRACT_BRANCH,
    }
    account = Account(
        client=settings.ANDREANI_CLIENT,
        contracts={mode: contract for mode, contract in contracts.items() if contract},
        origin_branch=settings.ANDREANI_ORIGIN_BRANCH,
        branch_field=settings.ANDREANI_BRANCH_FIELD,
        with_tax=settings.ANDREANI_PRICES == "with_tax",
    )
    client = Client(
        base=settings.ANDREANI_API_BASE,
        user=settings.ANDREANI_USER,
        password=settings.ANDREANI_PASSWORD,
        patience=patience,
    )
    return Andreani(client, account, ZoneInfo("America/Argentina/Buenos_Aires"))
