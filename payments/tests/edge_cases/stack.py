"""The shop as the providers reach it: its endpoint over HTTP, and a Celery worker which is a process of its own.

The sandbox posts its signed notifications to the mailbox (`World`); a test decides when, how often and in
which order they reach the shop. From there everything is as in a shop: stored, answered, enqueued, processed by
the worker in its own time. `Shop.quiet` waits until nothing is left to do.
"""

import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inventory.models import StockMovement
from orders.models import CheckoutSession, Order
from payments.models import Payment, PaymentAttempt, Refund, WebhookEvent
from payments.tests.edge_cases import tally
from payments.tests.world import Letter, World
from shop.celery import app
from shop.core.jobs import dispatch
from shop.core.models import EmailLog

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 180.0
# What is worth a database look while somebody waits.
_PAUSE = 0.02


class Worker:
    """A Celery worker in a process of its own, with a queue of its own: it gets no messages of other tests."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.queue = f"{tally.PREFIX}{os.getpid()}"
        tally.forget(self.queue)
        self._log = folder / "worker.log"
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "shop",
            "worker",
            "--pool",
            "threads",
            "--concurrency",
            "4",
            "--include",
            tally.__name__,
        ]
        command += ["--queues", self.queue, "--loglevel", "warning", "--without-gossip", "--without-mingle"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=subprocess.STDOUT
            )
        self._redis = redis.Redis.from_url(settings.REDIS_URL)

    def is_idle(self) -> bool:
        """Say whether every message that was sent is done, with all that it has sent itself."""
        if self._process.poll() is not None:
            raise AssertionError(f"the worker has ended:\n{self.log()}")
        return tally.is_even(self.queue)

    def log(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._redis.delete(self.queue)
        self._redis.close()
        tally.forget(self.queue)


def worker_environment() -> dict[str, str]:
    """Return what makes another process work on the test's database and ask the same providers."""
    database: dict[str, Any] = connection.settings_dict
    place = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    names = [
        "SITE_URL",
        "MERCADOPAGO_API_BASE",
        "MERCADOPAGO_ACCESS_TOKEN",
        "MERCADOPAGO_COLLECTOR_ID",
        "STRIPE_API_BASE",
        "STRIPE_SECRET_KEY",
        "CONEKTA_API_BASE",
        "CONEKTA_ACCESS_TOKEN",
    ]
    return {
        "DJANGO_SETTINGS_MODULE": "shop.settings",
        "DATABASE_URL": f"postgres://{database['USER']}:{database['PASSWORD']}@{place}",
        "REDIS_URL": settings.REDIS_URL,
        "PAYMENT_TIMEOUT": "30",
        "PAYMENT_PAGE_SECONDS": "30",
        # Each test injects its own faults; one that waits for another's circuit would prove nothing.
        "PAYMENT_BREAKER_FAILURES": "1000000",
        "PAYMENT_CALLS_PER_PROVIDER": "100",
        "PAYMENT_CALLS_IN_ALL": "100",
        "STRIPE_LIVEMODE": "off",
        "CONEKTA_LIVEMODE": "off",
        **{name: str(getattr(settings, name)) for name in names},
    }


class Shop:
    """What a test does with the shop, and what it sees of it."""

    def __init__(self, address: str, providers: World, worker: Worker) -> None:
        self.address, self.providers, self.worker = address, providers, worker

    # -- what comes to it -----------------------------------------------------------------------------------------
    def bring(self, letters: Sequence[Letter] | None = None) -> list[int]:
        """Bring notifications to the endpoint over HTTP, one after the other; return what it answered."""
        return [self.post(letter) for letter in (self.providers.letters() if letters is None else letters)]

    def post(self, letter: Letter, *, path: str = "") -> int:
        """Post one notification as the provider did, headers and body untouched; return the status."""
        parts = urlsplit(letter.path)
        target = (path or parts.path) + (f"?{parts.query}" if parts.query else "")
        left_out = {"host", "content-length", "connection"}
        headers = {name: value for name, value in letter.headers.items() if name not in left_out}
        request = urllib.request.Request(
            self.address + target, data=letter.body, headers=headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def deliver(self) -> None:
        """Bring everything the providers have sent, and let the worker do its work."""
        assert {200} >= set(self.bring())
        self.quiet()

    def come_back(self, attempt: PaymentAttempt, query: str = "") -> Any:
        """Return from the provider's page as the shopper does; give the page (no redirects followed)."""
        return Client().get(reverse("payments:return", args=[attempt.token]) + query)

    def page(self, address: str) -> Any:
        """Open a page as a visitor."""
        return Client().get(address)

    # -- the worker -----------------------------------------------------------------------------------------------
    def quiet(self) -> None:
        """Wait until the worker has nothing to do and no event waits for its first try."""
        self.until(self._is_quiet)

    def _is_quiet(self) -> bool:
        return (
            self.worker.is_idle() and not WebhookEvent.objects.filter(status="received", attempts=0).exists()
        )

    def until(self, fetch: Callable[[], object]) -> None:
        """Wait until `look` is true.

        Raises: AssertionError with the worker's log.
        """
        deadline = time.monotonic() + SECONDS
        while not fetch():
            if time.monotonic() > deadline:
                raise AssertionError(f"it never came to pass\n{self.worker.log()}")
            time.sleep(_PAUSE)

    def job(self, task: Any, *arguments: object) -> None:
        """Let the worker do one of beat's jobs, or a task, and wait for it."""
        assert dispatch(task.name, *map(str, arguments))
        self.quiet()

    def keep_at(self, task: Any) -> None:
        """Run one of beat's jobs again and again, as beat does: one failure on a busy machine does not matter."""
        for _turn in range(3):
            self.later()
            self.job(task)

    # -- its clocks -----------------------------------------------------------------------------------------------
    def later(self) -> None:
        """Let every pause and lease be over, as it is some minutes later."""
        now = timezone.now()
        PaymentAttempt.objects.exclude(next_check_at=None).update(next_check_at=now)
        PaymentAttempt.objects.exclude(opening_until=None).update(opening_until=now)
        Refund.objects.exclude(next_try_at=None).update(next_try_at=now)
        WebhookEvent.objects.exclude(next_try_at=None).update(next_try_at=now)


def effects(session: CheckoutSession) -> tuple[int, int, int]:
    """Return the numbers of orders, sale movements and confirmations of a purchase."""
    orders = Order.objects.filter(checkout=session)
    sales = StockMovement.objects.filter(kind="sale", cause_id__in=orders.values("pk"))
    mails = EmailLog.objects.filter(kind="order_confirmation", trail=session.pk)
    return orders.count(), sales.count(), mails.count()


def roles() -> list[str]:
    """Return what each payment means to the shop, sorted."""
    return sorted(Payment.objects.values_list("role", flat=True))


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run every act in a thread of its own, all released together; return what each returned, or raise the first."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait(60)
            results[number] = act()
        except Exception as error:  # noqa: BLE001
            results[number] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert not any(thread.is_alive() for thread in threads), "somebody is still waiting"
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def route_to(queue: str) -> str:
    """Send the tasks of this process to another queue; return the former one."""
    before: str = app.conf.task_default_queue
    app.conf.task_default_queue = queue
    app.__dict__.pop("amqp", None)  # It has read the former name.
    return before
