"""What was said with a buyer about a plan: calls that the staff note."""

from uuid import UUID

from django.db import models

from orders.models import InstallmentPlan
from shop.core.models import Event
from shop.core.states import record

CALLED = "called"


def note_call(plan: InstallmentPlan, *, note: str, actor: str) -> Event:
    """Note a call, or another talk, about a plan."""
    return record(plan, CALLED, actor=actor, reason=note)


def of_plan(key: UUID | models.OuterRef) -> "models.QuerySet[Event]":
    """Return the notes on the plan of this key, newest first; for a subquery."""
    label = InstallmentPlan._meta.label_lower
    return Event.objects.filter(subject_type=label, subject_id=key, kind=CALLED).order_by("-occurred_at")
