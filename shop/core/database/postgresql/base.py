"""The backend that `DATABASES` names as its engine; Django looks for `DatabaseWrapper` in a module of this name."""

import select
import time
from typing import Final

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

# A connection that nobody has used for so many seconds is asked by a statement all the same: something between the two
# machines may have forgotten it without a word to either.
ASKED_AFTER: Final = 30.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, whose check at the beginning of a request costs no round trip.

    An idle connection has nothing to read. A server, or a pooler before it, that ends one says so or closes it, and
    either makes its socket readable; then, and after `ASKED_AFTER`, Django's own check asks by a statement.
    """

    _found_usable_at: float = float("-inf")

    def is_usable(self) -> bool:
        """Return whether the connection still stands, as far as this machine has heard."""
        now = time.monotonic()
        is_recent = now - self._found_usable_at < ASKED_AFTER
        usable = (is_recent and self._is_silent()) or bool(super().is_usable())
        self._found_usable_at = now if usable else float("-inf")
        return usable

    def _is_silent(self) -> bool:
        """Return whether the connection is open, in no transaction, and nothing has arrived on it."""
        if self.connection is None or self.connection.closed:
            return False
        if self.connection.info.transaction_status != TransactionStatus.IDLE:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0)
