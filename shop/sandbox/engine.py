"""The sandbox itself: its memory, its clock, its faults and its outgoing notifications in one place."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from shop.sandbox.clock import Clock
from shop.sandbox.config import SandboxConfig
from shop.sandbox.faults import FaultBook
from shop.sandbox.ids import Ids
from shop.sandbox.router import Request, Response
from shop.sandbox.store import JsonDict, Record, Store
from shop.sandbox.webhooks import Outbox

log = logging.getLogger(__name__)

DueHandler = Callable[["Sandbox", Record], object]


@dataclass(slots=True)
class Sandbox:
    """What every handler receives. ``on_due`` says what happens when an object's deadline passes."""

    config: SandboxConfig
    store: Store
    clock: Clock
    ids: Ids
    faults: FaultBook
    outbox: Outbox
    base_url: str = ""
    on_due: dict[str, DueHandler] = field(default_factory=dict)

    @classmethod
    def open(cls, config: SandboxConfig) -> Sandbox:
        """Open the state file and assemble a sandbox (no threads are started)."""
        store = Store(config.data_path)
        clock, faults = Clock(store), FaultBook(store)
        outbox = Outbox(config, store, clock, faults)
        return cls(config, store, clock, Ids(store, config.seed), faults, outbox)

    def tick(self) -> None:
        """Let every object whose deadline has passed expire, fail or settle, as its kind demands."""
        for record in self.store.due(self.clock.due_now()):
            try:
                self._fall_due(record)
            except Exception:
                # One object that cannot fall due must not keep the others from it, nor be tried for ever.
                log.exception("%s %s could not fall due.", record.kind, record.id)
                record.due_at = None
                self.store.save(record)

    def _fall_due(self, record: Record) -> None:
        with self.store.transaction():
            fresh = self.store.get(record.kind, record.id)
            if fresh is None or fresh.due_at is None or fresh.due_at > self.clock.due_now():
                return
            fresh.due_at = None
            self.store.save(fresh)
            self.on_due[fresh.kind](self, fresh)


def fault_targets(sandbox: Sandbox, request: Request, payload: JsonDict | None) -> tuple[str, ...]:
    """Return everything an armed fault may name this call by: path parts, our ids and the shop's references."""
    parts = [part for part in request.path.split("/") if part]
    found = list(parts)
    for part in parts[-3:]:
        for row in sandbox.store.rows("SELECT ref, parent FROM objects WHERE id = ?", part):
            found += [row["ref"], row["parent"]]
    for name in ("external_reference", "client_reference_id", "payment_intent"):
        value = (payload or {}).get(name) or request.query.get(name)
        if isinstance(value, str):
            found.append(value)
    return tuple(item for item in found if item)


ErrorMaker = Callable[[int], Response]


def refuse(
    sandbox: Sandbox, provider: str, request: Request, targets: tuple[str, ...], error: ErrorMaker
) -> Response | None:
    """Return the answer of an armed 429 or of a time-out before any effect, or None."""
    line = f"{request.method} {request.path}"
    if limited := sandbox.faults.take("http_429", provider, targets=targets, request=line):
        response = error(429)
        response.headers["Retry-After"] = str(limited["retry_after"])
        return response
    if hang := sandbox.faults.take("timeout_before", provider, targets=targets, request=line):
        return Response(hang=hang["seconds"])
    return None


def crash(
    sandbox: Sandbox,
    provider: str,
    request: Request,
    targets: tuple[str, ...],
    error: ErrorMaker,
    call: Callable[[], Response],
) -> Response:
    """Run ``call`` unless an armed 500 strikes, before or after the effect."""
    line = f"{request.method} {request.path}"
    fault = sandbox.faults.take("http_500", provider, targets=targets, request=line)
    if fault is None:
        return call()
    if fault["effect"]:
        call()
    return error(500)


def hang_up(
    sandbox: Sandbox, provider: str, request: Request, targets: tuple[str, ...], response: Response
) -> Response:
    """Swallow a finished answer when a time-out after the effect is armed."""
    line = f"{request.method} {request.path}"
    if hang := sandbox.faults.take("timeout_after", provider, targets=targets, request=line):
        return Response(hang=hang["seconds"])
    return response
