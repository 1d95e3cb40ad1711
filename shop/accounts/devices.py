"""Where an account is signed in: browsers and apps. Each is a session, which its owner can end.

django-allauth keeps a row for each session (`usersessions`). This module writes those rows in its place: with the
network of the address only (the /24 of IPv4, the /48 of IPv6), and with the time of the last visit to a quarter of an
hour, so that a visit costs no statement of its own.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from allauth.account.signals import password_changed, password_reset, password_set, user_logged_in
from allauth.core.internal.httpkit import HTTP_USER_AGENT_MAX_LENGTH
from allauth.usersessions.models import UserSession
from allauth.usersessions.signals import on_user_logged_in
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.signals import user_logged_out
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from shop.accounts.models import User
from shop.core.audit import actors
from shop.core.states import record
from shop.core.web import user_agents, visitors

log = logging.getLogger(__name__)
SEEN_EVERY: Final = 15 * 60
MOST_SHOWN: Final = 100
NO_NETWORK: Final = "::"


@dataclass(frozen=True, slots=True)
class Device:
    """One session of an account. `network` is empty where the address was not known."""

    id: int
    is_app: bool
    program: str
    system: str
    network: str
    signed_in_at: datetime
    last_seen_at: datetime
    is_current: bool


def listed(user: User, *, current: str) -> list[Device]:
    """Return the devices that are signed in now, the current one first, then by their last visit; `MOST_SHOWN` at most.

    Two queries. `current` is the key of the session that asks.
    """
    rows = UserSession.objects.filter(user=user).select_related("refresh_token").order_by("-last_seen_at")
    found = {row.session_key: row for row in rows[:MOST_SHOWN]}
    alive = [
        found[session.session_key]
        for session in Session.objects.filter(session_key__in=found, expire_date__gt=timezone.now())
        if _lets_in(session, user)
    ]
    alive.sort(key=lambda row: (row.session_key != current, -row.last_seen_at.timestamp()))
    return [_device(row, current) for row in alive]


def end(user: User, device_id: int, *, actor: str) -> bool:
    """End one device of the account; return whether there was one. Its tokens and its browser are out at once."""
    return bool(_end(UserSession.objects.filter(user=user, pk=device_id), user, actor=actor))


def end_others(user: User, *, current: str, actor: str) -> int:
    """End every device of the account but the one whose session has this key; return how many were ended."""
    return _end(UserSession.objects.filter(user=user).exclude(session_key=current), user, actor=actor)


def end_all(user: User, *, actor: str) -> int:
    """End every device of the account; return how many were ended."""
    return _end(UserSession.objects.filter(user=user), user, actor=actor)


def end_session(session_key: str, *, user: User, actor: str, reason: str) -> None:
    """End the device of one session, as `end` does, and record why."""
    _end(UserSession.objects.filter(user=user, session_key=session_key), user, actor=actor, reason=reason)


def _end(rows: QuerySet[UserSession], user: User, *, actor: str, reason: str = "") -> int:
    """Delete devices with their sessions and refresh tokens; twice is harmless.

    Locks the rows of the devices by key, then deletes refresh tokens, devices and sessions.
    """
    with transaction.atomic():
        keys = list(rows.select_for_update(of=("self",)).order_by("pk").values_list("session_key", flat=True))
        if keys:
            UserSession.objects.filter(user=user, session_key__in=keys).delete()
            Session.objects.filter(session_key__in=keys).delete()
            record(user, "devices ended", actor=actor, reason=reason, data={"number": len(keys)})
    return len(keys)


def purge() -> int:
    """Delete the rows of devices whose session is over; return how many. Twice is harmless."""
    session = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=Now())
    _number, by_model = UserSession.objects.filter(~Exists(session)).delete()
    return int(by_model.get(UserSession._meta.label, 0))


def keep_rows_in_place_of_allauth() -> None:
    """Take its own receiver away: it keeps whole addresses, and looks at each of a person's sessions at each sign-in.

    Called when all apps are ready, since it is connected then.
    """
    user_logged_in.disconnect(on_user_logged_in)


@receiver(user_logged_in, dispatch_uid="accounts-remember-device")
def remember(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    """Keep a row for the session which has just been signed in (django-allauth's signal, not ours)."""
    if not request.session.session_key:
        request.session.save()
    key = str(request.session.session_key)
    _write(key, str(user.pk), request)
    cache.set(seen_key(key), 1, SEEN_EVERY)


@receiver(user_logged_out, dispatch_uid="accounts-forget-device")
def forget(sender: object, request: HttpRequest, **kwargs: object) -> None:
    """Delete the row of a session that is being signed out (Django's signal, sent before the session is emptied)."""
    if request.session.session_key:
        UserSession.objects.filter(session_key=request.session.session_key).delete()


@receiver(
    (password_changed, password_reset, password_set), dispatch_uid="accounts-end-devices-of-an-old-password"
)
def end_with_the_old_password(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    """Delete the devices that a new password has made worthless (django-allauth's signals, not ours)."""
    end_others(user, current=str(request.session.session_key), actor=actors.of_account(user.pk))


class SeenDevices:
    """Note the visit of a person who is signed in, in a browser or by an app; at most every `SEEN_EVERY` seconds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session: SessionBase | None = getattr(request, "api_session", None) or request.session
        # Only of what the page itself asked for: to look into a session would be a query, and would vary the answer.
        if session and session.accessed and session.session_key and session.get(SESSION_KEY):
            _seen(session.session_key, str(session[SESSION_KEY]), request)
        return response


def _seen(session_key: str, user_id: str, request: HttpRequest) -> None:
    """Write the visit unless it was written lately. A page does not fail because this could not be written."""
    if not cache.add(seen_key(session_key), 1, SEEN_EVERY):
        return
    try:
        with transaction.atomic():
            _write(session_key, user_id, request)
    except DatabaseError as error:  # The account was deleted meanwhile, or the database is busy.
        log.warning("The visit of a device was not noted: %s", error)


def _write(session_key: str, user_id: str, request: HttpRequest) -> None:
    values = {
        "ip": visitors.network_of(visitors.address_of(request))
        .partition("/")[0]
        .replace(visitors.UNKNOWN, NO_NETWORK),
        "user_agent": request.headers.get("User-Agent", "").replace("\x00", "")[:HTTP_USER_AGENT_MAX_LENGTH],
        "last_seen_at": timezone.now(),
    }
    mine = UserSession.objects.filter(session_key=session_key, user_id=user_id)
    if not mine.update(**values):
        # Of two requests at once the second one changes nothing.
        UserSession.objects.bulk_create(
            [UserSession(session_key=session_key, user_id=user_id, **values)], ignore_conflicts=True
        )


def seen_key(session_key: str) -> str:
    """Return the name in the cache that says that a session's visit was written lately."""
    return f"device:{sha256(session_key.encode()).hexdigest()[:32]}"


def _lets_in(session: Session, user: User) -> bool:
    """Return whether a session still signs this account in: a new password makes older sessions worthless."""
    values = session.get_decoded()
    is_of_the_user = values.get(SESSION_KEY) == str(user.pk)
    return is_of_the_user and values.get(HASH_SESSION_KEY) == user.get_session_auth_hash()


def _device(row: UserSession, current: str) -> Device:
    agent = user_agents.read(row.user_agent)
    return Device(
        id=row.pk,
        is_app=hasattr(row, "refresh_token"),
        program=agent.program,
        system=agent.system,
        network="" if row.ip == NO_NETWORK else visitors.network_of(row.ip),
        signed_in_at=row.created_at,
        last_seen_at=row.last_seen_at,
        is_current=row.session_key == current,
    )
