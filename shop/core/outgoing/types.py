"""The public types of what happens, contributed by the apps: name, words, the event it is made of, the data it carries.

A new type is one entry beside the others of its app (`<app>/outgoing.py`). Those that are made of an event
(`shop.core.states.record`) need nothing else; the few facts without an event are published where they happen.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from shop.core.json_types import JsonObject
from shop.core.models import Event
from shop.core.money import CENT

# The row and its event, to the data of one message, of several, or of none.
Describe = Callable[[Any, Event], "JsonObject | Iterable[JsonObject] | None"]

PING: Final = "ping"


@dataclass(frozen=True)
class PublicType:
    """A type that endpoints may ask for.

    `subject` names the model of the event (`orders.order`); with `kind` it is made of a recorded act, with `to` of a
    change of `field` to that state; with neither, it is published by name.
    """

    name: str
    words: object
    subject: str = ""
    kind: str = ""
    to: str = ""
    field: str = "status"
    describe: Describe | None = None


def amount(value: Decimal) -> str:
    """Return an amount as messages have it: major units, two decimals, as text."""
    return str(value.quantize(CENT))


_types: dict[str, PublicType] = {}


def add(found: PublicType) -> None:
    """Add a type; the same name again replaces it."""
    _types[found.name] = found


def all_types() -> Mapping[str, PublicType]:
    """Return every type by name, sorted."""
    return dict(sorted(_types.items()))


def words(name: str) -> str:
    """Return what a type tells, in the reader's language; its name for one that is not known any more."""
    found = _types.get(name)
    return str(found.words) if found else name
