"""Erasure of personal data: requested with a code by mail (or by staff for a guest), done by a job, part by part.

After a crash the job goes on where it was: finished parts are listed in `steps`, and a part may run twice. The person
is named only in the request, encrypted (`shop.core.privacy.vault`), until the last mail is out.
"""

import json
import logging
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare, salted_hmac

from shop.accounts.models import ErasureRequest, User
from shop.accounts.privacy import person_at, person_of
from shop.accounts.staff import encrypted_second_steps
from shop.core.due.fairness import run_each
from shop.core.due.leases import Lease
from shop.core.ids import readable_code
from shop.core.jobs import dispatch
from shop.core.json_types import JsonObject
from shop.core.mail import outbox
from shop.core.models import EmailLog
from shop.core.privacy import personal_data, vault
from shop.core.privacy.personal_data import Person
from shop.core.states import move

log = logging.getLogger(__name__)
Status = ErasureRequest.Status

CODE_FOR: Final = timedelta(minutes=30)
CODE_TRIES: Final = 5
_LEASE: Final = Lease("next_try_at", timedelta(minutes=10))
_LOOK_AGAIN: Final = timedelta(hours=6)
_TELL_FOR: Final = timedelta(days=2)
_ENCRYPTION: Final = "erasure"


class WrongCode(Exception):
    """The code is wrong. Trying again helps while `tries_left`."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(tries_left)
        self.tries_left = tries_left


class CodeExpired(Exception):
    """Too late, or too many wrong codes. Asking for another one helps."""


class StaffAccount(Exception):
    """The account is of the staff: a superuser must remove its rights first."""


class AlreadyAsked(Exception):
    """An erasure of this person is under way. Trying again does not help."""


# -- Asking ------------------------------------------------------------------------------------------------------------


def open_request(user: User) -> ErasureRequest | None:
    """Return the person's erasure under way, if there is one."""
    return ErasureRequest.objects.filter(digest=_digest(user.email), status__in=ErasureRequest.OPEN).first()


def ask(user: User, *, language: str) -> ErasureRequest:
    """Begin an erasure: mail a code to the account's address; an earlier code becomes invalid.

    Raises:
        AlreadyAsked: it is confirmed already.
    """
    if open_request(user):
        raise AlreadyAsked
    code = readable_code(8)
    with transaction.atomic():
        for old in ErasureRequest.objects.filter(digest=_digest(user.email), status=Status.REQUESTED):
            cancel(old, actor="shopper", reason="asked anew")
        request = ErasureRequest.objects.create(
            origin=ErasureRequest.Origin.PERSON,
            digest=_digest(user.email),
            sealed=_sealed(person_of(user)),
            code_digest=_digest(code),
            code_until=timezone.now() + CODE_FOR,
            language=language,
        )
        outbox.queue(
            kind="erasure_code",
            to=user.email,
            template="erasure_code",
            context={"code": code, "minutes": int(CODE_FOR.total_seconds() // 60)},
            dedupe_key=f"erasure-code:{request.pk}",
            language=language,
            user=user,
        )
    return request


def waiting_for_code(user: User) -> ErasureRequest | None:
    """Return the person's newest request that waits for its code."""
    found = ErasureRequest.objects.filter(digest=_digest(user.email), status=Status.REQUESTED)
    return found.order_by("-created_at").first()


def confirm(request: ErasureRequest, code: str) -> None:
    """Take the code from the mail; the erasure begins after commit. Twice is harmless.

    Raises:
        WrongCode, CodeExpired: see there.
    """
    typed = "".join(code.split()).replace("-", "").upper()
    with transaction.atomic():
        locked = ErasureRequest.objects.select_for_update().get(pk=request.pk)
        if locked.status in ErasureRequest.OPEN:
            return
        expired = locked.code_until is None or locked.code_until <= timezone.now()
        if locked.status != Status.REQUESTED or expired or locked.code_tries >= CODE_TRIES:
            raise CodeExpired
        fits = constant_time_compare(locked.code_digest, _digest(typed))
        if fits:
            move(locked, Status.CONFIRMED, actor="shopper", next_try_at=timezone.now(), code_digest="")
            _wake(locked)
        else:
            locked.code_tries += 1
            locked.save(update_fields=["code_tries", "updated_at"])
    if not fits:
        raise WrongCode(CODE_TRIES - locked.code_tries)


def order(email: str, *, actor: str, language: str) -> ErasureRequest:
    """Begin the erasure of an address by order of the staff (a guest who has proven to be that person).

    Raises:
        AlreadyAsked: it is under way.
        StaffAccount: see there.
    """
    person = person_at(email)
    user = User.objects.filter(pk=person.user_id).first() if person.user_id else None
    if user is not None and user.has_rights:
        raise StaffAccount
    try:
        with transaction.atomic():
            request = ErasureRequest.objects.create(
                origin=ErasureRequest.Origin.STAFF,
                digest=_digest(user.email if user else email),
                sealed=_sealed(person),
                language=language,
            )
            move(request, Status.CONFIRMED, actor=actor, next_try_at=timezone.now())
            _wake(request)
    except IntegrityError:
        raise AlreadyAsked from None
    return request


def cancel(request: ErasureRequest, *, actor: str, reason: str = "") -> bool:
    """Cancel an erasure that has not begun; return whether it was cancelled."""
    if request.status not in {Status.REQUESTED, Status.CONFIRMED, Status.POSTPONED}:
        return False
    return move(
        request,
        Status.CANCELLED,
        actor=actor,
        reason=reason,
        sealed="",
        code_digest="",
        next_try_at=None,
        obstacles=[],
    )


def _wake(request: ErasureRequest) -> None:
    transaction.on_commit(partial(dispatch, "shop.accounts.tasks.carry_out_erasure", str(request.pk)))


# -- Carrying out ------------------------------------------------------------------------------------------------------


def carry_out(request_id: UUID | str) -> str:
    """Go as far as possible with a confirmed erasure; return its status. Of two concurrent workers one works."""
    # The request may be locked just now: wait for the lock instead of the next run.
    wanted = ErasureRequest.objects.filter(pk=request_id, status__in=ErasureRequest.OPEN)
    if not _LEASE.take(wanted, waits=True):
        return str(ErasureRequest.objects.values_list("status", flat=True).get(pk=request_id))
    request = ErasureRequest.objects.get(pk=request_id)
    person = _person(request)
    if request.status in {Status.CONFIRMED, Status.POSTPONED} and not _begin(request, person):
        return str(request.status)
    if request.status == Status.ERASING:
        _erase(request, _person(request))
    if request.status == Status.TELLING:
        _tell(request, _person(request))
    return str(request.status)


def _begin(request: ErasureRequest, person: Person) -> bool:
    """Start erasing, or postpone it because of obstacles; return whether it starts."""
    with translation.override(request.language):
        hindered = [str(obstacle.words) for obstacle in personal_data.obstacles(person)]
    if hindered:
        later: dict[str, Any] = {"obstacles": hindered, "next_try_at": timezone.now() + _LOOK_AGAIN}
        if request.status == Status.CONFIRMED:
            move(request, Status.POSTPONED, actor="job:privacy", **later)
        else:
            ErasureRequest.objects.filter(pk=request.pk, status=Status.POSTPONED).update(**later)
        return False
    # Names and numbers are gathered before they are erased.
    return move(
        request,
        Status.ERASING,
        actor="job:privacy",
        sealed=_sealed(personal_data.gather(person)),
        obstacles=[],
        steps={},
    )


def _erase(request: ErasureRequest, person: Person) -> None:
    """Erase part by part, and record each finished one; start again when new data has been added meanwhile."""
    for part in personal_data.parts():
        if part.name in request.steps:
            continue
        changed = part.erase(person)
        request.steps = {**request.steps, part.name: changed}
        _LEASE.keep(ErasureRequest.objects.filter(pk=request.pk), steps=request.steps, updated_at=Now())
    if personal_data.obstacles(person):
        log.info("Erasure %s: something new is under way; it goes on later", request.pk)
        _LEASE.put_off(ErasureRequest.objects.filter(pk=request.pk), _LOOK_AGAIN, steps={})
        return
    with transaction.atomic():
        _farewell(request, person)
        move(request, Status.TELLING, actor="job:privacy", next_try_at=timezone.now())


def _farewell(request: ErasureRequest, person: Person) -> None:
    """Queue the last mail to the person's address."""
    outbox.queue(
        kind=personal_data.FAREWELL,
        to=min(person.emails),
        template="erasure_done",
        context={"orders_kept": bool(request.steps.get("orders"))},
        dedupe_key=_farewell_key(request),
        language=request.language,
    )


def _tell(request: ErasureRequest, person: Person) -> None:
    """End the erasure when the last mail is out (or cannot be sent for two days): then no data names the person."""
    mails = EmailLog.objects.filter(dedupe_key=_farewell_key(request))
    waits = mails.filter(
        status__in=[EmailLog.Status.QUEUED, EmailLog.Status.SENDING],
        created_at__gt=timezone.now() - _TELL_FOR,
    )
    if waits.exists():
        _LEASE.put_off(ErasureRequest.objects.filter(pk=request.pk), timedelta(minutes=2))
        return
    with transaction.atomic():
        personal_data.empty_mails(mails)
        move(
            request,
            Status.DONE,
            actor="job:privacy",
            sealed="",
            digest="",
            obstacles=[],
            next_try_at=None,
            done_at=timezone.now(),
        )


def _farewell_key(request: ErasureRequest) -> str:
    return f"erasure-done:{request.pk}"


def run_due(*, limit: int = 50) -> dict[str, int]:
    """Carry out due erasures, expire unused codes, erase invoice data past its retention; return how many.

    Encrypts again what older keys have encrypted, of erasures and of second steps.
    """
    due = _LEASE.due(ErasureRequest.objects.filter(status__in=ErasureRequest.OPEN))
    counts: dict[str, int] = run_each(list(due.values_list("pk", flat=True)[:limit]), carry_out)
    _reseal()
    encrypted_second_steps.reencrypt()
    stale = ErasureRequest.objects.filter(status=Status.REQUESTED, code_until__lte=Now() - timedelta(days=1))
    counts["lapsed"] = sum(
        cancel(request, actor="job:privacy", reason="not confirmed") for request in stale[:500]
    )
    return counts


def _reseal() -> None:
    """Encrypt with the newest key what is encrypted with an older one: a request may be postponed for months."""
    for request in ErasureRequest.objects.exclude(sealed="").only("pk", "sealed"):
        if vault.is_stale(_ENCRYPTION, request.sealed):
            mine = ErasureRequest.objects.filter(pk=request.pk, sealed=request.sealed)
            mine.update(sealed=vault.reseal(_ENCRYPTION, request.sealed))


def _person(request: ErasureRequest) -> Person:
    """Return the person of a request; before it begins, from the account as it is now."""
    kept: JsonObject = json.loads(vault.decrypt(_ENCRYPTION, request.sealed))
    user = User.objects.filter(pk=kept["user_id"]).first() if kept["user_id"] else None
    if user is not None and request.status in {Status.CONFIRMED, Status.POSTPONED}:
        current = person_of(user)
        return Person(current.emails | frozenset(kept["emails"]), user.pk)
    user_id = UUID(kept["user_id"]) if kept["user_id"] else None
    return Person(frozenset(kept["emails"]), user_id, frozenset(kept["needles"]))


def _sealed(person: Person) -> str:
    kept = {
        "emails": sorted(person.emails),
        "user_id": str(person.user_id) if person.user_id else None,
        "needles": sorted(person.needles),
    }
    return vault.encrypt(_ENCRYPTION, json.dumps(kept).encode())


def _digest(text: str) -> str:
    return salted_hmac("shop.accounts.erasure", text.strip().lower(), algorithm="sha256").hexdigest()
