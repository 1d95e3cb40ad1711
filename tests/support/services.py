"""PostgreSQL and Redis for one test session: the servers in DATABASE_URL/REDIS_URL, or embedded ones of our own.

Under xdist the controller starts them and the workers inherit the addresses; every worker has a Redis database of its
own (pytest-django already gives each a PostgreSQL database of its own).
"""

import atexit
import os
import shutil
import signal
from pathlib import Path

import pytest

from shop.demo.services import EmbeddedPostgres, EmbeddedRedis, FolderLock, ServiceError
from shop.demo.services.ports import free_port
from shop.demo.services.postgres import FORGETFUL

ROOT = Path(__file__).resolve().parents[2]
EMBEDDED = "PERCHA_TEST_REDIS"
EMBEDDED_POSTGRES = "PERCHA_TEST_POSTGRES"
_running: list[EmbeddedPostgres | EmbeddedRedis] = []
_lock: FolderLock | None = None


def folder() -> Path:
    """Return the folder of the test servers' data; it can be deleted after the run."""
    data = os.environ.get("PERCHA_DATA_DIR")
    return (Path(data).expanduser().resolve() if data else ROOT / ".data") / "test"


def provide() -> None:
    """Set DATABASE_URL and REDIS_URL, starting a server for each that is not set; files go to the test folder.

    Raises: pytest.UsageError with the sentence of the service that could not start.
    """
    for key, name in (("STATIC_ROOT", "static"), ("MEDIA_ROOT", "media")):
        (folder() / name).mkdir(parents=True, exist_ok=True)
        os.environ[key] = str(folder() / name)
    if "PYTEST_XDIST_WORKER" in os.environ:
        _choose_worker_redis()
        return
    wanted = [key for key in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(key)]
    if not wanted:
        return
    try:
        _take_folder()
        if "DATABASE_URL" in wanted:
            os.environ["DATABASE_URL"] = os.environ[EMBEDDED_POSTGRES] = _start_postgres().url("percha")
        if "REDIS_URL" in wanted:
            redis = EmbeddedRedis(folder() / "redis", port=free_port(), durable=False)
            _running.append(redis)
            redis.start()
            os.environ["REDIS_URL"] = os.environ[EMBEDDED] = redis.url(0)
    except ServiceError as error:
        withdraw()
        raise pytest.UsageError(str(error)) from error


def withdraw() -> None:
    """Stop what `provide` started; harmless when called twice or by a worker."""
    global _lock
    while _running:
        _running.pop().stop()
    if _lock is not None:
        _lock.release()
        _lock = None


def _take_folder() -> None:
    """Lock the test folder for this run, so that two runs never share a cluster, and stop on SIGTERM too."""
    global _lock
    lock = FolderLock(folder())
    if not lock.acquire():
        raise ServiceError(
            f"Another test session (process {lock.owner()}) is using {folder()}. Wait for it, or give this one a place "
            "of its own: PERCHA_DATA_DIR=/tmp/elsewhere make test"
        )
    _lock = lock
    atexit.register(withdraw)
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda number, frame: os.kill(os.getpid(), signal.SIGINT))


def _start_postgres() -> EmbeddedPostgres:
    """Start the forgetful cluster; one that a power cut has damaged (fsync is off) is made again."""
    for attempt in (1, 2):
        server = EmbeddedPostgres(folder() / "postgres", port=free_port(), options=FORGETFUL)
        _running.append(server)
        try:
            server.start()
            return server
        except ServiceError:
            if attempt == 2:
                raise
            _running.remove(server)
            server.stop()
            shutil.rmtree(server.data, ignore_errors=True)
    raise AssertionError("unreachable")


def _choose_worker_redis() -> None:
    """Give worker gwN the Redis database N + 1 of the embedded server; a server of one's own is shared as it is."""
    address = os.environ.get(EMBEDDED)
    if address:
        number = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw")) + 1
        os.environ["REDIS_URL"] = f"{address.rsplit('/', 1)[0]}/{number}"
