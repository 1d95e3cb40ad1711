"""The sandbox itself, and the interface of its counterparts.

The two refer to each other, and are therefore in one file; everything else of a counterpart is imported upwards.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shop.sandbox.clock import Clock
from shop.sandbox.config import SandboxConfig
from shop.sandbox.faults import COMMON, FaultBook, FaultKind, by_name
from shop.sandbox.ids import Ids
from shop.sandbox.router import Request, Response, Router
from shop.sandbox.store import JsonDict, Record, Store
from shop.sandbox.table import TableRow
from shop.sandbox.webhooks import Outbox, Outgoing, Sending

log = logging.getLogger(__name__)

# What happens to an object when its deadline passes.
DueHandler = Callable[["Sandbox", Record], object]
# What an operator does to the object of an id, with the request's parameters.
Perform = Callable[["Sandbox", str, JsonDict], Record]
# How one try of a notification is written and signed: of the delivery, and how many tries went before.
Writer = Callable[["Sandbox", JsonDict, int], Outgoing]


@dataclass(frozen=True, slots=True)
class Action:
    """What an operator can do to an object: the button's label (Spanish), and the function.

    ``perform`` takes the sandbox, the object's id and the request's parameters and returns the object it acted on. It
    refuses by `shop.sandbox.actions.ActionRefused` or an exception of its counterpart's ``refusals``.
    """

    label: str
    perform: Perform


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterpart:
    """One party outside that the shop speaks to (a payment provider, a carrier, a tax office), as the sandbox plays it.

    Its addresses:
        ``prefix`` begins its paths (``/acme``), ``setting`` is the shop's key for its address, ``routes`` adds them.
        ``at_root`` are paths that are its own also without the prefix, for clients that take a host but no path;
        ``takes_last_slash`` says that one slash at the end of an address is no matter.
        ``unknown`` answers what it has no route for, given the methods that the path does have (none: no such path);
        ``trouble`` answers an injected 429 or 500. Both in its own shape of errors.

    Its notifications:
        ``writers`` by topic; ``sending`` says how often and how long it tries; ``describe_delivery`` says what one is
        about, in a few words.

    What an operator sees and does:
        ``rows`` returns its latest objects for the control page's table, ``actions`` are the buttons by name,
        ``collections`` what the JSON API lists, as kinds of stored objects. ``refusals`` are the exceptions (with a
        ``message``, or a text) by which its actions refuse. ``faults`` are kinds beside the common ones.

    The rest:
        ``configure`` reads its options from the shop's settings (kept in ``SandboxConfig.options`` under its code) and
        may raise `shop.sandbox.config.SandboxRefused`; ``on_due`` says what happens when an object's deadline passes,
        by kind; ``on_open`` runs each time the state file was opened.
    """

    code: str
    name: str
    prefix: str
    setting: str
    routes: Callable[[Router], None]
    unknown: Callable[[Sandbox, Request, list[str]], Response]
    trouble: Callable[[int], Response]
    writers: Mapping[str, Writer]
    sending: Sending
    describe_delivery: Callable[[Sandbox, JsonDict], str]
    rows: Callable[[Sandbox, int], list[TableRow]]
    actions: Mapping[str, Action]
    collections: Mapping[str, tuple[str, ...]]
    refusals: tuple[type[Exception], ...] = ()
    faults: tuple[FaultKind, ...] = ()
    on_due: Mapping[str, DueHandler] = field(default_factory=dict)
    on_open: Callable[[Sandbox], object] = lambda _sandbox: None
    configure: Callable[[Any], JsonDict] = lambda _settings: {}
    at_root: tuple[str, ...] = ()
    takes_last_slash: bool = False


@dataclass(slots=True)
class Sandbox:
    """What every handler receives: store, clock, faults, outgoing notifications, and the counterparts by code."""

    config: SandboxConfig
    counterparts: Mapping[str, Counterpart]
    store: Store
    clock: Clock
    ids: Ids
    faults: FaultBook
    outbox: Outbox
    on_due: Mapping[str, DueHandler]
    base_url: str = ""

    @classmethod
    def open(cls, config: SandboxConfig, counterparts: Mapping[str, Counterpart]) -> Sandbox:
        """Open the state file and assemble a sandbox that plays these (no threads are started).

        Raises:
            ValueError: two counterparts claim one action, one kind of object or, differently, one kind of fault.
        """
        kinds = by_name([*COMMON, *(kind for each in counterparts.values() for kind in each.faults)])
        on_due = _handlers(counterparts)
        store = Store(config.data_path)
        clock, faults = Clock(store), FaultBook(store, kinds, providers=tuple(counterparts))
        outbox = Outbox(config, store, clock, faults, {code: c.sending for code, c in counterparts.items()})
        ids = Ids(store, config.seed)
        sandbox = cls(config, counterparts, store, clock, ids, faults, outbox, on_due)
        for counterpart in counterparts.values():
            counterpart.on_open(sandbox)
        return sandbox

    def start(self) -> None:
        """Start the thread that sends notifications and handles deadlines."""
        self.outbox.start(self.tick, self._write)

    def _write(self, delivery: JsonDict, attempt: int) -> Outgoing:
        write = self.counterparts[delivery["provider"]].writers[delivery["topic"]]
        return write(self, delivery, attempt)

    def tick(self) -> None:
        """Let every object whose deadline has passed expire, fail or settle, as defined by its kind."""
        for record in self.store.due(self.clock.due_now()):
            try:
                self._fall_due(record)
            except Exception:
                # One object whose handler fails must not block the others, nor be tried for ever.
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


def _handlers(counterparts: Mapping[str, Counterpart]) -> dict[str, DueHandler]:
    """Return what happens at the deadlines of every kind of object.

    Raises:
        ValueError: two counterparts claim one action or one kind of object.
    """
    claimed: set[str] = set()
    found: dict[str, DueHandler] = {}
    for counterpart in counterparts.values():
        claims = {*counterpart.actions, *counterpart.on_due}
        if twice := claimed & claims:
            raise ValueError(f"{counterpart.code} claims what another has: {', '.join(sorted(twice))}")
        claimed |= claims
        found.update(counterpart.on_due)
    return found
