"""A small checker for the part of JSON Schema that the providers' specifications use."""

from __future__ import annotations

import gzip
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shop.sandbox.store import JsonDict

SPECS = Path(__file__).parent / "specs"
SHAPES = Path(__file__).parent / "shapes"
_DATE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)$")
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: where (path of keys), which rule, and a sentence."""

    path: tuple[str, ...]
    rule: str
    message: str


@cache
def specification(name: str) -> JsonDict:
    """Return a specification file (``stripe.json.gz``, ``mercadopago.json``)."""
    raw = (SPECS / name).read_bytes()
    loaded: JsonDict = json.loads(gzip.decompress(raw) if name.endswith(".gz") else raw)
    return loaded


def shape(name: str) -> JsonDict:
    """Return a fresh copy of a recorded object to fill in."""
    loaded: JsonDict = json.loads((SHAPES / name).read_text(encoding="utf-8"))
    return loaded


def violations(
    value: Any, schema: JsonDict, root: JsonDict, path: tuple[str, ...] = ()
) -> Iterator[Violation]:
    """Yield every rule of ``schema`` that ``value`` breaks; ``root`` resolves ``$ref``."""
    if "$ref" in schema:
        target: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    if value is None and schema.get("nullable"):
        return
    if "anyOf" in schema:
        yield from _any_of(value, schema, root, path)
        return
    kind = schema.get("type")
    if kind and not _is(value, kind):
        yield Violation(path, "type", f"must be {kind}")
        return
    yield from _scalar(value, schema, path)
    if isinstance(value, dict):
        yield from _object(value, schema, root, path)
    elif isinstance(value, list):
        yield from _array(value, schema, root, path)


def _any_of(value: Any, schema: JsonDict, root: JsonDict, path: tuple[str, ...]) -> Iterator[Violation]:
    best: list[Violation] | None = None
    for option in schema["anyOf"]:
        found = list(violations(value, option, root, path))
        if not found:
            return
        wrong_type = len(found) == 1 and found[0].path == path and found[0].rule in ("type", "enum")
        if best is None or not wrong_type:
            best = found
    yield from best or []


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _scalar(value: Any, schema: JsonDict, path: tuple[str, ...]) -> Iterator[Violation]:
    if "enum" in schema and value not in schema["enum"]:
        yield Violation(path, "enum", "must be one of " + ", ".join(map(str, schema["enum"])))
    if isinstance(value, str):
        if len(value) > schema.get("maxLength", len(value)):
            yield Violation(path, "maxLength", f"must be at most {schema['maxLength']} characters")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield Violation(path, "pattern", f"must match {schema['pattern']}")
        if schema.get("format") == "date-time" and not _DATE.match(value):
            yield Violation(path, "date", "must be a date such as 2026-01-01T01:00:00.000-03:00")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if not math.isfinite(value):
            yield Violation(path, "minimum", "must be a finite number")
        if value < schema.get("minimum", value):
            yield Violation(path, "minimum", f"must be at least {schema['minimum']}")
        if value > schema.get("maximum", value):
            yield Violation(path, "maximum", f"must be at most {schema['maximum']}")


def _object(value: JsonDict, schema: JsonDict, root: JsonDict, path: tuple[str, ...]) -> Iterator[Violation]:
    for name in schema.get("required", ()):
        if name not in value:
            yield Violation((*path, name), "required", "is required")
    known, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    for name, item in value.items():
        if name in known:
            yield from violations(item, known[name], root, (*path, name))
        elif rest is False:
            yield Violation((*path, name), "unknown", "is not a known property")
        elif isinstance(rest, dict):
            yield from violations(item, rest, root, (*path, name))


def _array(value: list[Any], schema: JsonDict, root: JsonDict, path: tuple[str, ...]) -> Iterator[Violation]:
    if len(value) < schema.get("minItems", 0):
        yield Violation(path, "minItems", f"must have at least {schema['minItems']} items")
    if len(value) > schema.get("maxItems", len(value)):
        yield Violation(path, "maxItems", f"must have at most {schema['maxItems']} items")
    for index, item in enumerate(value):
        yield from violations(item, schema.get("items", {}), root, (*path, str(index)))
