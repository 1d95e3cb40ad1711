"""Outgoing notifications: queued in the store, sent from a background thread, retried like the providers do."""

from __future__ import annotations

import http.client
import json
import logging
import threading
import time
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from shop.sandbox.clock import Clock
from shop.sandbox.config import SandboxConfig
from shop.sandbox.faults import FaultBook
from shop.sandbox.store import JsonDict, Store

log = logging.getLogger(__name__)

MAX_SENDERS = 32
LOOPBACK_ONLY = "No se envió: la sandbox sólo avisa a esta máquina o al SITE_URL de la tienda."


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification to send: ``topic`` chooses how it is written, ``event_id`` groups its copies."""

    topic: str
    object_id: str
    event_id: str
    url: str
    payload: JsonDict


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notification written and signed, ready to send."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Sending:
    """How a counterpart sends its notifications.

    ``schedule`` are the seconds before each try, ``timeout`` how long a try may take, ``accepted`` the answers that end
    the trying.
    """

    schedule: tuple[float, ...]
    timeout: float
    accepted: Container[int] = range(200, 300)


Write = Callable[[JsonDict, int], Outgoing]


class Outbox:
    """Queue notifications, apply the armed webhook faults, send and retry (``sendings``: how, by provider)."""

    def __init__(
        self,
        config: SandboxConfig,
        store: Store,
        clock: Clock,
        faults: FaultBook,
        sendings: Mapping[str, Sending],
    ) -> None:
        self._config, self._store, self._clock, self._faults = config, store, clock, faults
        self._sendings = sendings
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._senders: set[threading.Thread] = set()

    # -- queueing -----------------------------------------------------------------------------------------
    def emit(self, provider: str, notices: list[Notice], targets: tuple[str, ...]) -> list[int]:
        """Queue the notifications of one fact and return the numbers of their deliveries.

        An armed webhook fault applies to the whole fact, not to a single notification of it.
        """
        with self._store.transaction():
            options = self._writing_faults(provider, targets)
            delay = self._config.webhook_delay
            if slow := self._faults.take("webhook_delay", provider, targets=targets):
                delay = slow["seconds"]
            copies = self._faults.take("webhook_duplicate", provider, targets=targets)
            shuffle = self._faults.take("webhook_reorder", provider, targets=targets)
            dropped = self._faults.take("webhook_drop", provider, targets=targets) is not None
            if shuffle:
                notices.reverse()
                delay += shuffle["seconds"]
            numbers = []
            for index, notice in enumerate(notices):
                due = self._clock.due_now() + delay + (0.3 * index if shuffle else 0.001 * index)
                for _ in range(max(1, copies["times"]) if copies else 1):
                    state = "dropped" if dropped else "pending"
                    numbers.append(self._queue(provider, notice, options, state, due))
        self._wake.set()
        return numbers

    def _writing_faults(self, provider: str, targets: tuple[str, ...]) -> JsonDict:
        options: JsonDict = {}
        for kind in self._faults.kinds.values():
            if kind.option and (fault := self._faults.take(kind.name, provider, targets=targets)):
                options[kind.option] = fault[kind.defaults[0][0]] if kind.defaults else True
        return options

    def _queue(self, provider: str, notice: Notice, options: JsonDict, state: str, due: float) -> int:
        return self._store.run(
            "INSERT INTO deliveries (provider, topic, object_id, event_id, url, payload, options, state, attempt,"
            " due_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
            *(provider, notice.topic, notice.object_id, notice.event_id, notice.url),
            *(json.dumps(notice.payload), json.dumps(options), state, due, time.time()),
        )

    def resend(self, delivery_id: int) -> bool:
        """Send a delivery once more, at once, whatever its result; False when it does not exist."""
        changed = self._store.run(
            "UPDATE deliveries SET state = 'pending', due_at = ?, options = '{}' WHERE id = ?"
            " AND state != 'in_flight'",
            *(self._clock.due_now(), delivery_id),
        )
        self._wake.set()
        return changed > 0

    def rush(self, object_ids: tuple[str, ...], timeout: float = 10.0) -> None:
        """Send what is queued about these objects now and wait for the first answers."""
        marks = ",".join("?" * len(object_ids))
        self._store.run(
            f"UPDATE deliveries SET due_at = 0 WHERE state = 'pending' AND attempt = 0 AND object_id IN ({marks})",  # noqa: S608
            *object_ids,
        )
        self._wake.set()
        waiting = (
            "SELECT 1 FROM deliveries WHERE attempt = 0 AND state IN ('pending', 'in_flight')"  # noqa: S608
            f" AND object_id IN ({marks})"
        )
        self._wait(lambda: not self._store.rows(waiting, *object_ids), timeout)

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until nothing is being sent or due within the next half second; False when time runs out."""
        sql = "SELECT 1 FROM deliveries WHERE state = 'in_flight' OR (state = 'pending' AND due_at <= ?)"
        return self._wait(lambda: not self._store.rows(sql, self._clock.due_now() + 0.5), timeout)

    @staticmethod
    def _wait(done: Callable[[], bool], timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while not done():
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        return True

    # -- sending ------------------------------------------------------------------------------------------
    def start(self, tick: Callable[[], None], write: Write) -> None:
        """Start the background thread.

        ``tick`` is called in it about five times a second; ``write`` writes and signs one try of a delivery, of which
        the second argument says how many went before.
        """
        self._store.run("UPDATE deliveries SET state = 'pending' WHERE state = 'in_flight'")
        self._stop.clear()
        self._thread = threading.Thread(
            target=self._work, args=(tick, write), name="sandbox-outbox", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop sending; what was not answered within two seconds is sent again at the next start."""
        self._stop.set()
        self._wake.set()
        if self._thread:
            self._thread.join(timeout=5)
        deadline = time.monotonic() + 2
        for sender in list(self._senders):
            sender.join(timeout=max(0.0, deadline - time.monotonic()))

    def _work(self, tick: Callable[[], None], write: Write) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                tick()
                for delivery in self._claim():
                    self._dispatch(delivery, write)
            except Exception:
                log.exception("The sandbox's background work failed; it goes on.")
                time.sleep(0.2)
            self._wake.wait(self._pause())

    def _dispatch(self, delivery: JsonDict, write: Write) -> None:
        """Send in a thread of its own: copies must be able to arrive concurrently, and a shop may not answer."""

        def run() -> None:
            try:
                self._send(delivery, write)
            finally:
                self._senders.discard(threading.current_thread())

        sender = threading.Thread(target=run, name=f"sandbox-webhook-{delivery['id']}", daemon=True)
        self._senders.add(sender)
        sender.start()

    def _pause(self) -> float:
        found = self._store.rows("SELECT MIN(due_at) AS due FROM deliveries WHERE state = 'pending'")
        due = found[0]["due"]
        return 0.2 if due is None else min(0.2, max(0.005, due - self._clock.due_now()))

    def _claim(self) -> list[JsonDict]:
        with self._store.transaction():
            rows = self._store.rows(
                "SELECT * FROM deliveries WHERE state = 'pending' AND due_at <= ? ORDER BY due_at, id LIMIT ?",
                self._clock.due_now(),
                max(0, MAX_SENDERS - len(self._senders)),
            )
            for row in rows:
                self._store.run("UPDATE deliveries SET state = 'in_flight' WHERE id = ?", row["id"])
        return [
            {**dict(row), "payload": json.loads(row["payload"]), "options": json.loads(row["options"])}
            for row in rows
        ]

    def _send(self, delivery: JsonDict, write: Write) -> None:
        try:
            started = time.time()
            outgoing = write(delivery, delivery["attempt"])
            if self._config.may_deliver_to(outgoing.url):
                status, answer, error = post(outgoing, self._sendings[delivery["provider"]].timeout)
            else:
                status, answer, error = None, "", LOOPBACK_ONLY
            self._note(delivery, outgoing, started, status, answer, error)
        except Exception:
            if self._stop.is_set():
                return
            log.exception("Delivery %s could not be written.", delivery["id"])
            self._store.run("UPDATE deliveries SET state = 'failed' WHERE id = ?", delivery["id"])

    def _note(
        self,
        delivery: JsonDict,
        outgoing: Outgoing,
        started: float,
        status: int | None,
        answer: str,
        error: str,
    ) -> None:
        attempt = delivery["attempt"] + 1
        with self._store.transaction():
            self._store.run(
                "INSERT INTO delivery_tries (delivery_id, attempt, sent_at, took, url, request_headers,"
                " request_body, status, answer, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                *(delivery["id"], attempt, started, time.time() - started, outgoing.url),
                *(json.dumps(outgoing.headers), outgoing.body.decode(), status, answer, error),
            )
            state, due = self._next(delivery, attempt, status, error)
            self._store.run(
                "UPDATE deliveries SET state = ?, attempt = ?, due_at = ? WHERE id = ?",
                *(state, attempt, due, delivery["id"]),
            )
        self._wake.set()

    def _next(self, delivery: JsonDict, attempt: int, status: int | None, error: str) -> tuple[str, float]:
        sending = self._sendings[delivery["provider"]]
        if status in sending.accepted:
            return "delivered", delivery["due_at"]
        if error == LOOPBACK_ONLY or attempt >= len(sending.schedule):
            return "failed", delivery["due_at"]
        return "pending", self._clock.due_now() + sending.schedule[attempt] * self._config.retry_scale

    def tries(self, delivery_id: int) -> list[JsonDict]:
        """Return the tries of a delivery with request and answer, oldest first."""
        rows = self._store.rows("SELECT * FROM delivery_tries WHERE delivery_id = ? ORDER BY id", delivery_id)
        return [{**dict(row), "request_headers": json.loads(row["request_headers"])} for row in rows]


def post(outgoing: Outgoing, timeout: float) -> tuple[int | None, str, str]:
    """POST a notification; return (status, start of the answer, error). Redirects are not followed."""
    parts = urlsplit(outgoing.url)
    kind: Any = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection = kind(parts.hostname, parts.port, timeout=timeout)
        try:
            connection.request("POST", path, body=outgoing.body, headers=outgoing.headers)
            answer = connection.getresponse()
            return answer.status, answer.read(2000).decode("utf-8", "replace"), ""
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        return None, "", f"{type(error).__name__}: {error}"
