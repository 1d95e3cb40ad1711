"""Andreani's words: one table of states, by number and by text (docs/carriers/andreani.md#states).

A word that is not here maps to None: it is stored, shown to the staff as it is, and changes nothing.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from orders.shipping.carriers.base import TrackedState
from orders.shipping.carriers.reading import folded

# States of an order before there is a shipment.
REQUESTED: Final = frozenset({"pendiente", "solicitada", "solicitado"})
CREATED: Final = frozenset({"creada", "creado"})
REJECTED: Final = frozenset({"rechazada", "rechazado"})

# The numbers that were seen; the full list is not public.
BY_ID: Final[Mapping[str, TrackedState]] = MappingProxyType(
    {
        "1": TrackedState.PENDING,
        "5": TrackedState.SHIPPED,
        "6": TrackedState.SHIPPED,
        "11": TrackedState.EXCEPTION,
    }
)
BY_TEXT: Final[Mapping[str, TrackedState]] = MappingProxyType(
    {
        "pendiente": TrackedState.PENDING,
        "pendiente de ingreso": TrackedState.PENDING,
        "solicitada": TrackedState.PENDING,
        "solicitado": TrackedState.PENDING,
        "creada": TrackedState.PENDING,
        "creado": TrackedState.PENDING,
        "ingreso al circuito operativo": TrackedState.SHIPPED,
        "en distribucion": TrackedState.SHIPPED,
        "visita": TrackedState.EXCEPTION,
        "rechazada": TrackedState.EXCEPTION,
        "rechazado": TrackedState.EXCEPTION,
        "entregado": TrackedState.DELIVERED,
    }
)


def state_of(number: str, words: str) -> TrackedState | None:
    """Return what an event says; where number and text are both known and differ, the text decides: people read it."""
    return BY_TEXT.get(folded(words)) or BY_ID.get(number)
