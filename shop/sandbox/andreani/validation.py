"""What Andreani accepts: the body of an order and the query of a price, by docs/carriers/andreani.md."""

from __future__ import annotations

import re

from shop.sandbox.schema import violations
from shop.sandbox.store import Json, JsonDict

_POSTAL: JsonDict = {
    "type": "object",
    "additionalProperties": False,
    "required": ["codigoPostal", "calle", "numero", "localidad", "region", "pais", "componentesDeDireccion"],
    "properties": {
        "codigoPostal": {"type": "string", "pattern": r"^\d{4}$"},
        "calle": {"type": "string", "pattern": "."},
        "numero": {"type": "string", "pattern": "."},
        "localidad": {"type": "string", "pattern": "."},
        "region": {"type": "string", "pattern": "^AR-[A-Z]$"},
        "pais": {"type": "string", "pattern": "^Argentina$"},
        "componentesDeDireccion": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["meta", "contenido"],
                "properties": {
                    "meta": {"type": "string", "enum": ["piso", "departamento", "entreCalle"]},
                    "contenido": {"type": "string"},
                },
            },
        },
    },
}
_PERSON: JsonDict = {
    "type": "object",
    "additionalProperties": False,
    "required": ["nombreCompleto", "email", "documentoTipo", "documentoNumero", "telefonos"],
    "properties": {
        "nombreCompleto": {"type": "string", "pattern": "."},
        "email": {"type": "string", "pattern": "@"},
        "documentoTipo": {"type": "string", "enum": ["DNI", "CUIT", "CUIL", "PASAPORTE"]},
        "documentoNumero": {"type": "string", "pattern": "."},
        "telefonos": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["tipo", "numero"],
                "properties": {"tipo": {"type": "integer"}, "numero": {"type": "string", "pattern": "."}},
            },
        },
    },
}
_PARCEL: JsonDict = {
    "type": "object",
    "additionalProperties": False,
    "required": ["kilos", "volumenCm", "valorDeclaradoConImpuestos"],
    "properties": {
        "kilos": {"type": "number", "minimum": 0.001, "maximum": 50},
        "largoCm": {"type": "number", "minimum": 1},
        "altoCm": {"type": "number", "minimum": 1},
        "anchoCm": {"type": "number", "minimum": 1},
        "volumenCm": {"type": "number", "minimum": 1},
        "valorDeclaradoSinImpuestos": {"type": "number", "minimum": 0},
        "valorDeclaradoConImpuestos": {"type": "number", "minimum": 0},
        "referencias": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["meta", "contenido"],
                "properties": {
                    "meta": {"type": "string", "enum": ["detalle", "idCliente"]},
                    "contenido": {"type": "string"},
                },
            },
        },
    },
}
_ORDER: JsonDict = {
    "type": "object",
    "additionalProperties": False,
    "required": ["contrato", "origen", "destino", "remitente", "destinatario", "bultos"],
    "properties": {
        "contrato": {"type": "string", "pattern": r"^\d{9}$"},
        "origen": {
            "type": "object",
            "additionalProperties": False,
            "required": ["postal"],
            "properties": {"postal": _POSTAL},
        },
        "destino": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "postal": _POSTAL,
                "sucursal": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["id"],
                    "properties": {"id": {"type": "string", "pattern": "."}},
                },
            },
        },
        "remitente": _PERSON,
        "destinatario": {"type": "array", "minItems": 1, "items": _PERSON},
        "productoAEntregar": {"type": "string"},
        "bultos": {"type": "array", "minItems": 1, "maxItems": 50, "items": _PARCEL},
    },
}
_PARCEL_QUERY = re.compile(r"^bultos\[(\d+)\]\[(\w+)\]$")
_PARCEL_KEYS = {
    "valorDeclarado",
    "volumen",
    "kilos",
    "pesoAforado",
    "altoCm",
    "largoCm",
    "anchoCm",
    "categoria",
}
_QUERY_KEYS = {"cpDestino", "contrato", "cliente", "sucursalOrigen"}


def of_order(body: Json) -> str:
    """Return the first rule that an order breaks, in words, or ""."""
    found = violations(body, _ORDER)
    if found:
        return f"{'.'.join(found[0].path)} {found[0].message}"
    destination = body["destino"]
    if ("postal" in destination) == ("sucursal" in destination):
        return "destino: postal o sucursal"
    return ""


def parcels_of(query: dict[str, str]) -> list[dict[str, str]] | str:
    """Return the parcels of a price's query, or what is wrong with it, in words."""
    parcels: dict[int, dict[str, str]] = {}
    for key, value in query.items():
        found = _PARCEL_QUERY.match(key)
        if found and found[2] in _PARCEL_KEYS:
            parcels.setdefault(int(found[1]), {})[found[2]] = value
        elif key not in _QUERY_KEYS:
            return f"parámetro desconocido: {key}"
    for name in ("cpDestino", "contrato", "cliente"):
        if not query.get(name):
            return f"falta {name}"
    if not re.fullmatch(r"\d{4}", query["cpDestino"]):
        return "cpDestino inválido"
    if not parcels:
        return "falta bultos"
    for parcel in parcels.values():
        if not {"volumen", "kilos", "pesoAforado"} & set(parcel):
            return "bultos: volumen, kilos o pesoAforado"
        if not re.fullmatch(r"\d+", parcel.get("valorDeclarado", "")):
            return "bultos: valorDeclarado entero"
        for name, value in parcel.items():
            if name not in {"valorDeclarado", "categoria"} and not re.fullmatch(r"\d+(\.\d+)?", value):
                return f"bultos: {name} inválido"
    return [parcels[index] for index in sorted(parcels)]
