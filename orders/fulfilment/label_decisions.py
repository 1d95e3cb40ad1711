"""What people decide about labels, and what carriers bill later: not bought, bought after all, cancelled, a surcharge.

Locks: the order, the shipment, the purchase; no transaction is open during a call.
"""

from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.fulfilment import label_rows, label_voids, labels, shipment_flags
from orders.fulfilment.labels import LabelRefused, note_bought
from orders.fulfilment.shipment_rows import locked_with_order
from orders.models import LabelPurchase, LabelVoid, Shipment
from orders.shipping.carriers.base import Bought
from shop.core.money import ZERO
from shop.core.states import move, record

Status: Final = LabelPurchase.Status


class NotDecidable(Exception):
    """The label's state does not allow this decision (somebody was faster, or it was bought for certain)."""


class NotVoided(LabelRefused):
    """The carrier does not cancel the label: it stays bought, and paid."""

    def __init__(self, purchase: LabelPurchase, reason: str) -> None:
        super().__init__(reason)
        self.purchase = purchase


def may_be_asked(purchase: LabelPurchase) -> bool:
    """Say whether its carrier can be asked what became of a label, or of voiding it, and nobody waits for it now."""
    void: LabelVoid | None = getattr(purchase, "void", None)
    if void is not None and purchase.status == Status.BOUGHT:
        return void.status in {LabelVoid.Status.DUE, LabelVoid.Status.UNKNOWN}
    if purchase.status == Status.BOUGHT:
        return bool(getattr(purchase, "lacks_file", False))
    return purchase.status in {Status.ACCEPTED, Status.UNKNOWN}


def ask(purchase: LabelPurchase, *, actor: str) -> LabelPurchase:
    """Ask a carrier now what the job would ask later: what became of a label, of voiding it, or the label itself.

    Beside the job it is harmless: whoever is second changes nothing.

    Raises:
        NotDecidable: there is nothing to ask about (any more), or somebody waits for the answer already.
    """
    fresh: LabelPurchase = label_rows.rows().get(pk=purchase.pk)
    if not may_be_asked(fresh):
        raise NotDecidable(fresh.status)
    void: LabelVoid | None = getattr(fresh, "void", None)
    if void is not None and fresh.status == Status.BOUGHT:
        label_voids.check(void, actor=actor)
    else:
        labels.check(fresh, actor=actor)
    purchase.refresh_from_db()
    return purchase


def decide_not_bought(purchase: LabelPurchase, *, reason: str, actor: str) -> LabelPurchase:
    """Say, as a person who has looked, that an unknown label was not bought: another attempt may begin.

    Raises:
        NotDecidable: it is not unknown (any more).
    """
    with transaction.atomic():
        fresh = _locked(purchase)
        if fresh.status not in {Status.UNKNOWN, Status.RESERVED}:
            raise NotDecidable(fresh.status)
        move(
            fresh,
            Status.REFUSED,
            actor=actor,
            reason=reason,
            detail=reason[:500],
            decided_at=timezone.now(),
            next_check_at=None,
        )
        shipment_flags.clear_attention(fresh.shipment, actor=actor, reason=reason)
    return fresh


def decide_bought(purchase: LabelPurchase, *, number: str, actor: str) -> LabelPurchase:
    """Say, as a person who has looked, under which tracking number an unknown label was bought.

    Raises:
        NotDecidable: it is not unknown (any more), or no number is named.
    """
    number = number.strip()[:60]
    with transaction.atomic():
        fresh = _locked(purchase)
        if fresh.status != Status.UNKNOWN or not number:
            raise NotDecidable(fresh.status)
        note_bought(fresh, Bought(external_id=number, numbers=(number,)), actor=actor)
    return fresh


def cancel(purchase: LabelPurchase, *, reason: str, actor: str) -> LabelPurchase:
    """Void a bought label at its carrier, and wait for the answer; one that cannot cancel lets it run out unused.

    Again it changes nothing. Without an answer the job asks on, and the shipment does not leave meanwhile.

    Raises:
        NotVoided: the carrier refuses.
        LabelRefused: it has not answered (yet).
        NotDecidable: it was never bought, or the shipment has left.
    """
    if purchase.status == Status.CANCELLED:
        return purchase
    with transaction.atomic():
        fresh = _locked(purchase)
        has_left = fresh.shipment.status in Shipment.LEFT
        void = None if has_left else label_voids.want(fresh, reason=reason, actor=actor, waits=True)
    if void is None:
        raise NotDecidable(fresh.status)
    void = label_voids.run(void, actor=actor)
    purchase.refresh_from_db()
    if purchase.status != Status.CANCELLED:
        if void.status == LabelVoid.Status.REFUSED:
            raise NotVoided(purchase, void.detail)
        raise LabelRefused(void.detail or _("there is no answer yet, and the shop asks on"))
    return purchase


def adjust(*, carrier: str, number: str, amount: Decimal, event: str) -> bool:
    """Book what a carrier bills on top of a label; `event` names the bill, so that the same one again adds nothing."""
    with transaction.atomic():
        rows = LabelPurchase.objects.select_for_update().filter(carrier=carrier, numbers__contains=[number])
        purchase = rows.order_by("-created_at").first()
        if purchase is None or event in purchase.ids.get("bills", []):
            return False
        purchase.adjusted_cost = (purchase.adjusted_cost or ZERO) + amount
        purchase.ids = {**purchase.ids, "bills": [*purchase.ids.get("bills", []), event]}
        purchase.save(update_fields=["adjusted_cost", "ids", "updated_at"])
        record(purchase, "billed on top", actor=f"carrier:{carrier}", data={"amount": str(amount)})
    return True


def _locked(purchase: LabelPurchase) -> LabelPurchase:
    shipment = locked_with_order(purchase.shipment)
    fresh = LabelPurchase.objects.select_for_update().get(pk=purchase.pk)
    fresh.shipment = shipment
    return fresh
