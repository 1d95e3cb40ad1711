"""Check what a shop sends against JSON Schema, by jsonschema, and report violations for a provider's answer."""

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

from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators

from shop.sandbox.store import Json, JsonDict

_DATE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)$")
_FORMATS = FormatChecker(formats=())
# The rules about the type of a value.
_OF_KIND = ("type", "enum")


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: where (path of keys), which rule, and a sentence."""

    path: tuple[str, ...]
    rule: str
    message: str


@cache
def read(path: Path) -> JsonDict:
    """Return the JSON document of a file (``.json`` or ``.json.gz``); it is shared and must not be changed."""
    raw = path.read_bytes()
    loaded: JsonDict = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    return loaded


def shape(path: Path) -> JsonDict:
    """Return a fresh copy of a recorded object to fill in."""
    loaded: JsonDict = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def _is_date(value: object) -> bool:
    return not isinstance(value, str) or bool(_DATE.match(value))


_FORMATS.checks("date-time")(_is_date)


def _is_whole(_checker: object, value: object) -> bool:
    # JSON Schema takes 2.0 for an integer; the providers' APIs do not.
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(_checker: object, value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


_Validator = validators.extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_whole, "number": _is_number}
    ),
)
_BARE = _Validator({}, format_checker=_FORMATS)


class Specification:
    """A provider's published document, whose schemas may refer to one another by ``$ref``."""

    def __init__(self, document: JsonDict) -> None:
        self.document = document
        self._validator = _Validator(document, format_checker=_FORMATS)

    def violations(self, value: Json, schema: JsonDict) -> list[Violation]:
        """Return every rule of ``schema``, a part of the document, that ``value`` breaks."""
        return list(_broken(self._validator.evolve(schema=schema), value))


def violations(value: Json, schema: JsonDict) -> list[Violation]:
    """Return every rule of ``schema`` (without references) that ``value`` breaks."""
    return list(_broken(_BARE.evolve(schema=schema), value))


def _broken(validator: Any, value: Json) -> Iterator[Violation]:
    found = list(dict.fromkeys(flags for error in validator.iter_errors(value) for flags in _problems(error)))
    other_kind = {violation.path for violation in found if violation.rule == "type"}
    # For a text instead of a number the allowed numbers are not listed.
    yield from (one for one in found if one.rule == "type" or one.path not in other_kind)


def _problems(error: ValidationError) -> Iterator[Violation]:
    """Yield the violations of a jsonschema error: by field, in one sentence."""
    path = tuple(str(part) for part in error.absolute_path)
    rule, wanted = str(error.validator), error.validator_value
    if rule == "anyOf":
        yield from _nearest(error, path)
    elif rule == "required":
        missing = [name for name in wanted if name not in error.instance]
        yield from (Violation((*path, name), rule, "is required") for name in missing)
    elif rule == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = [name for name in error.instance if name not in known]
        yield from (Violation((*path, name), "unknown", "is not a known property") for name in unknown)
    else:
        yield Violation(path, "date" if rule == "format" else rule, _sentence(rule, wanted))


def _nearest(error: ValidationError, path: tuple[str, ...]) -> Iterator[Violation]:
    """Yield the violations of the likeliest alternative: the last one of the right type."""
    choices: dict[object, list[Violation]] = {}
    for inner in error.context or ():
        choices.setdefault(inner.schema_path[0], []).extend(_problems(inner))
    best: list[Violation] | None = None
    for found in choices.values():
        is_other_kind = len(found) == 1 and found[0].path == path and found[0].rule in _OF_KIND
        if best is None or not is_other_kind:
            best = found
    yield from best or ()


def _sentence(rule: str, wanted: Json) -> str:
    words = {
        "type": "must be {}",
        "maxLength": "must be at most {} characters",
        "pattern": "must match {}",
        "format": "must be a date such as 2026-01-01T01:00:00.000-03:00",
        "minimum": "must be at least {}",
        "maximum": "must be at most {}",
        "minItems": "must have at least {} items",
        "maxItems": "must have at most {} items",
    }
    if rule == "enum":
        return "must be one of " + ", ".join(map(str, wanted))
    return words[rule].format(wanted)
