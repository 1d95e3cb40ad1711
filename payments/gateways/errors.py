"""Errors of calls to a payment provider: those of every call outside, and two codes of the payments' own."""

from typing import Final

from shop.core.protection.errors import (
    BadSignature,
    CallError,
    NotAsked,
    NotFoundAtProvider,
    Reason,
    Trouble,
)

__all__ = [
    "DISPUTED",
    "NOT_REFUNDABLE",
    "BadSignature",
    "GatewayError",
    "NotAsked",
    "NotFoundAtProvider",
    "Reason",
    "Trouble",
]

# One class and not a subclass: what the guard refuses (`NotAsked`) must be one of these too.
GatewayError = CallError

# The code of money that cannot go back through the provider: somebody must transfer it by hand.
NOT_REFUNDABLE: Final = "not_refundable"
# The code of a payment that is disputed: nothing goes back until the dispute has ended.
DISPUTED: Final = "payment_disputed"
