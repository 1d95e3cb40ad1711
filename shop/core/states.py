"""One function makes every state change of the shop.

Every machine is a `{from: {to, …}}` table beside its enum, registered on the model as `TRANSITIONS`
(or `ROLE_TRANSITIONS` for a further machine on the field `role`). `move` checks
the table, updates the row only where the status is the one just read, and writes the event row in the same
transaction. Zero rows changed means that another transaction was first, which is normal: `move` returns False.
"""

from collections.abc import Callable, Mapping, Set
from typing import Any, Final
from uuid import UUID

from django.db import models, transaction

from shop.core.database import kept_writes
from shop.core.database.kept_writes import KeptInsert
from shop.core.models import Event
from shop.core.privacy.redaction import mask_secrets

Table = Mapping[str, Set[str]]
# Called with the row and its event, in the event's transaction.
Listener = Callable[[models.Model, Event], None]
_listeners: dict[tuple[str, str, str, str], list[Listener]] = {}
_write: Final = KeptInsert(Event, is_awaited=False)


def on_event(
    listener: Listener, subject: str, *, kind: str = "", to: str = "", field: str = "status"
) -> None:
    """Have `listener` called with each event of a subject (`orders.order`) and kind, or with its changes to a state.

    The one place where something else may follow from every recorded act: whoever records needs not know it.
    """
    key = (subject, "state", field, to) if to else (subject, kind, "", "")
    _listeners.setdefault(key, []).append(listener)


class IllegalTransition(Exception):
    """The table has no such transition. Trying again does not help: the object is in `current`."""

    def __init__(self, obj: models.Model, current: str, to: str) -> None:
        super().__init__(f"{obj._meta.label_lower} {obj.pk} cannot go from {current!r} to {to!r}")
        self.current = current
        self.to = to


def can_move(obj: models.Model, to: str, *, field: str = "status") -> bool:
    """Return whether the table allows `obj` to go from the state in memory to `to`."""
    return to in _table(obj, field).get(getattr(obj, field), frozenset())


def move(
    obj: models.Model,
    to: str,
    *,
    actor: str,
    reason: str = "",
    field: str = "status",
    trail: UUID | None = None,
    data: dict[str, Any] | None = None,
    **changes: Any,
) -> bool:
    """Move `obj` to state `to`, with further field `changes` in the same UPDATE.

    Compare-and-set: the UPDATE matches only while the row still has the state in memory. On success the object in
    memory is brought up to date, an `Event` is written, and True is returned. False: somebody else moved it first
    (the object in memory is left as it was; refresh it).

    Raises:
        IllegalTransition: the table has no such transition from the state in memory.
    """
    current = getattr(obj, field)
    if to not in _table(obj, field).get(current, frozenset()):
        raise IllegalTransition(obj, current, to)
    values: dict[str, Any] = {field: to, **changes}
    with transaction.atomic():
        if not kept_writes.update(obj, values, only_if={field: current}):
            return False
        event = record(
            obj,
            "state",
            actor=actor,
            reason=reason,
            trail=trail,
            data=data,
            field=field,
            from_state=current,
            to_state=to,
            calls=False,
        )
        for name, value in values.items():
            setattr(obj, name, value)
        _call_listeners(obj, event)
    return True


def record(
    obj: models.Model,
    kind: str,
    *,
    actor: str,
    reason: str = "",
    trail: UUID | None = None,
    data: dict[str, Any] | None = None,
    field: str = "",
    from_state: str = "",
    to_state: str = "",
    calls: bool = True,
) -> Event:
    """Write one event about `obj`: who (`actor`), what (`kind` or the state change), why (`reason`).

    Those who asked for such events (`on_event`) are called in the same transaction; with `calls` False by the caller.
    """
    event = Event(
        subject_type=obj._meta.label_lower,
        subject_id=obj.pk,
        kind=kind,
        actor=actor[:150],
        reason=mask_secrets(reason)[:300],
        trail=trail or getattr(obj, "trail", None),
        data=data or {},
        field=field,
        from_state=from_state,
        to_state=to_state,
    )
    if not calls or _key(event) not in _listeners:
        _write(event)
        return event
    with transaction.atomic(savepoint=False):
        _write(event)
        _call_listeners(obj, event)
    return event


def _key(event: Event) -> tuple[str, str, str, str]:
    if event.kind == "state":
        return event.subject_type, event.kind, event.field, event.to_state
    return event.subject_type, event.kind, "", ""


def _call_listeners(obj: models.Model, event: Event) -> None:
    for listener in _listeners.get(_key(event), ()):
        listener(obj, event)


def _table(obj: models.Model, field: str) -> Table:
    name = "TRANSITIONS" if field == "status" else f"{field.upper()}_TRANSITIONS"
    table: Table = getattr(obj, name)
    return table
