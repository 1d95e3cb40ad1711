"""One line of the control page's table."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

TONES = {
    "approved": "good",
    "paid": "good",
    "succeeded": "good",
    "pending": "wait",
    "in_process": "wait",
    "unpaid": "wait",
    "open": "idle",
    "expired": "idle",
    "requires_payment_method": "idle",
    "requires_action": "wait",
    "canceled": "idle",
    "cancelled": "idle",
    "refunded": "idle",
}


@dataclass(slots=True)
class TableRow:
    """An object and its sensible next actions, as (action's name, object's id).

    ``refund_action`` is the action that asks for an amount; ``buttons`` are the actions with their labels, which the
    control page fills in.
    """

    provider: str
    id: str
    reference: str
    amount: str
    status: str
    detail: str
    at: float
    page: str = ""
    actions: list[tuple[str, str]] = field(default_factory=list)
    refund_action: str = ""
    buttons: list[tuple[str, str, str]] = field(default_factory=list)

    def offer(self, names: list[str], subject: str) -> None:
        """Add these actions on an object."""
        self.actions += [(name, subject) for name in names]

    @property
    def tone(self) -> str:
        """Return the colour class of the status."""
        return TONES.get(self.status, "bad")

    @property
    def clock(self) -> str:
        """Return the local time of the last change."""
        return time.strftime("%d/%m %H:%M:%S", time.localtime(self.at))
