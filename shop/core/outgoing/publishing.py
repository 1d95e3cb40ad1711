"""A fact becomes a message with a delivery for each endpoint that wants it, in the transaction of the fact.

Where no endpoint wants it, one look-up is all it costs: nothing is described and nothing is written.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from shop.core import states
from shop.core.database.kept_queries import KeptQuery, together
from shop.core.jobs import dispatch
from shop.core.json_types import JsonObject
from shop.core.models import Event, OutgoingDelivery, OutgoingEndpoint, OutgoingMessage
from shop.core.outgoing import types
from shop.core.outgoing.types import PublicType

# The types that are made of one kind of event: its subject and kind, or the state and the field that it is of.
_followers: dict[tuple[str, str, str, str], list[PublicType]] = {}


def contribute(*found: PublicType) -> None:
    """Offer types to endpoints, and publish those that are made of events whenever such an event is recorded."""
    for one in found:
        types.add(one)
        if one.subject:
            key = (one.subject, one.kind, one.to, one.field)
            if key not in _followers:
                _followers[key] = []
                states.on_event(
                    partial(_follow, _followers[key]), one.subject, kind=one.kind, to=one.to, field=one.field
                )
            _followers[key].append(one)


def publish(name: str, facts: Iterable[JsonObject], *, at: datetime | None = None) -> int:
    """Write a message for each of the facts, to every active endpoint that wants the type; return how many.

    In the caller's transaction: both are committed or neither. The sending job is woken after commit, unless the
    endpoints are being served already; it would find what is due by itself.
    """
    takers = _TAKERS(name)
    return len(_write(name, facts, takers, at or timezone.now())) if takers else 0


def _follow(made: list[PublicType], obj: models.Model, event: Event) -> None:
    """Publish an event as each type that is made of it; who takes them is asked in one round trip."""
    for found, takers in zip(made, together(*[_TAKERS.asked(one.name) for one in made]), strict=True):
        if not takers or found.describe is None:
            continue
        facts = found.describe(obj, event)
        if facts is not None:
            one_or_more = [facts] if isinstance(facts, dict) else facts
            _write(found.name, one_or_more, takers, event.occurred_at)


def wake() -> None:
    """Wake the sending job after the caller's transaction."""
    transaction.on_commit(partial(dispatch, "shop.core.tasks.push_webhooks"))


def write_to(endpoint: OutgoingEndpoint, name: str, fact: JsonObject) -> OutgoingDelivery:
    """Write a message to one endpoint alone, whatever it asked for."""
    with transaction.atomic():
        (message,) = _write(name, [fact], [(endpoint.pk, False)], timezone.now())
        return message.deliveries.get()


def _takers(name: str) -> "QuerySet[OutgoingEndpoint, tuple[Any, bool]]":
    """Return the endpoints that want a type, each with whether it is being served or paused."""
    waits = Q(served_until__gt=Now()) | Q(paused_until__gt=Now())
    is_busy = models.ExpressionWrapper(waits, output_field=models.BooleanField())
    wanting = OutgoingEndpoint.objects.filter(status=OutgoingEndpoint.Status.ACTIVE, types__contains=[name])
    return wanting.order_by().annotate(is_busy=is_busy).values_list("pk", "is_busy")


_TAKERS: Final = KeptQuery(_takers, str)


def _write(
    name: str, facts: Iterable[JsonObject], takers: Iterable[tuple[Any, bool]], at: datetime
) -> list[OutgoingMessage]:
    takers = list(takers)
    messages = [OutgoingMessage(type=name, data=fact, occurred_at=at) for fact in facts]
    with transaction.atomic(savepoint=False):
        OutgoingMessage.objects.bulk_create(messages, batch_size=1000)
        OutgoingDelivery.objects.bulk_create(
            (
                OutgoingDelivery(message=message, endpoint_id=key, next_try_at=Now(), begun_at=Now())
                for message in messages
                for key, _is_busy in takers
            ),
            batch_size=1000,
        )
    if messages and not all(is_busy for _key, is_busy in takers):
        wake()
    return messages
