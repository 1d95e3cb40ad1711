"""Reading the body of a notification: any bytes give a JSON object or `Unreadable`, never another error.

JSON nested deeper than `DEEPEST` is left out: neither this process nor the database could process it.
"""

import json
import math
from typing import Final

from shop.core.json_types import Json

# Providers nest a dozen deep at most.
DEEPEST: Final = 40
LEFT_OUT: Final = "(left out)"
_DIGITS: Final = 400
_OPENING, _CLOSING, _QUOTE, _ESCAPE = b"[{", b"]}", 0x22, 0x5C


class Unreadable(ValueError):
    """The bytes are no JSON object."""


def read_object(body: bytes) -> dict[str, object]:
    """Return the JSON object of a body. Of a name that comes twice the last one counts.

    Raises:
        Unreadable: no JSON, or no object.
    """
    try:
        found = json.loads(_pruned(body), parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise Unreadable("no JSON") from error
    if not isinstance(found, dict):
        raise Unreadable("no object")
    return found


def _whole(digits: str) -> int | str:
    """Read a whole number; one of more digits than any sum has is left out (Python itself refuses 4,300)."""
    return int(digits) if len(digits) <= _DIGITS else LEFT_OUT


def _pruned(body: bytes) -> bytes:
    """Return a body with everything below `DEEPEST` levels replaced, so that reading it needs no deep recursion.

    Only looks at brackets outside texts; a body in UTF-16 or UTF-32 is left as it is.
    """
    if body.count(b"[") + body.count(b"{") <= DEEPEST or b"\x00" in body[:4]:
        return body
    kept, start, depth, is_text, escaped = [], 0, 0, False, False
    for place, byte in enumerate(body):
        if is_text:
            escaped, is_text = (byte == _ESCAPE and not escaped), (byte != _QUOTE or escaped)
        elif byte == _QUOTE:
            is_text, escaped = True, False
        elif byte in _OPENING:
            depth += 1
            if depth == DEEPEST + 1:
                kept.append(body[start:place])
        elif byte in _CLOSING:
            depth -= 1
            if depth == DEEPEST:
                kept.append(json.dumps(LEFT_OUT).encode())
                start = place + 1
    return b"".join(kept) + body[start:] if depth <= DEEPEST else body


def text(value: Json, longest: int) -> str:
    """Return a text that PostgreSQL keeps: no NUL, no half characters, at most `longest` of them.

    What is neither text nor number is nothing: an object in place of a number names nothing to ask about.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    try:
        plain = str(value)
    except ValueError:  # A number of more digits than Python writes.
        return ""
    return plain.replace("\x00", "").encode("utf-8", "replace").decode()[:longest]


def storable(value: object, depth: int = 0) -> object:
    """Return JSON that PostgreSQL can keep: no NUL, no half characters, no endless numbers, nothing too deep."""
    if depth > DEEPEST:
        return LEFT_OUT
    if isinstance(value, dict):
        return {_plain(str(key)): storable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item, depth + 1) for item in value]
    if isinstance(value, str):
        return _plain(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _plain(value: str) -> str:
    return value.replace("\x00", "").encode("utf-8", "replace").decode()
