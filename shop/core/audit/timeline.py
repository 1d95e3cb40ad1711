"""The timeline of a purchase: what happened, in one chronological list, with entries from every app.

Apps contribute their part when the admin loads (`contribute`), so that a page of a lower app can show what happened in
a higher one without importing it. Each part costs a fixed number of queries.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from shop.core.audit import actors
from shop.core.audit import labels as trail_words
from shop.core.models import EmailLog, Event


@dataclass(frozen=True)
class TimelineEntry:
    """One line of a timeline. `tone` is one of "", ok, warn, error; `url` is the page of the row itself."""

    at: datetime
    kind: str
    title: str
    detail: str = ""
    actor: str = ""
    url: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Subject:
    """What a timeline is of: the trail (a checkout session's key), and its order when there is one."""

    trail: UUID
    order_id: UUID | None = None


Part = Callable[[Subject], Iterable[TimelineEntry]]
_parts: dict[str, Part] = {}


def contribute(name: str, part: Part) -> None:
    """Add a part to every timeline; the same name again replaces it."""
    _parts[name] = part


def tell(subject: Subject) -> list[TimelineEntry]:
    """Return all entries, oldest first."""
    entries = [entry for part in _parts.values() for entry in part(subject)]
    names = actors.legible(entry.actor for entry in entries)
    named = (replace(entry, actor=names[entry.actor]) for entry in entries)
    return sorted(named, key=lambda entry: entry.at)


def link(model: str, key: object) -> str:
    """Return the admin's address of a row (`payments_payment`, its key)."""
    return reverse(f"admin:{model}_change", args=[key])


_TONES = {
    "completed": "ok",
    "confirmed": "ok",
    "approved": "ok",
    "succeeded": "ok",
    "paid": "ok",
    "won": "ok",
    "withdrawn": "ok",
    "lost": "error",
    "needs_response": "error",
    "inquiry": "warn",
    "expired": "warn",
    "cancelled": "warn",
    "surplus": "warn",
    "manual": "warn",
    "rejected": "error",
    "failed": "error",
    "mismatch": "error",
    "charged_back": "error",
}


def in_words(event: Event) -> str:
    """Return an event with the labels of its model and its states, in the reader's language."""
    try:
        model = apps.get_model(event.subject_type)
    except (LookupError, ValueError):
        return str(event)
    return f"{capfirst(model._meta.verbose_name)}: {change_in_words(event)}"


def change_in_words(event: Event) -> str:
    """Return what happened without its subject: the two states, or the kind."""
    if not event.to_state:
        return trail_words.kind(event.kind)
    labels: dict[object, object] = {}
    try:
        field = apps.get_model(event.subject_type)._meta.get_field(event.field or "status")
        labels = dict(getattr(field, "flatchoices", ()))
    except (LookupError, ValueError, FieldDoesNotExist):
        pass  # A model that was removed or renamed: its states are shown as stored.
    before, after = (str(labels.get(state, state)) for state in (event.from_state, event.to_state))
    return f"{before} → {after}" if before else after


def _events(subject: Subject) -> Iterable[TimelineEntry]:
    for event in Event.objects.filter(trail=subject.trail):
        yield TimelineEntry(
            at=event.occurred_at,
            kind=_("event"),
            title=in_words(event),
            detail=trail_words.reason(event.reason),
            actor=event.actor,
            tone=_TONES.get(event.to_state, ""),
        )


def _emails(subject: Subject) -> Iterable[TimelineEntry]:
    tones = {EmailLog.Status.FAILED: "error", EmailLog.Status.SENT: "ok"}
    for email in EmailLog.objects.filter(trail=subject.trail).defer("text", "html"):
        yield TimelineEntry(
            at=email.sent_at or email.created_at,
            kind=_("e-mail"),
            title=email.subject,
            detail=f"{email.to} · {email.get_status_display()}",
            url=link("core_emaillog", email.pk),
            tone=tones.get(EmailLog.Status(email.status), ""),
        )


contribute("events", _events)
contribute("emails", _emails)
