"""Reading bodies: JSON that PostgreSQL can store, and nothing that JSON does not have."""

import json
from typing import Final, NoReturn

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.parser import Parser

from shop.core.api.problems import MALFORMED
from shop.core.json_types import Json, JsonObject

_DEEPEST: Final = 20


class StrictParser(Parser):
    """Refuses NaN and Infinity, keys that are there twice, NUL bytes, halves of surrogate pairs, deep nesting.

    And a body that is no object.

    Raises: Problem (400) with words.
    """

    def parse_body(self, request: HttpRequest) -> JsonObject:
        try:
            body: Json = json.loads(
                request.body, parse_constant=_refuse_constant, object_pairs_hook=_refuse_twins
            )
        except (ValueError, RecursionError) as error:
            raise MALFORMED(_("The body is not valid JSON.")) from error
        if not isinstance(body, dict):
            raise MALFORMED(_("The body must be a JSON object."))
        _check(body, 0)
        return body


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _refuse_twins(pairs: list[tuple[str, Json]]) -> JsonObject:
    """Refuse a key that is there twice: readers on the way may have taken the other one (RFC 8259 §4)."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _check(value: Json, depth: int) -> None:
    if depth > _DEEPEST:
        raise MALFORMED(_("The body is nested too deeply."))
    if isinstance(value, str):
        if "\x00" in value or not _is_encodable(value):
            raise MALFORMED(_("The body has a character that no text may have."))
    elif isinstance(value, dict):
        for name, part in value.items():
            _check(name, depth + 1)
            _check(part, depth + 1)
    elif isinstance(value, list):
        for part in value:
            _check(part, depth + 1)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
