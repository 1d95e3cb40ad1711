"""What Envia.com accepts: the bodies of its calls, by docs/carriers/envia.md."""

from __future__ import annotations

from shop.sandbox.schema import violations
from shop.sandbox.store import Json, JsonDict

_TEXT: JsonDict = {"type": "string"}
_FILLED: JsonDict = {"type": "string", "pattern": "."}


def _address(*filled: str) -> JsonDict:
    names = (
        "name",
        "company",
        "email",
        "phone",
        "street",
        "number",
        "district",
        "city",
        "state",
        "reference",
        "branchCode",
    )
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["country", "postalCode", "city", "state", *filled],
        "properties": {
            **{name: _FILLED if name in filled else _TEXT for name in names},
            "country": {"type": "string", "pattern": "^[A-Z]{2}$"},
            "postalCode": {"type": "string", "pattern": r"^[0-9A-Z-]{4,10}$"},
            "state": {"type": "string", "pattern": "^[A-Z]{1,3}$"},
            "city": _FILLED,
        },
    }


_NUMBER: JsonDict = {"type": "number", "minimum": 0}
_POSITIVE: JsonDict = {"type": "number", "minimum": 0.001}
_PACKAGE: JsonDict = {
    "type": "object",
    "additionalProperties": False,
    "required": ["type", "content", "amount", "weight", "weightUnit", "lengthUnit", "dimensions"],
    "properties": {
        "type": {"type": "string", "enum": ["box", "envelope", "pallet"]},
        "content": _FILLED,
        "amount": {"type": "integer", "minimum": 1},
        "weight": _POSITIVE,
        "weightUnit": {"type": "string", "enum": ["KG", "LB"]},
        "lengthUnit": {"type": "string", "enum": ["CM", "IN"]},
        "dimensions": {
            "type": "object",
            "additionalProperties": False,
            "required": ["length", "width", "height"],
            "properties": {"length": _POSITIVE, "width": _POSITIVE, "height": _POSITIVE},
        },
        "declaredValue": _NUMBER,
        "insurance": _NUMBER,
    },
}
_SHIPMENT: JsonDict = {
    "type": {"type": "integer", "enum": [1]},
    "carrier": _FILLED,
    "service": _FILLED,
    "reference": _TEXT,
}
_SETTINGS: JsonDict = {
    "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    "printFormat": {"type": "string", "enum": ["PDF"]},
    "printSize": {"type": "string", "enum": ["STOCK_4X6"]},
}


def _object(properties: JsonDict, required: list[str]) -> JsonDict:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
    }


def _body(address: JsonDict, shipment: list[str], settings: list[str]) -> JsonDict:
    parts: JsonDict = {
        "origin": address,
        "destination": address,
        "packages": {"type": "array", "minItems": 1, "maxItems": 50, "items": _PACKAGE},
        "shipment": _object(_SHIPMENT, shipment),
        "settings": _object(_SETTINGS, settings),
    }
    return _object(parts, list(parts))


_RATE = _body(_address(), ["type", "carrier"], ["currency"])
_GENERATE = _body(
    _address("name", "phone", "street", "number"),
    ["type", "carrier", "service"],
    ["currency", "printFormat", "printSize"],
)


def wrong_rate(body: Json) -> str:
    """Return the first rule that a question for prices breaks, in words, or ""."""
    return _first(body, _RATE)


def wrong_label(body: Json) -> str:
    """Return the first rule that the order of a label breaks, in words, or ""."""
    return _first(body, _GENERATE)


def _first(body: Json, schema: JsonDict) -> str:
    found = violations(body, schema)
    return f"{'.'.join(found[0].path)} {found[0].message}" if found else ""
