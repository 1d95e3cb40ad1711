"""The rows of a tax office's tickets (`orders.invoices.fiscal.tickets.TicketStore`), encrypted in the database.

A worker that dies between the office's answer and our row loses the ticket, and the office gives no other one until it
ends: then documents wait, and nothing else does.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from orders.invoices.fiscal.base import FiscalUnavailable
from orders.invoices.fiscal.tickets import Ticket
from orders.models import FiscalTicket
from shop.core.due.leases import Lease
from shop.core.privacy import vault

_PURPOSE: Final = "fiscal ticket"
# Longer than a login takes, with its time-out.
CLAIM: Final = Lease("busy_until", timedelta(seconds=120), tries="turns", is_free_when_empty=True)
# One that ends so soon is not begun with.
_MARGIN: Final = timedelta(minutes=3)
_AFTER_FAILURE: Final = timedelta(seconds=60)
_WHILE_ANOTHER_SIGNS_IN: Final = 15.0


class TicketRows:
    """The tickets of one tax office."""

    def __init__(self, provider: str) -> None:
        self._provider = provider

    def get(self, *, tax_id: str, service: str, environment: str, login: Callable[[], Ticket]) -> Ticket:
        """Return the ticket that is valid, or sign in for one; no transaction is open meanwhile.

        Raises:
            FiscalUnavailable: another worker signs in, or the last login failed a moment ago.
        """
        row, _made = FiscalTicket.objects.get_or_create(
            provider=self._provider, tax_id=tax_id, service=service, environment=environment
        )
        if ticket := _valid(row):
            return ticket
        now = timezone.now()
        if row.not_before and row.not_before > now:
            left = (row.not_before - now).total_seconds()
            raise FiscalUnavailable(row.last_error or "signing in waits", retry_after=left)
        rows = FiscalTicket.objects.filter(pk=row.pk)
        if not CLAIM.take(rows):
            raise FiscalUnavailable("another worker signs in", retry_after=_WHILE_ANOTHER_SIGNS_IN)
        row.refresh_from_db()
        mine = CLAIM.mine(rows, row)
        if ticket := _valid(row):
            CLAIM.end(mine)
            return ticket
        try:
            ticket = login()
        except FiscalUnavailable as error:
            pause = max(timedelta(seconds=error.retry_after), _AFTER_FAILURE)
            CLAIM.end(mine, not_before=timezone.now() + pause, last_error=str(error)[:300])
            raise
        # Whoever claimed the row meanwhile has none: the office gives one at a time.
        rows.update(
            sealed=_seal(ticket),
            expires_at=ticket.expires_at,
            not_before=None,
            last_error="",
            busy_until=None,
        )
        return ticket

    def forget(self, *, tax_id: str, service: str, environment: str) -> None:
        """Forget a ticket that the office does not take any more; the next question signs in again."""
        FiscalTicket.objects.filter(
            provider=self._provider, tax_id=tax_id, service=service, environment=environment
        ).update(sealed="", expires_at=None)


def _valid(row: FiscalTicket) -> Ticket | None:
    if not row.sealed or row.expires_at is None or row.expires_at <= timezone.now() + _MARGIN:
        return None
    try:
        kept = json.loads(vault.decrypt(_PURPOSE, row.sealed))
    except vault.CannotOpen:
        return None
    return Ticket(kept["token"], kept["sign"], row.expires_at)


def _seal(ticket: Ticket) -> str:
    kept = {"token": ticket.token, "sign": ticket.sign, "until": datetime.isoformat(ticket.expires_at)}
    return vault.encrypt(_PURPOSE, json.dumps(kept).encode())
