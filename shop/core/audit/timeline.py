"""The timeline of a purchase: what happened, in one chronological list, with entries from every app.

Apps contribute their part when the admin loads (`contribute`), so that a page of a lower app can show what happened in
a higher one without importing it. Each part costs a fixed number of queries.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from shop.core.audit import actors
from shop.core.audit import labels as trail_words
from shop.core.models import EmailLog, Event
from shop.core.money import display as money


@dataclass(frozen=True)
class TimelineEntry:
    """One line of a timeline. `tone` is one of "", ok, warn, error; `url` is the page of the row itself.

    `about`: the row that it is about, and `number` what people call that row. Where recorded events are about the same
    row, they stand for it: they take its `number`, `kind` and `url`, and the first of them its `detail`.
    """

    at: datetime
    kind: str
    title: str
    detail: str = ""
    actor: str = ""
    url: str = ""
    tone: str = ""
    about: UUID | None = None
    number: str = ""


@dataclass(frozen=True)
class Subject:
    """What a timeline is of: the trail (a checkout session's key), and its order when there is one."""

    trail: UUID
    order_id: UUID | None = None


Part = Callable[[Subject], Iterable[TimelineEntry]]
Numbers = Callable[[Subject], Mapping[UUID, str]]
_parts: dict[str, Part] = {}
_numbers: dict[str, Numbers] = {}
_left_out: set[str] = set()


def contribute(name: str, part: Part) -> None:
    """Add a part to every timeline; the same name again replaces it."""
    _parts[name] = part


def name_rows(name: str, numbers: Numbers) -> None:
    """Have rows that events are about called by their number, and linked; the same name again replaces it."""
    _numbers[name] = numbers


def leave_out(model: str) -> None:
    """Leave the events of a model out: events of another model say what happened to its rows (`orders.orderhold`)."""
    _left_out.add(model)


def tell(subject: Subject) -> list[TimelineEntry]:
    """Return all entries, oldest first, each act once."""
    rows = [entry for part in _parts.values() for entry in part(subject)]
    numbers = {key: number for part in _numbers.values() for key, number in part(subject).items()}
    events = _events(subject, {entry.about: entry for entry in rows if entry.about}, numbers)
    recorded = {entry.about for entry in events}
    entries = [*events, *(entry for entry in rows if entry.about is None or entry.about not in recorded)]
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


def in_words(event: Event, number: str = "") -> str:
    """Return an event with the labels of its model and its states, in the reader's language.

    `number` is what people call the row that it is about.
    """
    try:
        model = apps.get_model(event.subject_type)
    except (LookupError, ValueError):
        return str(event)
    subject = f"{capfirst(model._meta.verbose_name)} {number}".strip()
    return f"{subject}: {change_in_words(event)}"


def change_in_words(event: Event) -> str:
    """Return what happened without its subject: the two states, or the kind."""
    if not event.to_state:
        return trail_words.kind(event.kind, event.subject_type)
    labels: dict[object, object] = {}
    try:
        field = apps.get_model(event.subject_type)._meta.get_field(event.field or "status")
        labels = dict(getattr(field, "flatchoices", ()))
    except (LookupError, ValueError, FieldDoesNotExist):
        pass  # A model that was removed or renamed: its states are shown as stored.
    before, after = (str(labels.get(state, state)) for state in (event.from_state, event.to_state))
    return f"{before} → {after}" if before else after


def _events(
    subject: Subject, rows: Mapping[UUID, TimelineEntry], numbers: Mapping[UUID, str]
) -> list[TimelineEntry]:
    """Return the recorded events; those about a row of `rows`, or one with a number, take what it says of itself."""
    found: list[TimelineEntry] = []
    seen: set[UUID] = set()
    for event in Event.objects.filter(trail=subject.trail).exclude(subject_type__in=_left_out):
        row, key = rows.get(event.subject_id), event.subject_id
        details = [trail_words.reason(event.reason), _sum_of(event)]
        if row and key not in seen and row.detail not in details:
            details.append(row.detail)
        seen.add(key)
        page = link(event.subject_type.replace(".", "_"), key) if key in numbers else ""
        found.append(
            TimelineEntry(
                at=event.occurred_at,
                kind=row.kind if row else _("event"),
                title=in_words(event, row.number if row else numbers.get(key, "")),
                detail=" · ".join(filter(None, details)),
                actor=event.actor,
                url=row.url if row else page,
                tone=_TONES.get(event.to_state, ""),
                about=key,
            )
        )
    return found


def _sum_of(event: Event) -> str:
    """Return the money that an event is about; "" of one that keeps none."""
    data = event.data
    amount = data.get("total") or data.get("amount") or data.get("settlement")
    if not isinstance(amount, str) or not isinstance(currency := data.get("currency"), str):
        return ""
    try:
        return money(Decimal(amount), currency) if Decimal(amount) else ""
    except InvalidOperation:
        return ""


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


contribute("emails", _emails)
