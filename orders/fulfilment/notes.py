"""The staff's own note of an order, which its buyer never sees."""

from django.db import transaction

from orders.models import Order
from shop.core.states import record


def write_note(order: Order, note: str, *, actor: str) -> bool:
    """Replace the internal note of an order; False: it says so already. Locks the order."""
    with transaction.atomic():
        locked = Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)
        if locked.note == note:
            return False
        locked.note = note
        locked.save(update_fields=["note", "updated_at"])
        record(locked, "note changed", actor=actor)
    return True
