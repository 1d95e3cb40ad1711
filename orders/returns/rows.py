"""Rows of returns as their verbs lock and write them: the order first, then the return."""

from typing import Any

from django.utils import timezone

from orders.models import Order, Return


class NotOpen(Exception):
    """The return has ended, or is not approved yet, so this act makes no sense. `status` is where it is."""

    def __init__(self, rma: Return) -> None:
        super().__init__(f"{rma} is {rma.status}")
        self.status = rma.status


def locked(rma: Return) -> Return:
    """Lock the order, then the return, and return its fresh row with the order."""
    order = Order.objects.select_for_update().get(pk=rma.order_id)
    fresh = Return.objects.select_for_update(of=("self",)).get(pk=rma.pk)
    fresh.order = order
    return fresh


def locked_approved(rma: Return) -> Return:
    """Lock as `locked`. Raises: NotOpen: it is not approved, or has ended."""
    fresh = locked(rma)
    demand_approved(fresh)
    return fresh


def demand_approved(rma: Return) -> None:
    """Raises: NotOpen: the return, which is locked, is not approved, or has ended."""
    if rma.status != Return.Status.APPROVED:
        raise NotOpen(rma)


def write(rma: Return, **changes: Any) -> None:
    """Write these fields of a locked return, which is no change of its state."""
    for name, value in changes.items():
        setattr(rma, name, value)
    rma.updated_at = timezone.now()
    Return.objects.filter(pk=rma.pk).update(**changes, updated_at=rma.updated_at)


def copy(fresh: Return, to: Return) -> None:
    """Bring the caller's row up to date after the transaction."""
    for field in Return._meta.concrete_fields:
        setattr(to, field.attname, getattr(fresh, field.attname))
