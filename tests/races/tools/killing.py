"""Killing in the middle: a worker process (SIGKILL) or its database backend, caught while it waits for a row lock."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, connections

from inventory.models import Reservation, StockLevel
from tests.races.tools.concurrency import PATIENCE

# Waits for locks of a given backend: no other wait is taken for the worker's.
WAITING = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' "
    "AND {blocker} = ANY (pg_blocking_pids(pid))"
)
# The name that a process which is going to die bears at the server (libpq reads it from PGAPPNAME).
KILLED = "percha-doomed"
SIGKILL, TERMINATE = "SIGKILL", "pg_terminate_backend"


AT_THE_STOCK = tuple(
    f"SELECT 1 FROM {model._meta.db_table} ORDER BY id FOR UPDATE" for model in (StockLevel, Reservation)
)


def shop_environment() -> dict[str, str]:
    """Return the environment of a process that works in this test's database, with this test's providers."""
    database: dict[str, Any] = connection.settings_dict
    address = (
        f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    )
    return {
        "DJANGO_SETTINGS_MODULE": "shop.settings",
        "DATABASE_URL": f"postgres://{address}",
        "SITE_URL": settings.SITE_URL,
        "MERCADOPAGO_API_BASE": settings.MERCADOPAGO_API_BASE,
        "MERCADOPAGO_ACCESS_TOKEN": settings.MERCADOPAGO_ACCESS_TOKEN,
        "MERCADOPAGO_COLLECTOR_ID": settings.MERCADOPAGO_COLLECTOR_ID,
        "STRIPE_API_BASE": settings.STRIPE_API_BASE,
        "STRIPE_SECRET_KEY": settings.STRIPE_SECRET_KEY,
        "CONEKTA_API_BASE": settings.CONEKTA_API_BASE,
        "CONEKTA_ACCESS_TOKEN": settings.CONEKTA_ACCESS_TOKEN,
        "SHIPPING_CARRIERS": ",".join(settings.SHIPPING_CARRIERS),
        "ANDREANI_API_BASE": settings.ANDREANI_API_BASE,
        "ENVIA_API_BASE": settings.ENVIA_API_BASE,
        "ENVIA_QUERIES_API_BASE": settings.ENVIA_QUERIES_API_BASE,
        "ENVIA_GEOCODES_API_BASE": settings.ENVIA_GEOCODES_API_BASE,
        "ENVIA_CARRIERS": ",".join(settings.ENVIA_CARRIERS),
        "SHOP_CURRENCY": settings.SHOP_CURRENCY,
        "PAYMENT_GATEWAYS": ",".join(settings.PAYMENT_GATEWAYS),
        "LOG_LEVEL": "ERROR",
        "PGAPPNAME": KILLED,
    }


def kill_in_the_middle(act: Callable[[], Any], *, how: str, stop_at: Sequence[str] = AT_THE_STOCK) -> None:
    """Run `act` in a process of its own, stop it at rows that are locked, kill it there, and wait until it is gone.

    By default every level and every hold is locked by somebody else, so that the act stops where it first needs one:
    behind the cart, line, session or order it has already written or locked. With SIGKILL the server notices only when
    the lock comes free, as it does with a worker whose machine is gone.
    """
    connections.close_all()  # The child must not inherit one.
    fork = multiprocessing.get_context("fork")
    go = fork.Event()
    worker = fork.Process(target=_work, args=(act, go), daemon=True)
    worker.start()
    address = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    place = {name: address[name] for name in names if address.get(name)}
    # Two links: what pg_stat_activity says is frozen for the length of a transaction.
    with psycopg.connect(**place) as blocker, psycopg.connect(**place, autocommit=True) as watcher:
        for statement in stop_at:
            blocker.execute(statement)
        go.set()
        waiting = WAITING.format(blocker=blocker.info.backend_pid)
        backend = _wait_for(lambda: _one(watcher, waiting), "nobody waits for the lock")
        if how == SIGKILL:
            os.kill(worker.pid, signal.SIGKILL)
        else:
            watcher.execute("SELECT pg_terminate_backend(%s)", [backend])
        worker.join(PATIENCE)
        assert worker.exitcode == (-signal.SIGKILL if how == SIGKILL else 3), "it did not die in the middle"
        blocker.rollback()
        gone = f"SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = {backend}"
        _wait_for(lambda: _one(watcher, gone), "the backend is still there")


def await_their_end() -> None:
    """Wait until the server has noticed the death of every process that called itself DOOMED, and rolled back.

    A killed process is gone at once; its backend holds its locks until it reads the end of the line. What looks for
    free rows meanwhile (`SKIP LOCKED`) passes over those, in a test as in life, and finds them at its next turn.
    """
    gone = (
        "SELECT count(*) = 0 FROM pg_stat_activity "
        f"WHERE datname = current_database() AND application_name = '{KILLED}'"
    )

    def look() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(gone)
            return bool(cursor.fetchone()[0])

    _wait_for(look, "the dead one's backend is still there")


def _work(act: Callable[[], Any], go: Any) -> None:
    go.wait(PATIENCE)
    try:
        act()
    except Exception as error:  # noqa: BLE001
        # 3: the connection was cut, as it must be; anything else is a surprise.
        os._exit(3 if "terminating connection" in str(error) or "closed" in str(error) else 4)
    finally:
        sys.stdout.flush()
    os._exit(0)


def _one(link: "psycopg.Connection[Any]", statement: str) -> Any:
    row = link.execute(statement).fetchone()
    return row[0] if row else None


def _wait_for(look: Callable[[], Any], words: str) -> Any:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.01)
    raise AssertionError(words)
