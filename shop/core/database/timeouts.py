"""How long a statement, its wait for a lock, and an idle transaction may last, by kind of caller.

Shoppers' limits are the database role's own (`ALTER ROLE … SET`, written by `manage.py set_timeouts` and by `migrate`):
they hold for every statement, cost no round trip, and hold behind PgBouncer in transaction mode, where start-up options
and `SET` would reach other clients' connections. Callers with longer limits set them inside each transaction (`SET
LOCAL`), before its first statement. Reasons: docs/adr/0009-time-outs-by-role.md.

https://www.postgresql.org/docs/current/runtime-config-client.html
"""

import contextlib
import contextvars
import enum
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg import errors, sql
from psycopg.pq import TransactionStatus

from shop.core.database.postgresql.cursor import set_local

log = logging.getLogger(__name__)

# Our names to PostgreSQL's.
PARAMETERS: Final = {
    "lock": "lock_timeout",
    "statement": "statement_timeout",
    "idle": "idle_in_transaction_session_timeout",
}
# The errors of a database that cannot be asked at all.
_AWAY: Final = (
    errors.TooManyConnections,
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
)
# The errors of a busy database; each leaves nothing half done, and a retry may succeed.
_BUSY: Final = (
    *_AWAY,
    errors.LockNotAvailable,
    errors.QueryCanceled,
    errors.IdleInTransactionSessionTimeout,
    errors.DeadlockDetected,
    errors.SerializationFailure,
)


class Patience(enum.Enum):
    """The kind of caller: a shopper's page, the staff or a job, or a migration."""

    SHOP = "shop"
    LONG = "long"
    ENDLESS = "endless"


# A process has one kind; within a web process a request for the admin has another.
_of_process: Patience = Patience.SHOP
_current: contextvars.ContextVar[Patience | None] = contextvars.ContextVar("patience", default=None)


def of_process(patience: Patience) -> None:
    """Set what every thread of this process uses outside of `allow`."""
    global _of_process  # noqa: PLW0603
    _of_process = patience


def current() -> Patience:
    """Return what the present thread or request uses."""
    return _current.get() or _of_process


@contextlib.contextmanager
def allow(patience: Patience) -> Iterator[None]:
    """Use `patience` for the transactions that begin within."""
    token = _current.set(patience)
    try:
        yield
    finally:
        _current.reset(token)


def of_command(arguments: Sequence[str]) -> Patience:
    """Return the patience of a management command by its command line: migrations have no limit, others a long one."""
    name = arguments[1] if len(arguments) > 1 else ""
    if name in {"migrate", "sqlmigrate"}:
        return Patience.ENDLESS
    return Patience.SHOP if name in {"runserver", "test"} else Patience.LONG


def limits(patience: Patience) -> dict[str, str]:
    """Return PostgreSQL's parameters for `patience`, in milliseconds; 0 is no limit."""
    chosen: Mapping[str, timedelta] = {
        Patience.SHOP: settings.DATABASE_TIMEOUTS,
        Patience.LONG: settings.DATABASE_LONG_TIMEOUTS,
        Patience.ENDLESS: dict.fromkeys(PARAMETERS, timedelta()),
    }[patience]
    return {
        name: f"{int(chosen[ours].total_seconds() * 1000)}ms" if chosen[ours] else "0"
        for ours, name in PARAMETERS.items()
    }


def is_busy(error: BaseException | None) -> bool:
    """Return whether a database error is temporary: a time-out, a deadlock, a server that is unavailable or full.

    Checks the errors that it was raised from, too. A violated constraint or a wrong statement is not temporary.
    """
    return _is_one_of(error, _BUSY)


def is_away(error: BaseException | None) -> bool:
    """Return whether an error says that the database cannot be asked: no connection, or one that was ended.

    A statement or a lock that takes too long is an answer of a database that is there.
    """
    return _is_one_of(error, _AWAY)


def _is_one_of(error: BaseException | None, kinds: tuple[type[errors.Error], ...]) -> bool:
    while error is not None:
        if isinstance(error, kinds):
            return True
        if isinstance(error, OperationalError | InterfaceError) and _has_no_code(error.__cause__):
            return True  # The connection could not be made, or was lost: there is no SQLSTATE.
        error = error.__cause__
    return False


def _has_no_code(cause: BaseException | None) -> bool:
    return isinstance(cause, errors.Error) and cause.sqlstate is None


def drop_lost_connection() -> None:
    """Close the connection if the database has ended it, so that the failure can be recorded on a new one."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def bind(sender: object, connection: BaseDatabaseWrapper, **kwargs: object) -> None:
    """Have a new connection set the limits of the present patience (signal `connection_created`)."""
    if connection.vendor != "postgresql":
        return
    if _lengthen not in connection.execute_wrappers:
        connection.execute_wrappers.append(_lengthen)
    if _of_process is Patience.ENDLESS:
        # A migration has its connection for itself; CREATE INDEX CONCURRENTLY runs in no transaction.
        assignments = "; ".join(_assignments(Patience.ENDLESS, is_local=False))
        with connection.wrap_database_errors:
            connection.connection.execute(assignments)


def _is_needed(wrapper: BaseDatabaseWrapper) -> bool:
    """Say whether something must be set before the next statement."""
    if current() is Patience.SHOP:
        return False
    if wrapper.get_autocommit():
        return _of_process is Patience.LONG
    return _is_new(wrapper)


def _lengthen(
    execute: Callable[..., Any], statement: str, params: object, many: bool, context: dict[str, Any]
) -> Any:
    """Set the caller's limits before the first statement of a transaction.

    A job's statement outside any transaction gets one of its own; the admin's does not: it has a shopper's limits.
    """
    wrapper: BaseDatabaseWrapper = context["connection"]
    if not _is_needed(wrapper):
        return execute(statement, params, many, context)
    if not wrapper.get_autocommit():
        _tell_new_transaction(wrapper, current())
        return execute(statement, params, many, context)
    with transaction.atomic(using=wrapper.alias):
        _tell_new_transaction(wrapper, current())
        return execute(statement, params, many, context)


# Statements that need it not are asked past it (`shop.core.database.postgresql.base`).
_lengthen.is_needed = _is_needed  # type: ignore[attr-defined]


def _is_new(wrapper: BaseDatabaseWrapper) -> bool:
    return bool(wrapper.connection.info.transaction_status == TransactionStatus.IDLE)


def _tell_new_transaction(wrapper: BaseDatabaseWrapper, patience: Patience) -> None:
    """Set the limits of a transaction unless it has begun: then they are set, or it began with others.

    They go with its first statement, and hold for it: PostgreSQL times each statement of a message by itself.
    """
    if _is_new(wrapper):
        with wrapper.wrap_database_errors:
            set_local(wrapper.connection, _assignments(patience, is_local=True))


def _assignments(patience: Patience, *, is_local: bool) -> list[str]:
    """Return what sets the limits.

    Not by `set_config`: a SELECT is a query, after which a transaction cannot choose its isolation any more
    (`shop.core.database.snapshot`).
    """
    scope = "SET LOCAL" if is_local else "SET"
    return [f"{scope} {name} = '{value}'" for name, value in limits(patience).items()]


def write_to_role() -> str:
    """Make the shopper's limits the own ones of the role that the shop uses, in this database; return its name.

    Connections that are open keep what they had; every role may change itself.
    https://www.postgresql.org/docs/current/sql-alterrole.html
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        role, database = cursor.fetchone()
        for name, value in limits(Patience.SHOP).items():
            cursor.execute(
                sql.SQL("ALTER ROLE {} IN DATABASE {} SET {} = {}").format(
                    sql.Identifier(role), sql.Identifier(database), sql.Identifier(name), sql.Literal(value)
                )
            )
    return str(role)


def missing_of_role() -> list[str]:
    """Return the parameters for which the role that the shop uses has no limit of its own or the database's."""
    statement = """
        SELECT split_part(setting, '=', 1), split_part(setting, '=', 2)
        FROM pg_db_role_setting, unnest(setconfig) AS setting
        WHERE setrole IN (0, current_user::regrole)
          AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    """
    with connection.cursor() as cursor:
        cursor.execute(statement)
        has = {name for name, value in cursor.fetchall() if value.strip() not in {"", "0", "0ms"}}
    return [name for name in PARAMETERS.values() if name not in has]


connection_created.connect(bind, dispatch_uid="shop.core.database.timeouts")
