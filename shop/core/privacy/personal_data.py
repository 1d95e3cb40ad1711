"""A person's data: what each app has of them, exported on request and erased on request.

Apps contribute their part in `<app>/privacy.py` (`contribute`), so that the account's pages, which may not import most
apps, cover all of them. A part may run twice and may be killed half-way: it finds its rows by the person each time, and
a row that is erased is not found again.

`position` is the order of the erasure: a part that needs rows of another app to find its own comes first.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from shop.core.json_types import JsonMapping, JsonObject
from shop.core.models import EmailLog, Event
from shop.core.moments import moment
from shop.core.user_input.emails import is_address

ERASED: Final = "erased"
# Shorter words would match inside others.
SHORTEST_NEEDLE: Final = 5


@dataclass(frozen=True)
class Person:
    """The person concerned: confirmed addresses in lower case, and the account, when there is one.

    `needles` are further words that name the person (names, documents, phones), gathered before anything is erased;
    free text is searched for them.
    """

    emails: frozenset[str]
    user_id: UUID | None = None
    needles: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        # An empty address would match every row without one, and a person without any address or account every row.
        if not all(self.emails) or not (self.emails or self.user_id):
            raise ValueError("A person is known by an address or an account.")

    def owns(self, *, email: str = "email", user: str = "user_id") -> Q:
        """Return the condition for rows of this person: of the account, or of one of the addresses."""
        found = Q(pk__in=[])
        for address in sorted(self.emails):
            found |= is_address(email, address)
        return found | Q(**{user: self.user_id}) if self.user_id else found

    @property
    def words(self) -> list[str]:
        """Return everything that names the person, longest first."""
        return sorted(self.emails | self.needles, key=len, reverse=True)


@dataclass(frozen=True)
class Obstacle:
    """Something under way that postpones an erasure. `words` is for the person; `code` for programs."""

    code: str
    words: str


Export = Callable[[Person], JsonMapping]
Erase = Callable[[Person], int]


@dataclass(frozen=True)
class Part:
    """The part of one app. `label` is its title; `erase` returns how many rows it changed."""

    name: str
    label: StrOrPromise
    position: int
    export: Export
    erase: Erase
    counts: Callable[[Person], Mapping[str, int]]
    obstacles: Callable[[Person], Iterable[Obstacle]] = lambda _person: ()
    needles: Callable[[Person], Iterable[str]] = lambda _person: ()
    # Erases what is past its legal retention; returns how many rows it changed.
    expire: Callable[[], int] = lambda: 0


_parts: dict[str, Part] = {}


def contribute(part: Part) -> None:
    """Add an app's part; the same name again replaces it."""
    _parts[part.name] = part


def parts() -> list[Part]:
    """Return every part in the order of the erasure. Each app's `ready()` imports its own."""
    return sorted(_parts.values(), key=lambda part: (part.position, part.name))


def export(person: Person) -> JsonObject:
    """Return everything that the shop has of a person, by part, as plain data."""
    person = gather(person)
    return {part.name: dict(part.export(person)) for part in parts()}


def counts(person: Person) -> dict[str, int]:
    """Return how many rows of each kind are the person's."""
    found: dict[str, int] = {}
    for part in parts():
        found.update(part.counts(person))
    return found


def obstacles(person: Person) -> list[Obstacle]:
    """Return what postpones an erasure now."""
    return [obstacle for part in parts() for obstacle in part.obstacles(person)]


def gather(person: Person) -> Person:
    """Return the person with every further word that names them."""
    words = {str(word).strip() for part in parts() for word in part.needles(person)}
    return Person(
        person.emails, person.user_id, frozenset(word for word in words if len(word) >= SHORTEST_NEEDLE)
    )


def expire() -> dict[str, int]:
    """Erase what was kept by law and is past its retention; return how many rows of each part."""
    return {part.name: part.expire() for part in parts()}


# -- Tools of the parts ------------------------------------------------------------------------------------------------


def plain(row: models.Model, *names: str) -> JsonObject:
    """Return fields of a row in the format of an export: moments as in the API, days in ISO 8601, amounts as text."""
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime):
        return moment(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def scrub(value: Any, person: Person) -> Any:
    """Return text or JSON in which nothing names the person."""
    if isinstance(value, str):
        for word in person.words:
            value = _without(value, word)
        return value
    if isinstance(value, Mapping):
        return {scrub(str(key), person): scrub(item, person) for key, item in value.items()}
    if isinstance(value, list):
        return [scrub(item, person) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and str(value) in person.words:
        return ERASED
    return value


def _without(text: str, word: str) -> str:
    """Return text without a word. `re` alone takes `ı` for `i` and `ſ` for `s`: that is another person's address."""

    def instead(found: "re.Match[str]") -> str:
        return ERASED if found[0].lower() == word.lower() else found[0]

    return re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", instead, text, flags=re.IGNORECASE)


def naming(person: Person, *fields: str) -> Q:
    """Return the condition for rows whose text (one of these fields) may name the person: `scrub` takes whole words."""
    found = Q(pk__in=[])
    for word in person.words:
        for field in fields:
            found |= Q(**{f"{field}__icontains": word})
    return found


def scrub_fields(rows: "models.QuerySet[Any]", person: Person, *fields: str) -> int:
    """Remove the person from text (or JSON) fields of rows; return how many rows were changed."""
    changed = 0
    for row in rows.only("pk", *fields).iterator(chunk_size=500):
        values = {name: getattr(row, name) for name in fields}
        clean = {name: scrub(value, person) for name, value in values.items()}
        if clean != values:
            changed += rows.model._default_manager.filter(pk=row.pk).update(**clean)
    return changed


def forget_trail(trail: UUID, person: Person) -> int:
    """Empty the mails of one purchase and remove the person from its events; return how many rows were changed."""
    changed = empty_mails(EmailLog.objects.filter(trail=trail))
    for event in Event.objects.filter(trail=trail):
        changed += scrub_event(event, person)
    return changed


def empty_mails(mails: "models.QuerySet[EmailLog]") -> int:
    """Keep of mails only that they were sent, and when; one that is not yet sent is cancelled."""
    changed = 0
    for mail in mails.exclude(to="", text="").only("pk", "status"):
        waits = mail.status in {EmailLog.Status.QUEUED, EmailLog.Status.SENDING}
        EmailLog.objects.filter(pk=mail.pk).update(
            to="",
            subject="",
            text="",
            html="",
            sealed="",
            error="",
            user=None,
            status=EmailLog.Status.FAILED if waits else mail.status,
        )
        changed += 1
    return changed


def scrub_event(event: Event, person: Person) -> int:
    """Remove the person from an event's text; return 1 when it was changed."""
    values = {"actor": event.actor, "reason": event.reason, "data": event.data}
    clean = {name: scrub(value, person) for name, value in values.items()}
    clean["actor"] = clean["actor"].replace(f"shopper:{ERASED}", "shopper")
    if clean == values:
        return 0
    Event.objects.filter(pk=event.pk).update(**clean)
    return 1


def each(rows: "models.QuerySet[Any]", act: Callable[[Any], int]) -> int:
    """Call `act` for each row in a transaction of its own, so that what is done stays done; return the sum."""
    done = 0
    for key in list(rows.values_list("pk", flat=True)):
        with transaction.atomic():
            locked = (
                rows.model._default_manager.select_for_update(of=("self",), no_key=True)
                .filter(pk=key)
                .first()
            )
            done += act(locked) if locked is not None else 0
    return done


# -- The core's own part: mails and events ----------------------------------------------------------------------------


def _mails(person: Person) -> "models.QuerySet[EmailLog]":
    return EmailLog.objects.filter(person.owns(email="to")).exclude(kind=FAREWELL)


# The last mail confirms the erasure; it is emptied when it has been sent.
FAREWELL: Final = "erasure_done"


def _events(person: Person) -> "models.QuerySet[Event]":
    found = Q(pk__in=[])
    for address in person.emails:
        found |= Q(actor__icontains=address) | Q(reason__icontains=address) | Q(data__icontains=address)
    return Event.objects.filter(found)


def _export_core(person: Person) -> dict[str, object]:
    return {
        "emails": [
            plain(mail, "created_at", "sent_at", "kind", "to", "subject", "text", "status")
            for mail in _mails(person).order_by("created_at")
        ]
    }


def _erase_core(person: Person) -> int:
    changed = empty_mails(_mails(person))
    # The keys of some mails contain the address itself: announcements of drops.
    for address in person.emails:
        for mail in EmailLog.objects.filter(dedupe_key__icontains=address).only("pk"):
            changed += EmailLog.objects.filter(pk=mail.pk).update(dedupe_key=f"{ERASED}:{mail.pk}")
    return changed + sum(scrub_event(event, person) for event in _events(person).iterator(chunk_size=500))


contribute(
    Part(
        name="core",
        label=_("E-mails and events"),
        position=80,
        export=_export_core,
        erase=_erase_core,
        counts=lambda person: {"emails": _mails(person).count(), "events": _events(person).count()},
    )
)
