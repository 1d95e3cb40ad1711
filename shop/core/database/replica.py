"""Reads of the catalogue from a streaming replica of PostgreSQL (`DATABASE_REPLICA_URL`), where the page allows it.

Only what `answer` runs reads there, only the models of `APPS`, and only while the replica shows what the primary
showed: the caller compares a version that every change raises, so whoever has written reads the writing. Everything
else, each transaction and each statement written by hand included, goes to the primary. A replica that is behind,
does not answer or ends in the middle costs nothing but speed: the primary is asked instead.
"""

import contextlib
import contextvars
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, OperationalError, connections
from django.db.models import Model

log = logging.getLogger(__name__)

ALIAS: Final = "replica"
APPS: Final = frozenset({"catalog", "inventory"})
# Seconds for which a replica that failed is not asked again by this process.
LEFT_ALONE: Final = 5.0
Answer = TypeVar("Answer")

_reading: contextvars.ContextVar[bool] = contextvars.ContextVar("reading_from_replica", default=False)
_left_alone_until: float = float("-inf")


class CatalogueReads:
    """The database router: who reads from the replica. Writes go to the primary, whatever their row was read from."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        """Return the replica within `reading`, for the catalogue, outside of the primary's transactions."""
        if not _reading.get() or model._meta.app_label not in APPS:
            return DEFAULT_DB_ALIAS
        return DEFAULT_DB_ALIAS if connections[DEFAULT_DB_ALIAS].in_atomic_block else ALIAS

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        """Return the primary."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        """Allow all: both are the same database."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """Refuse to migrate the replica: it gets the primary's tables by itself."""
        return False if db == ALIAS else None


def is_configured() -> bool:
    """Return whether the shop has a replica."""
    return ALIAS in connections.databases


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Read the catalogue from the replica within."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


def answer(make: Callable[[], Answer], *, is_current: Callable[[], bool]) -> Answer:
    """Return what `make` makes, from the replica where that is possible, otherwise from the primary.

    `make` writes nothing, since it may be called twice. `is_current` says whether the replica shows what the primary
    does; it is asked within `reading`, before `make`.
    """
    if not is_configured() or time.monotonic() < _left_alone_until:
        return make()
    try:
        with reading():
            if is_current():
                return make()
    except (OperationalError, InterfaceError) as error:
        _leave_alone(error)
    return make()


def _leave_alone(error: DatabaseError | InterfaceError) -> None:
    """Note that the replica failed, and give its connection up. What was the primary's fault is asked of it again."""
    global _left_alone_until  # noqa: PLW0603
    _left_alone_until = time.monotonic() + LEFT_ALONE
    log.warning("the replica is not asked for %s s: %s", LEFT_ALONE, str(error).strip())
    with contextlib.suppress(DatabaseError, InterfaceError):
        connections[ALIAS].close()


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a replica is behind: bytes of the primary's log, and seconds since its last replayed transaction."""

    size: int
    seconds: float


def lag() -> Lag | None:
    """Return how far the replica is behind the primary (a statement for each); None: it does not answer.

    https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-RECOVERY-CONTROL
    """
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_lsn()::text END")
        (written,) = cursor.fetchone()
    try:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(
                """
                SELECT coalesce(pg_wal_lsn_diff(%s::pg_lsn, pg_last_wal_replay_lsn()), 0),
                       coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0)
                """,
                [written],
            )
            size, seconds = cursor.fetchone()
    except (OperationalError, InterfaceError):
        return None
    behind = max(int(size), 0)
    return Lag(behind, float(seconds) if behind else 0.0)
