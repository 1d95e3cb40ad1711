"""Envia's shipments: bought at once, each request another one; their states, and what is billed afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from shop.sandbox.engine import Sandbox
from shop.sandbox.envia import options, validation
from shop.sandbox.envia.notifications import notify
from shop.sandbox.store import Json, JsonDict, Record

KIND = "envia_shipment"
# The carriers behind this account. Envia's names of the Argentine ones are not published: these are invented.
CARRIERS = ("sandboxExpress", "sandboxBranch")
STATES = {
    "created": "Created",
    "picked": "Picked Up",
    "shipped": "Shipped",
    "out": "Out for Delivery",
    "attempt": "Delivery Attempt",
    "branch": "In-store pickup",
    "delivered": "Delivered",
    "returned": "Returned",
    "canceled": "Canceled",
    # No list that was published has it.
    "odd": "Held by the moon",
}
NO_COVERAGE = "9999"
FACTORS = {"standard": Decimal(1), "express": Decimal("1.6"), "branch": Decimal("0.7")}


class EnviaRefused(Exception):
    """A refusal of Envia: HTTP 200 all the same, with its number and its words."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def rates(sandbox: Sandbox, body: Json) -> list[JsonDict]:
    """Return the prices of one carrier for a route. No price is kept for the label."""
    if wrong := validation.wrong_rate(body):
        raise EnviaRefused(1102, wrong)
    carrier = body["shipment"]["carrier"]
    _check_carrier(sandbox, carrier, body)
    if sandbox.faults.take("empty_list", options.CODE):
        return []
    price, far = _price(body), _is_far(body)
    rows = [
        ("standard", Decimal(1), "3-5 días" if not far else "5-8 días"),
        ("express", Decimal("1.6"), "1-2 días"),
    ]
    if carrier == "sandboxBranch":
        rows = [("branch", Decimal("0.7"), "3 a 6 días")]
    return [
        {
            "carrier": carrier,
            "service": service,
            "serviceDescription": f"{carrier} {service}",
            "totalPrice": float((price * factor).quantize(Decimal("0.01"))),
            "currency": body["settings"]["currency"],
            "deliveryEstimate": estimate,
            "dropOff": 1 if service == "branch" else 0,
        }
        for service, factor, estimate in rows
    ]


def generate(sandbox: Sandbox, body: Json) -> JsonDict:
    """Buy a label: a second request is a second charge and a second number."""
    if wrong := validation.wrong_label(body):
        raise EnviaRefused(1102, wrong)
    shipment = body["shipment"]
    _check_carrier(sandbox, shipment["carrier"], body)
    reference = str(shipment.get("reference") or "")
    price = _charged(sandbox, body, reference)
    number = f"{sandbox.store.next_number('number.envia'):010d}"
    shipment_id = sandbox.store.next_number("number.envia.shipment")
    balance = _balance(sandbox) - price
    sandbox.store.set_meta("envia.balance", str(balance))
    answer: JsonDict = {
        "carrier": shipment["carrier"],
        "service": shipment["service"],
        "trackingNumber": number,
        "shipmentId": shipment_id,
        "trackUrl": f"https://envia.com/rastreo?label={number}",
        "label": f"{sandbox.base_url}/envia/labels/{number}.pdf",
        "totalPrice": float(price),
        "currency": body["settings"]["currency"],
        "currentBalance": float(balance),
    }
    sandbox.store.add(
        Record(
            KIND,
            number,
            answer,
            ref=reference,
            status="created",
            internal={
                "events": [_event("created")],
                "to": f"{body['destination']['street']} {body['destination']['number']}",
                "pages": len(body["packages"]),
                "price": str(price),
            },
        )
    )
    return answer


def _charged(sandbox: Sandbox, body: JsonDict, reference: str) -> Decimal:
    """Return what a label costs, which an armed fault makes another sum than was quoted."""
    factor = FACTORS.get(body["shipment"]["service"])
    if factor is None:
        raise EnviaRefused(1103, "Service not found")
    price = (_price(body) * factor).quantize(Decimal("0.01"))
    if other := sandbox.faults.take("other_price", options.CODE, targets=(reference,)):
        price += Decimal(other["delta"])
    return price


def happen(sandbox: Sandbox, shipment: Record, what: str) -> Record:
    """Add an event, and notify the shop."""
    if shipment.status == "canceled":
        raise EnviaRefused(1120, "The shipment is cancelled")
    shipment.internal["events"].append(_event(what))
    shipment.status = what
    sandbox.store.save(shipment)
    notify(sandbox, shipment, "simpleTracking", {"status": STATES[what]})
    return shipment


def surcharge(sandbox: Sandbox, shipment: Record, amount: Decimal | None) -> Record:
    """Bill something afterwards: it weighed more than was said."""
    extra = amount or Decimal("350.00")
    sandbox.store.set_meta("envia.balance", str(_balance(sandbox) - extra))
    notify(sandbox, shipment, "surcharge", {"surcharge": float(extra)})
    return shipment


def cancel(sandbox: Sandbox, body: Json) -> JsonDict:
    """Cancel one that was not picked up yet."""
    if not isinstance(body, dict) or set(body) != {"carrier", "trackingNumber"}:
        raise EnviaRefused(1102, "carrier and trackingNumber are required")
    found = fetch(sandbox, str(body["trackingNumber"]))
    if found.status == "canceled":
        raise EnviaRefused(1115, "The shipment was already cancelled")
    is_refused = sandbox.faults.take("cancel_refused", options.CODE, targets=(found.id, found.ref))
    if found.status != "created" or is_refused:
        raise EnviaRefused(1120, "The shipment cannot be cancelled")
    back = Decimal(found.internal["price"])
    sandbox.store.set_meta("envia.balance", str(_balance(sandbox) + back))
    happen(sandbox, found, "canceled")
    return {"refundedAmount": float(back), "balanceReturned": True}


def track(sandbox: Sandbox, body: Json) -> list[JsonDict]:
    """Return state and history of numbers; those that are not known are left out."""
    numbers = body.get("trackingNumbers") if isinstance(body, dict) else None
    if not isinstance(numbers, list):
        raise EnviaRefused(1102, "trackingNumbers is required")
    rows = []
    for number in numbers:
        found = sandbox.store.get(KIND, str(number))
        if found is not None:
            rows.append(
                {
                    "trackingNumber": found.id,
                    "status": STATES[found.status],
                    "trackUrl": found.body["trackUrl"],
                    "eventHistory": found.internal["events"],
                }
            )
    return rows


def fetch(sandbox: Sandbox, number: str) -> Record:
    """Return a shipment by its number."""
    found = sandbox.store.get(KIND, number)
    if found is None:
        raise EnviaRefused(1104, "Shipment not found")
    return found


def _check_carrier(sandbox: Sandbox, carrier: str, body: JsonDict) -> None:
    if carrier not in CARRIERS:
        raise EnviaRefused(1101, "Carrier not found")
    if body["destination"]["postalCode"] == NO_COVERAGE or sandbox.faults.take("no_coverage", options.CODE):
        raise EnviaRefused(1129, "Carrier has no coverage for this route")


def _price(body: JsonDict) -> Decimal:
    """Return an invented price, by weight or volume, and by how far it goes."""
    weight = Decimal(0)
    for one in body["packages"]:
        size = one["dimensions"]
        volume = (
            Decimal(str(size["length"])) * Decimal(str(size["width"])) * Decimal(str(size["height"])) / 5000
        )
        weight += max(Decimal(str(one["weight"])), volume)
    return Decimal(3900) + weight * 550 + (1200 if _is_far(body) else 0)


def _is_far(body: JsonDict) -> bool:
    return bool(body["origin"]["state"] != body["destination"]["state"])


def _balance(sandbox: Sandbox) -> Decimal:
    try:
        return Decimal(sandbox.store.meta("envia.balance") or options.of(sandbox.config).balance)
    except InvalidOperation:
        return Decimal(0)


def _event(what: str) -> JsonDict:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {"date": at, "status": STATES[what], "location": "Ciudad de prueba"}
