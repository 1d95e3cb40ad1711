"""Labels bought at carriers: never twice, whoever presses, and wherever a process is killed.

No carrier's purchase can be repeated safely (docs/carriers/README.md). So the row of an attempt is committed before the
call, and says `sent` directly before it; of two at once the database lets one pass. While a row is live no other
attempt begins. An answer that did not come leaves `unknown`: it is asked about (`check_due`), and only the
carrier's word or a person's ends it. Locks: the order, the shipment, the purchase; no transaction is open during
a call.
"""

import logging
from collections.abc import Collection
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.translation import gettext

from orders.fulfilment import (
    holds,
    label_costs,
    label_services,
    label_voids,
    labels_pdf,
    shipment_flags,
    tracking,
)
from orders.fulfilment.holds import HeldBack, NothingToSend, UnitsGone
from orders.fulfilment.label_requests import as_asked, carrier_of, digest_of, request_of
from orders.fulfilment.label_rows import live
from orders.fulfilment.shipment_rows import locked_with_order
from orders.models import LabelPurchase, Parcel, Shipment
from orders.shipping import carriers, quoting
from orders.shipping.carriers.base import (
    Accepted,
    Bought,
    Cancelled,
    FoundOutcome,
    Label,
    NothingFound,
    PurchaseOutcome,
    Refused,
    Unknown,
)
from shop.core.due.back_off import BackOff
from shop.core.due.leases import Lease
from shop.core.jobs import dispatch
from shop.core.privacy.redaction import mask_secrets
from shop.core.states import move, record

log = logging.getLogger(__name__)
Status: Final = LabelPurchase.Status

# Longer than any call may take: a row that says `sent` for so long belongs to a process that is gone.
_LEASE: Final = Lease("next_check_at", timedelta(minutes=5), tries="checks")
_BACK_OFF: Final = BackOff.minutes(1, 2, 5, 15, 30, 60, 120, 240, most_tries=40)
_JOB: Final = "job:check_labels"


class LabelRefused(Exception):
    """No label can be bought for this shipment as it stands; `reason` says why, in the carrier's words or ours."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotConnected(LabelRefused):
    """The shipment's method has no carrier that this shop asks: the label is made by hand."""


def buy(shipment: Shipment, *, actor: str, service: str = "") -> LabelPurchase:
    """Buy the label of a shipment that is being packed, or return the attempt there is; pressing again buys nothing.

    `service`: of the carrier, where it is another than the buyer chose. What comes back may be bought, accepted,
    refused (its `detail` says why; another attempt may begin), reserved (nothing was sent: try again later) or
    unknown.

    Raises:
        LabelRefused: it has left or was cancelled, or its carrier is not connected (`NotConnected`).
        HeldBack, NothingToSend, UnitsGone: as `holds.demand_free`.
    """
    if quoting.in_transaction():
        raise RuntimeError("A label is not bought within a transaction.")
    purchase = _reserve(shipment, service=service, actor=actor)
    if purchase.status == Status.RESERVED:
        _send(purchase, actor=actor)
    return purchase


def queue(shipment: Shipment, *, actor: str) -> bool:
    """Reserve the label of a shipment for the job, which buys it soon; False: there is an attempt already.

    Raises: as `buy`.
    """
    purchase = _reserve(shipment, service="", actor=actor)
    if purchase.status != Status.RESERVED:
        return False
    LabelPurchase.objects.filter(pk=purchase.pk, status=Status.RESERVED).update(next_check_at=Now())
    transaction.on_commit(partial(dispatch, "orders.tasks.check_labels"))
    return True


def _send(purchase: LabelPurchase, *, actor: str) -> None:
    """Buy what is reserved: say `sent`, commit, call, write the answer. Whoever is second does nothing.

    Raises:
        HeldBack, NothingToSend, UnitsGone: it may not leave (any more); it stays reserved.
    """
    label_services.choose(purchase)
    with transaction.atomic():
        fresh = LabelPurchase.objects.get(pk=purchase.pk)
        fresh.shipment = locked_with_order(fresh.shipment)
        if fresh.shipment.status != Shipment.Status.PENDING:
            _drop(fresh, actor=actor)
            request = None
        else:
            holds.demand_free(fresh.shipment.order, shipment=fresh.shipment)
            request = request_of(fresh)
            sent = fresh.status == Status.RESERVED and move(
                fresh,
                Status.SENT,
                actor=actor,
                sent_at=timezone.now(),
                request_hash=digest_of(request),
                next_check_at=Now() + _LEASE.length,
            )
            request = request if sent else None
    if request is not None:
        outcome = carriers.get(purchase.carrier, carriers.for_jobs()).buy(request)
        note_outcome(fresh, outcome, actor=actor)
    purchase.refresh_from_db()
    if request is not None and purchase.status == Status.BOUGHT and not purchase.has_pdf:
        fetch_pdf(purchase)
        purchase.refresh_from_db()


def _drop(purchase: LabelPurchase, *, actor: str) -> None:
    """End a reserved attempt whose shipment has left or was cancelled meanwhile: nothing was sent."""
    if purchase.status == Status.RESERVED:
        detail = "the shipment has left or was cancelled"
        move(
            purchase,
            Status.REFUSED,
            actor=actor,
            detail=detail,
            decided_at=timezone.now(),
            next_check_at=None,
        )


def _reserve(shipment: Shipment, *, service: str, actor: str) -> LabelPurchase:
    """Return the live attempt of a shipment, a new one when there is none. Locks the order, then the shipment."""
    with transaction.atomic():
        fresh = locked_with_order(shipment)
        if there := live(fresh):
            return there
        if fresh.status != Shipment.Status.PENDING:
            raise LabelRefused(f"{fresh} has left or was cancelled")
        carrier = carrier_of(fresh)
        if not carrier or not carriers.get(carrier).capabilities.labels:
            raise NotConnected(f"{fresh.method_name or fresh} has no connected carrier")
        holds.demand_free(fresh.order, shipment=fresh)
        chosen = label_costs.quote_of(fresh)
        last = fresh.labels.aggregate(last=Max("attempt"))["last"] or 0
        purchase = LabelPurchase.objects.create(
            shipment=fresh,
            attempt=last + 1,
            carrier=carrier,
            service=service or fresh.service or (chosen.service if chosen else ""),
            contract=chosen.contract if chosen else "",
            reference=f"{fresh.number}-{last + 1}",
            currency=fresh.order.currency,
            quoted_cost=chosen.price if chosen else None,
        )
        record(purchase, "reserved", actor=actor)
    return purchase


def note_outcome(purchase: LabelPurchase, outcome: PurchaseOutcome | FoundOutcome, *, actor: str) -> bool:
    """Write what a carrier answered about a purchase; False: somebody else has decided it since.

    Locks the order, the shipment, the purchase.
    """
    with transaction.atomic():
        shipment = locked_with_order(purchase.shipment)
        fresh = LabelPurchase.objects.select_for_update().get(pk=purchase.pk)
        fresh.shipment = shipment
        if fresh.status not in {Status.SENT, Status.ACCEPTED, Status.UNKNOWN}:
            return False
        match outcome:
            case Bought():
                note_bought(fresh, outcome, actor=actor)
            case Accepted():
                _note_accepted(fresh, outcome, actor=actor)
            case Refused():
                _note_refused(fresh, outcome, actor=actor)
            case NothingFound() | Unknown():
                _note_unknown(fresh, outcome.detail, actor=actor)
            case Cancelled():
                _note_refused(fresh, Refused("it is cancelled at the carrier"), actor=actor)
    return True


def note_bought(purchase: LabelPurchase, outcome: Bought, *, actor: str) -> None:
    """Write that a locked purchase is bought, and its numbers to the shipment."""
    numbers = [number[:60] for number in outcome.numbers]
    move(
        purchase,
        Status.BOUGHT,
        actor=actor,
        external_id=outcome.external_id[:100],
        numbers=numbers or purchase.numbers,
        ids={**purchase.ids, **outcome.ids},
        tracking_url=outcome.tracking_url[:500],
        bought_cost=outcome.price if outcome.price is not None else purchase.bought_cost,
        raw=outcome.raw or purchase.raw,
        pdf=outcome.pdf or None,
        detail="",
        decided_at=timezone.now(),
        checks=0,
        # The label itself is fetched by whoever comes first: who bought it, or the job.
        next_check_at=Now() + timedelta(minutes=1),
        updated_at=timezone.now(),
    )
    if purchase.shipment.status == Shipment.Status.CANCELLED:
        # It was cancelled while the carrier made the label.
        label_voids.want(purchase, reason="the shipment was cancelled", actor=actor)
        return
    _write_numbers(purchase, actor=actor)


def _write_numbers(purchase: LabelPurchase, *, actor: str) -> None:
    """Write the tracking numbers to the shipment and its parcels, and follow them."""
    shipment, numbers = purchase.shipment, purchase.numbers
    shipment_flags.note_label(
        shipment,
        actor=actor,
        tracking_number=numbers[0] if numbers else "",
        tracking_url=purchase.tracking_url,
        service=purchase.service,
    )
    for parcel, number in zip(shipment.parcels.order_by("created_at", "pk"), numbers, strict=False):
        Parcel.objects.filter(pk=parcel.pk).update(tracking_number=number)
    if numbers:
        tracking.follow(shipment, carrier=purchase.carrier, numbers=numbers)
    if shipment.attention_reason.startswith(_about_labels()):
        shipment_flags.clear_attention(shipment, actor=actor, reason="the label is there")


def _about_labels() -> tuple[str, str]:
    """Return how the reason of a flag about a label begins: in the shop's language, and as older ones do."""
    with translation.override(settings.LANGUAGE_CODE):
        return gettext("Label: %(words)s") % {"words": ""}, "Label: "


def _flag(purchase: LabelPurchase, reason: str, *, actor: str) -> None:
    shipment_flags.flag_attention(
        purchase.shipment, reason=f"{_about_labels()[0]}{reason}"[:300], actor=actor
    )


def _note_accepted(purchase: LabelPurchase, outcome: Accepted, *, actor: str) -> None:
    again = _BACK_OFF.next(purchase.checks + 1)
    if purchase.status == Status.ACCEPTED:
        _wait(purchase, detail="")
        return
    move(
        purchase,
        Status.ACCEPTED,
        actor=actor,
        external_id=outcome.external_id[:100],
        numbers=[number[:60] for number in outcome.numbers],
        ids={**purchase.ids, **outcome.ids},
        raw=outcome.raw,
        detail="",
        checks=0,
        next_check_at=Now() + (again or timedelta(minutes=1)),
        updated_at=timezone.now(),
    )


def _note_refused(purchase: LabelPurchase, outcome: Refused, *, actor: str) -> None:
    detail = mask_secrets(outcome.detail)[:500]
    if outcome.may_retry and purchase.status == Status.SENT:
        # Nothing was sent: the same attempt is made again, by the job or by whoever presses first.
        move(purchase, Status.RESERVED, actor=actor, reason=detail, detail=detail)
        _wait(purchase, detail=detail)
        return
    if outcome.may_retry:
        _wait(purchase, detail=detail)
        return
    move(
        purchase,
        Status.REFUSED,
        actor=actor,
        reason=detail,
        detail=detail,
        raw=outcome.raw or purchase.raw,
        decided_at=timezone.now(),
        next_check_at=None,
        updated_at=timezone.now(),
    )
    _flag(purchase, detail, actor=actor)


def _note_unknown(purchase: LabelPurchase, detail: str, *, actor: str) -> None:
    words = mask_secrets(detail)[:500]
    if purchase.status == Status.SENT:
        move(purchase, Status.UNKNOWN, actor=actor, reason=words, detail=words, updated_at=timezone.now())
        with translation.override(settings.LANGUAGE_CODE):
            said = gettext(
                "no answer came, and nobody knows whether it was made. The carrier is asked again; until then no other "
                "is bought. (%(why)s)"
            )
        _flag(purchase, said % {"why": words[:100]}, actor=actor)
    _wait(purchase, detail=words)


def _wait(purchase: LabelPurchase, *, detail: str) -> None:
    """Ask again after a pause that grows; after the last one a person decides."""
    pause = _BACK_OFF.next(max(purchase.checks, 1))
    rows = LabelPurchase.objects.filter(pk=purchase.pk)
    if pause is None:
        _LEASE.end(rows, detail=detail)
    else:
        _LEASE.put_off(rows, pause, detail=detail)


def fetch_pdf(purchase: LabelPurchase) -> bool:
    """Fetch the label of a bought purchase and keep it; False: it is not there yet, and the job tries again."""
    outcome = carriers.get(purchase.carrier, carriers.for_jobs()).label_pdf(as_asked(purchase))
    rows = LabelPurchase.objects.filter(pk=purchase.pk, status=Status.BOUGHT)
    if isinstance(outcome, Label):
        return _LEASE.end(rows, pdf=outcome.pdf, checks=0, detail="")
    _wait(purchase, detail=mask_secrets(outcome.detail)[:500])
    return False


def due() -> "QuerySet[LabelPurchase]":
    """Return the purchases about which something is to be asked, the longest waiting first."""
    return _LEASE.due(LabelPurchase.objects.all())


def check_due(*, limit: int = 100) -> dict[str, int]:
    """Ask about what is unknown, not decided yet, or without its label; return how many ended in which state.

    Twice at once is harmless: a row is claimed by its lease.
    """
    tally: dict[str, int] = {}
    for purchase in due().select_related("shipment__order")[:limit]:
        if _LEASE.take(LabelPurchase.objects.filter(pk=purchase.pk)):
            word = check(purchase)
            tally[word] = tally.get(word, 0) + 1
    return tally


def check(purchase: LabelPurchase, *, actor: str = _JOB) -> str:
    """Ask a carrier what became of a purchase; return the state it is in afterwards. Makes calls."""
    purchase.refresh_from_db()
    if purchase.status == Status.RESERVED:
        try:
            _send(purchase, actor=actor)
        except (HeldBack, NothingToSend, UnitsGone) as error:
            _wait(purchase, detail=f"{type(error).__name__}: {error}"[:500])
        return str(purchase.status)
    if purchase.status == Status.SENT:
        # Whoever sent it is gone: a call never takes so long.
        note_outcome(purchase, Unknown("the process that asked ended without an answer"), actor=actor)
        purchase.refresh_from_db()
    if purchase.status in {Status.UNKNOWN, Status.ACCEPTED}:
        outcome = carriers.get(purchase.carrier, carriers.for_jobs()).find(as_asked(purchase))
        note_outcome(purchase, outcome, actor=actor)
        purchase.refresh_from_db()
    if purchase.status == Status.BOUGHT and not purchase.has_pdf:
        fetch_pdf(purchase)
        purchase.refresh_from_db()
    elif purchase.status not in {Status.UNKNOWN, Status.ACCEPTED}:
        _LEASE.end(LabelPurchase.objects.filter(pk=purchase.pk))
    return str(purchase.status)


def pdfs_of(shipments: Collection[UUID]) -> dict[UUID, bytes]:
    """Return the labels of shipments that have one bought, by the shipment's key; one query."""
    rows = LabelPurchase.objects.filter(shipment__in=shipments, status=Status.BOUGHT, pdf__isnull=False)
    return {key: bytes(pdf) for key, pdf in rows.values_list("shipment_id", "pdf") if pdf}


labels_pdf.add_source("carriers", pdfs_of)
