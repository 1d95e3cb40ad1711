"""Alerts: mail staff once when a variant is low, out or overstocked, and again only after it has recovered."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from inventory.models import AlertFiring, StockAlert
from inventory.outgoing import TYPES, triggered
from inventory.sql import load
from shop.core.mail import outbox
from shop.core.outgoing.publishing import publish

MEASURE = load("alerts")
MOST_LINES: Final = 200  # Listed in one mail; of the rest only the number is given.
KIND = "stock_alert"


@dataclass(frozen=True)
class Breach:
    """A variant beyond its threshold, and the rule that says so."""

    variant_id: UUID
    rule_id: UUID
    kind: str
    email: str
    figure: int
    threshold: int


@dataclass(frozen=True)
class CheckResult:
    """What one check did: firings newly opened, firings closed, mails queued."""

    triggered: int
    recovered: int
    mails: int


def measure() -> list[Breach]:
    """Return every variant that is beyond a threshold now: one statement without locks (`sql/alerts.sql`)."""
    with connection.cursor() as cursor:
        cursor.execute(MEASURE)
        return [
            Breach(variant_id, rule_id, kind, email, int(figure), int(threshold))
            for variant_id, rule_id, kind, email, figure, threshold in cursor.fetchall()
        ]


def check() -> CheckResult:
    """Open a firing for what is newly beyond its threshold, close those that recovered, and queue the mails.

    One mail for each address and check, in the transaction that opens the firings: both or neither. Two checks at once
    open each firing once (unique constraint alertfiring_one_open; the second waits for the first to end).
    """
    with transaction.atomic():
        breaches = measure()
        recovered = _close_recovered(breaches)
        fresh = _open(breaches)
        _publish(fresh)
        StockAlert.objects.filter(pk__in={firing.alert_id for firing in fresh}).update(
            last_triggered_at=Now()
        )
        return CheckResult(triggered=len(fresh), recovered=recovered, mails=_tell(fresh, breaches))


def _close_recovered(breaches: Iterable[Breach]) -> int:
    still = {(breach.variant_id, breach.kind) for breach in breaches}
    over = [
        key
        for key, variant_id, kind in AlertFiring.objects.filter(recovered_at=None).values_list(
            "pk", "variant_id", "kind"
        )
        if (variant_id, kind) not in still
    ]
    return AlertFiring.objects.filter(pk__in=over, recovered_at=None).update(
        recovered_at=Now(), updated_at=Now()
    )


def _open(breaches: Iterable[Breach]) -> list[AlertFiring]:
    """Insert the firings that are not open yet; return those that this call inserted."""
    known = set(AlertFiring.objects.filter(recovered_at=None).values_list("variant_id", "kind"))
    now = timezone.now()
    rows = [
        AlertFiring(
            alert_id=breach.rule_id,
            kind=breach.kind,
            variant_id=breach.variant_id,
            figure=breach.figure,
            threshold=breach.threshold,
            triggered_at=now,
        )
        for breach in breaches
        if (breach.variant_id, breach.kind) not in known
    ]
    # Sorted, so that two concurrent checks wait for one another without a deadlock.
    rows.sort(key=lambda row: (row.kind, row.variant_id))
    AlertFiring.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return list(
        AlertFiring.objects.filter(pk__in=[row.pk for row in rows]).select_related("variant__product")
    )


def _publish(fresh: Iterable[AlertFiring]) -> None:
    """Tell other systems of the firings, in the transaction that opens them."""
    by_kind: dict[str, list[AlertFiring]] = {}
    for firing in fresh:
        by_kind.setdefault(firing.kind, []).append(firing)
    for kind, firings in by_kind.items():
        publish(TYPES[StockAlert.Kind(kind)], map(triggered, firings))


def _tell(fresh: list[AlertFiring], breaches: Iterable[Breach]) -> int:
    addresses = {(f.variant_id, f.kind): f.email or settings.SHOP_EMAIL for f in breaches}
    by_address: dict[str, list[AlertFiring]] = {}
    for firing in fresh:
        by_address.setdefault(addresses[firing.variant_id, firing.kind], []).append(firing)
    for address, firings in by_address.items():
        _mail(address, firings)
    return len(by_address)


def _mail(address: str, firings: list[AlertFiring]) -> None:
    out = {firing.variant_id for firing in firings if firing.kind == StockAlert.Kind.OUT}
    # What is out is low as well; one line says both.
    mailed = [f for f in firings if not (f.kind == StockAlert.Kind.LOW and f.variant_id in out)]
    mailed.sort(key=lambda f: (f.variant.product.name, f.variant.sort_order, f.variant.sku))
    shown = mailed[:MOST_LINES]
    parts = {kind: [f for f in shown if f.kind == kind] for kind in ("out", "low", "overstock")}
    outbox.queue(
        kind=KIND,
        to=address,
        template=KIND,
        context={
            **parts,
            "total": len(mailed),
            "left_out": len(mailed) - len(shown),
            "levels_url": settings.SITE_URL + reverse("admin:inventory_stocklevel_changelist"),
            "replenish_url": settings.SITE_URL + reverse("admin:inventory_purchaseorder_replenish"),
        },
        dedupe_key=f"stock-alert:{min(firing.pk for firing in firings)}",
        language=settings.LANGUAGE_CODE,
    )
