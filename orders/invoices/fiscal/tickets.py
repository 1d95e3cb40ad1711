"""Where a tax office's tickets are kept, as its module sees it: rows are the caller's (`orders.invoices.tickets`)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, repr=False)
class Ticket:
    """What signs the shop in until `expires_at`. Never printed or logged."""

    token: str
    sign: str
    expires_at: datetime


class TicketStore(Protocol):
    """Keeps one ticket for each seller, service and environment, for all processes."""

    def get(self, *, tax_id: str, service: str, environment: str, login: Callable[[], Ticket]) -> Ticket:
        """Return the ticket that is valid, or the one that `login` brings: one login at a time.

        Raises:
            FiscalUnavailable: somebody else signs in, or the office gives none now.
        """

    def forget(self, *, tax_id: str, service: str, environment: str) -> None:
        """Forget a ticket that the office does not take any more."""
