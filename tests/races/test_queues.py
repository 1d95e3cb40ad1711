"""A file that occupies its worker for ever, beside a purchase, on real workers: the purchase does not wait.

The control has one queue for all: there the purchase waits until the file is done. The interleaving is arranged: a
confirmed import stops at the advisory lock for writing imports, which the test has taken.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from kombu import Connection

from inventory.exchange import jobs
from inventory.models import ImportJob
from orders.models import Order
from orders.tests.factories import make_cart, make_session, make_variant
from payments.models import WebhookEvent
from payments.tests.world import World
from shop.beat_schedule import LONG_QUEUE, LONG_TASKS, SCHEDULE
from shop.celery import app
from shop.core.tests.spreadsheets.workbooks import raw, row
from tests.races.tools.concurrency import PATIENCE
from tests.races.tools.killing import shop_environment

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
POISON = raw(row(1, "SKU", "Precio") + '<row r="900000000000"><c><v>1</v></c></row>')


def wait_until(look: Callable[[], Any], words: str) -> Any:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(words)


@contextmanager
def worker(entrance: str, queue: str, folder: Path) -> Iterator[None]:
    """Run a worker of one process for one queue; it is killed in the end, whatever it does."""
    command = [sys.executable, "-m", "celery", "-A", entrance, "worker", "--pool", "solo", "--queues", queue]
    options = ["--hostname", f"{queue}@%h", "--loglevel", "warning", "--without-gossip", "--without-mingle"]
    environment = (
        os.environ | shop_environment() | {"REDIS_URL": settings.REDIS_URL, "PERCHA_DOTENV": os.devnull}
    )
    with (folder / f"{queue}.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *options], cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)


@pytest.fixture
def hand() -> Iterator["psycopg.Connection[Any]"]:
    """Take the advisory lock for writing imports, so that every import waits."""
    given = connection.get_connection_params()
    place = {name: given[name] for name in ("host", "port", "user", "password", "dbname") if given.get(name)}
    with psycopg.connect(**place, autocommit=True) as reserved:
        reserved.execute("SELECT pg_advisory_lock(%s)", [jobs._ONE_AT_A_TIME])
        yield reserved


@pytest.fixture(autouse=True)
def _empty_queues() -> Iterator[None]:
    _empty()
    yield
    _empty()


def _empty() -> None:
    with Connection(settings.REDIS_URL) as broker:
        channel: Any = broker.channel()
        for queue in ("celery", LONG_QUEUE):
            channel.queue_purge(queue)


def hang(queue: str, hand: "psycopg.Connection[Any]") -> ImportJob:
    """Send a worker a file that it will not finish, and wait until it hangs in it."""
    make_variant(units=5, sku="A-1")
    job = jobs.upload(
        kind="catalogue", file_name="x.csv", content=b"SKU;Price\nA-1;12\n", language="en", actor="staff:a"
    )
    jobs.run(job.pk)
    ImportJob.objects.filter(pk=job.pk).update(status="confirmed", confirmed_by="staff:a")
    app.send_task("inventory.tasks.run_import", args=[str(job.pk)], queue=queue)
    waits = (
        "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
    )
    wait_until(lambda: hand.execute(waits).fetchone()[0], "no worker took the file")
    return job


def pay(providers: World) -> WebhookEvent:
    """Pay for a cart at the provider; its webhook is stored and not worked on."""
    attempt = providers.begin("stripe", make_session(make_cart((make_variant(units=3), 1))))
    providers.pay(attempt)
    providers.deliver(work=False)
    return WebhookEvent.objects.filter(status="received").latest("received_at")


def test_a_file_that_hangs_and_a_poisoned_one_keep_no_purchase_waiting(providers, hand, tmp_path):
    with worker("shop", LONG_QUEUE, tmp_path), worker("shop", "celery", tmp_path):
        stuck = hang(app.amqp.router.route({}, "inventory.tasks.run_import")["queue"].name, hand)
        poisoned = jobs.upload(
            kind="catalogue", file_name="gap.xlsx", content=POISON, language="en", actor="staff:a"
        )
        app.send_task("inventory.tasks.run_import", args=[str(poisoned.pk)])
        app.send_task("payments.tasks.process_webhook", args=[str(pay(providers).pk)])

        wait_until(Order.objects.exists, "the purchase waits for the file")
        stuck.refresh_from_db()
        assert stuck.status == "confirmed"

        hand.execute("SELECT pg_advisory_unlock_all()")
        wait_until(lambda: ImportJob.objects.filter(pk=stuck.pk, status="done").exists(), "the file was lost")
        wait_until(lambda: ImportJob.objects.filter(pk=poisoned.pk, status="refused").exists(), "no end")
    assert "no spreadsheet has" in ImportJob.objects.get(pk=poisoned.pk).refusal


def test_control_in_one_queue_the_purchase_waits_for_the_file(providers, hand, tmp_path):
    with worker("tests.races.tools.queues", "celery", tmp_path):
        stuck = hang("celery", hand)
        app.send_task("payments.tasks.process_webhook", args=[str(pay(providers).pk)], queue="celery")
        hand.execute("SELECT pg_advisory_unlock_all()")
        wait_until(Order.objects.exists, "the purchase was lost")
    stuck.refresh_from_db()
    assert stuck.finished_at < Order.objects.get().created_at


def test_long_tasks_exist_have_their_queue_and_end():
    app.loader.import_default_modules()
    assert set(LONG_TASKS) <= set(app.tasks)
    for entry in SCHEDULE.values():
        queue = app.amqp.router.route({}, entry["task"])["queue"].name
        assert queue == (LONG_QUEUE if entry["task"] in LONG_TASKS else "celery")
    # A task that is ended by its limit is so before its message is given to another worker.
    assert 0 < app.conf.task_soft_time_limit < app.conf.task_time_limit
    assert app.conf.task_time_limit < app.conf.broker_transport_options["visibility_timeout"]
