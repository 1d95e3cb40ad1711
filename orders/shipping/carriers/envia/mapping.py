"""Envia's words and numbers: states of a shipment, and what its errors are about (docs/carriers/envia.md#states,
#errors).

A word that is not here maps to None: it is stored, shown to the staff as it is, and changes nothing.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from orders.shipping.carriers.base import TrackedState
from orders.shipping.carriers.reading import folded

STATES: Final[Mapping[str, TrackedState]] = MappingProxyType(
    {
        "created": TrackedState.PENDING,
        "creado": TrackedState.PENDING,
        "picked up": TrackedState.SHIPPED,
        "recolectado": TrackedState.SHIPPED,
        "shipped": TrackedState.SHIPPED,
        "enviado": TrackedState.SHIPPED,
        "in transit": TrackedState.SHIPPED,
        "en transito": TrackedState.SHIPPED,
        "out for delivery": TrackedState.SHIPPED,
        "en reparto": TrackedState.SHIPPED,
        # At the branch where it is fetched: not delivered.
        "in-store pickup": TrackedState.READY_FOR_PICKUP,
        "delivered": TrackedState.DELIVERED,
        "entregado": TrackedState.DELIVERED,
        "delivery attempt": TrackedState.EXCEPTION,
        "intento de entrega": TrackedState.EXCEPTION,
        "address error": TrackedState.EXCEPTION,
        "lost": TrackedState.EXCEPTION,
        "extraviado": TrackedState.EXCEPTION,
        "rejected": TrackedState.EXCEPTION,
        "rechazado": TrackedState.EXCEPTION,
        "canceled": TrackedState.EXCEPTION,
        "cancelado": TrackedState.EXCEPTION,
        "returned": TrackedState.RETURNED,
        "devuelto": TrackedState.RETURNED,
    }
)

# The shop's own settings are wrong: a name of a carrier that is not known, or that the account does not have.
CONFIGURATION: Final = frozenset({"1101"})
COVERAGE: Final = frozenset({"1105", "1126", "1129", "1146"})
OUTAGE: Final = frozenset({"1125", "1300"})
ALREADY_CANCELLED: Final = frozenset({"1115"})
# The words of a status that say so.
CANCELLED: Final = frozenset({"canceled", "cancelado"})


def is_cancelled(words: str) -> bool:
    """Say whether a status says that the shipment was cancelled."""
    return folded(words) in CANCELLED


def state_of(words: str) -> TrackedState | None:
    """Return what a status says."""
    return STATES.get(folded(words))
