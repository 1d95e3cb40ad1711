"""What the staff does with endpoints; each act is recorded with its actor.

The caller checks a new URL (`addresses.check`), which asks the DNS, before it calls: these verbs only write.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from shop.core.models import OutgoingDelivery, OutgoingEndpoint
from shop.core.outgoing import publishing, signing
from shop.core.outgoing import types as public_types
from shop.core.outgoing.addresses import Target
from shop.core.privacy import vault
from shop.core.states import move, record

Status = OutgoingEndpoint.Status
Why = OutgoingEndpoint.Why


class UnknownTypes(ValueError):
    """Some of the types are not among the public ones. Others help."""

    def __init__(self, names: Collection[str]) -> None:
        super().__init__(", ".join(sorted(names)))
        self.names = sorted(names)


class SwitchedOff(Exception):
    """The endpoint is switched off: nothing is sent to it. Switching it on helps."""


@sensitive_variables("secret")
def create(
    target: Target, *, types: Iterable[str], description: str = "", actor: str
) -> tuple[OutgoingEndpoint, str]:
    """Make an active endpoint at a checked URL; return it with its secret, which nobody can read again.

    Raises:
        UnknownTypes: see there.
    """
    secret = signing.new_secret()
    with transaction.atomic():
        made = OutgoingEndpoint.objects.create(
            url=target.url,
            types=_known(types),
            description=description[:120],
            sealed=signing.encrypted(secret),
        )
        record(made, "created", actor=actor, reason=target.url)
    return made, secret


def change(
    endpoint: OutgoingEndpoint,
    *,
    target: Target | None = None,
    types: Iterable[str] | None = None,
    description: str | None = None,
    actor: str,
) -> OutgoingEndpoint:
    """Give an endpoint another (checked) URL, other types or another description; None leaves what it has.

    What waits for it goes to the new URL. Locks the endpoint.

    Raises:
        UnknownTypes: see there.
    """
    with transaction.atomic():
        locked = _locked(endpoint)
        wanted: dict[str, object] = {
            "url": locked.url if target is None else target.url,
            # Types that the shop does not know any more stay where nobody touches them.
            "types": locked.types if types is None else _known(types),
            "description": locked.description if description is None else description[:120],
        }
        changed = {name: value for name, value in wanted.items() if getattr(locked, name) != value}
        if "url" in changed:
            changed |= {"silent": 0, "paused_until": None}
        for name, value in changed.items():
            setattr(locked, name, value)
        if changed:
            locked.save(update_fields=[*changed, "updated_at"])
            record(locked, "changed", actor=actor, reason=locked.url)
    return locked


@sensitive_variables("secret")
def rotate(endpoint: OutgoingEndpoint, *, actor: str, now: datetime | None = None) -> str:
    """Give an endpoint a new secret and return it; the one before signs as well for OUTGOING_WEBHOOK_OVERLAP.

    An older one that still signed ends at once: there are never more than two.
    """
    secret, now = signing.new_secret(), now or timezone.now()
    with transaction.atomic():
        locked = _locked(endpoint)
        locked.sealed_before, locked.sealed = locked.sealed, signing.encrypted(secret)
        locked.before_until = now + settings.OUTGOING_WEBHOOK_OVERLAP
        locked.save(update_fields=["sealed", "sealed_before", "before_until", "updated_at"])
        record(locked, "secret rotated", actor=actor)
    return secret


def disable(endpoint: OutgoingEndpoint, *, why: str = Why.STAFF, actor: str) -> bool:
    """Switch an endpoint off: nothing is written for it any more, and what waits for it stays. False: it is off."""
    with transaction.atomic():
        locked = _locked(endpoint)
        return locked.status == Status.ACTIVE and move(
            locked, Status.DISABLED, actor=actor, reason=str(why), disabled_why=why
        )


def enable(endpoint: OutgoingEndpoint, *, actor: str) -> bool:
    """Switch an endpoint on again: what still waits for it is sent. False: it is on."""
    with transaction.atomic():
        locked = _locked(endpoint)
        return locked.status == Status.DISABLED and move(
            locked, Status.ACTIVE, actor=actor, disabled_why="", dead=0, silent=0, paused_until=None
        )


def ping(endpoint: OutgoingEndpoint, *, actor: str) -> OutgoingDelivery:
    """Send a message of the type `ping` to one endpoint, whatever it asked for, and at once though it is paused.

    Raises:
        SwitchedOff: see there.
    """
    with transaction.atomic():
        locked = _locked(endpoint)
        if locked.status != Status.ACTIVE:
            raise SwitchedOff
        OutgoingEndpoint.objects.filter(pk=locked.pk).update(paused_until=None)
        record(locked, "pinged", actor=actor)
        return publishing.write_to(locked, public_types.PING, {"endpoint": str(locked.pk)})


def replay(delivery: OutgoingDelivery, *, actor: str) -> bool:
    """Send a message again that was delivered or given up: new tries, the same `webhook-id`. False: it is on its way.

    Raises:
        SwitchedOff: see there.
    """
    with transaction.atomic():
        endpoint = OutgoingEndpoint.objects.get(pk=delivery.endpoint_id)
        if endpoint.status != Status.ACTIVE:
            raise SwitchedOff
        ended = OutgoingDelivery.objects.filter(pk=delivery.pk).exclude(
            status=OutgoingDelivery.Status.PENDING
        )
        changed = ended.update(
            status=OutgoingDelivery.Status.PENDING,
            began_with=F("attempts"),
            next_try_at=Now(),
            begun_at=Now(),
            delivered_at=None,
            updated_at=Now(),
        )
        if changed:
            record(delivery, "replayed", actor=actor)
            publishing.wake()
    return bool(changed)


def end_overlaps() -> int:
    """Delete former secrets whose overlap is over; return of how many endpoints."""
    over = OutgoingEndpoint.objects.filter(before_until__lte=Now())
    return over.update(sealed_before="", before_until=None, updated_at=Now())


def reencrypt() -> int:
    """Encrypt with the newest of DATA_KEYS what was encrypted with an older one; return of how many endpoints."""
    changed = 0
    for endpoint in OutgoingEndpoint.objects.all():
        fields = {
            name: vault.reseal(signing.PURPOSE, value)
            for name in ("sealed", "sealed_before")
            if (value := getattr(endpoint, name)) and vault.is_stale(signing.PURPOSE, value)
        }
        if fields:
            # Only where nobody has rotated it meanwhile.
            mine = OutgoingEndpoint.objects.filter(pk=endpoint.pk, sealed=endpoint.sealed)
            changed += mine.update(**fields, updated_at=Now())
    return changed


def _locked(endpoint: OutgoingEndpoint) -> OutgoingEndpoint:
    return OutgoingEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)


def _known(names: Iterable[str]) -> list[str]:
    wanted = sorted(set(names))
    unknown = set(wanted) - public_types.all_types().keys()
    if unknown:
        raise UnknownTypes(unknown)
    return wanted
