"""What is noted of a shipment besides its state: that it needs attention, can be fetched, has a label.

As the verbs of `orders.fulfilment.shipments`: one transaction, the order locked first, and twice is once.
"""

from django.db import transaction
from django.utils import timezone

from orders.fulfilment import holds, mails
from orders.fulfilment.shipment_rows import copy, locked_with_order, note_tracking, write
from orders.fulfilment.shipments import complete_if_done
from orders.models import Shipment
from shop.core.states import record


def flag_attention(shipment: Shipment, *, reason: str, actor: str, mails_buyer: bool = False) -> bool:
    """Put a shipment among the exceptions; False: it is there for this reason already.

    `mails_buyer`: queue the mail of a delay, once per shipment. Locks the order, then the shipment.
    """
    with transaction.atomic():
        fresh = locked_with_order(shipment)
        if fresh.attention_since and fresh.attention_reason == reason[:300]:
            return False
        now = timezone.now()
        write(fresh, attention_since=fresh.attention_since or now, attention_reason=reason[:300])
        record(fresh, "needs attention", actor=actor, reason=reason)
        if mails_buyer and fresh.status == Shipment.Status.SHIPPED:
            mails.delayed(fresh)
    copy(fresh, shipment)
    return True


def clear_attention(shipment: Shipment, *, actor: str, reason: str = "") -> bool:
    """Take a shipment out of the exceptions; False: it is not among them. Locks the order, then the shipment.

    An order that waited only for a decision about what came back is completed.
    """
    with transaction.atomic():
        fresh = locked_with_order(shipment)
        if fresh.attention_since is None:
            return False
        write(fresh, attention_since=None, attention_reason="")
        record(fresh, "attention given", actor=actor, reason=reason)
        complete_if_done(fresh.order, actor=actor)
    copy(fresh, shipment)
    return True


def ready_for_pickup(shipment: Shipment, *, actor: str, where: str = "") -> bool:
    """Say that the buyer may fetch it: at the store (packed), or at the carrier's branch (on its way). Queues the mail.

    False: it was ready before, or is not waited for any more. Locks the order, then the shipment.

    Raises:
        HeldBack, NothingToSend, UnitsGone: as `holds.demand_free`, at the store.
    """
    with transaction.atomic():
        fresh = locked_with_order(shipment)
        if fresh.ready_for_pickup_at or not fresh.is_open:
            return False
        if fresh.status == Shipment.Status.PENDING:
            holds.demand_free(fresh.order, shipment=fresh)
        changes = {"branch_name": where[:200]} if where else {}
        write(fresh, ready_for_pickup_at=timezone.now(), **changes)
        record(fresh, "ready to be fetched", actor=actor, reason=where)
        mails.ready(fresh)
    copy(fresh, shipment)
    return True


def note_label(
    shipment: Shipment,
    *,
    actor: str,
    tracking_number: str = "",
    tracking_url: str = "",
    carrier: str = "",
    service: str = "",
) -> bool:
    """Note that a label is there, bought or printed, with what its carrier calls it; False: nothing is new.

    Locks the order, then the shipment.
    """
    with transaction.atomic():
        fresh = locked_with_order(shipment)
        before = (fresh.labelled_at, fresh.tracking_number, fresh.tracking_url, fresh.carrier, fresh.service)
        note_tracking(fresh, tracking_number, tracking_url, carrier)
        write(
            fresh,
            labelled_at=fresh.labelled_at or timezone.now(),
            **({"service": service[:100]} if service else {}),
        )
        after = (fresh.labelled_at, fresh.tracking_number, fresh.tracking_url, fresh.carrier, fresh.service)
        if before == after:
            return False
        record(fresh, "labelled", actor=actor, reason=fresh.tracking_number)
    copy(fresh, shipment)
    return True
