"""What is left over when reports and books are compared: lines that match nothing here or that differ, and
payments that no report has."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, DateTimeField, Exists, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.models import Payment, PayoutLine, PayoutReport
from payments.payouts import matching

Kind = PayoutLine.Kind


def lines() -> QuerySet[PayoutLine]:
    """Return the lines that are unknown here or differ, newest first."""
    found: QuerySet[PayoutLine] = matching.unmatched()
    return found.select_related("report", "payment", "payment__order").order_by("-happened_at", "-id")


def payments(*, now: datetime | None = None) -> QuerySet[Payment]:
    """Return the payments that brought money, should have been paid out by now, and are in no report.

    Only of providers whose reports are uploaded, from the first day that these cover: earlier ones cannot be judged.
    """
    now = now or timezone.now()
    covered = PayoutReport.objects.filter(gateway=OuterRef("gateway"), status=PayoutReport.Status.DONE)
    first = covered.order_by().values("gateway").annotate(first=Min("first_at")).values("first")
    data = PayoutLine.objects.filter(payment=OuterRef("pk"), kind=Kind.PAYMENT)
    found: QuerySet[Payment] = (
        Payment.objects.filter(approved_at__lt=now - timedelta(days=settings.PAYOUT_REPORT_DAYS))
        .annotate(covered_from=Subquery(first, output_field=DateTimeField()))
        .filter(approved_at__gte=Subquery(first, output_field=DateTimeField()))
        .exclude(Exists(data))
    )
    return found.select_related("order").defer("snapshot").order_by("-approved_at", "-id")


def counts() -> tuple[int, int]:
    """Return how many lines and how many payments are left over."""
    return lines().count(), payments().count()


def summary(report: PayoutReport) -> list[dict[str, Any]]:
    """Return one row for each payout of a report and currency: sums by kind, fees, taxes, net, and how it matched."""
    kept = ~Q(kind=Kind.PAYOUT)
    rows = (
        report.lines.order_by()
        .values("payout", "currency")
        .annotate(
            sales=Sum("gross", filter=Q(kind=Kind.PAYMENT)),
            refunded=Sum("gross", filter=Q(kind=Kind.REFUND)),
            disputed=Sum("gross", filter=Q(kind=Kind.DISPUTE)),
            held=Sum("gross", filter=Q(kind=Kind.RESERVE)),
            other=Sum("gross", filter=Q(kind__in=[Kind.OTHER, Kind.FEE, Kind.TAX])),
            fees=Sum("fee"),
            taxes=Sum("tax"),
            added=Sum("net", filter=kept),
            paid_out=Sum("net", filter=~kept),
            number=Count("pk"),
            agree=Count("pk", filter=Q(match="matched")),
            left=Count("pk", filter=Q(match__in=["missing", "differs"])),
        )
    )
    return [dict(row) for row in rows.order_by("payout", "currency")]


def table() -> Iterator[list[str]]:
    """Yield the residue as rows of a table, headings first."""
    yield [
        _("What"),
        _("Provider"),
        _("When"),
        _("Provider's number"),
        _("Reference"),
        _("Provider's word"),
        _("Gross"),
        _("Fees"),
        _("Taxes"),
        _("Net"),
        _("Difference"),
        _("Currency"),
        _("Order"),
        _("Report"),
        _("Row"),
        _("Finding"),
    ]
    yield from map(_line_row, lines().iterator(chunk_size=500))
    yield from map(_payment_row, payments().iterator(chunk_size=500))


def _line_row(line: PayoutLine) -> list[str]:
    order = line.payment.order if line.payment else None
    return [
        line.get_match_display(),
        line.gateway,
        _instant(line.happened_at),
        line.about or line.source,
        line.reference,
        line.word,
        str(line.gross),
        str(line.fee),
        str(line.tax),
        str(line.net),
        str(line.difference),
        line.currency,
        str(order.number) if order else "",
        line.report.file_name,
        str(line.row),
        line.finding,
    ]


def _payment_row(payment: Payment) -> list[str]:
    return [
        _("in no report"),
        payment.gateway,
        _instant(payment.approved_at),
        payment.external_id,
        payment.attempt_id.hex if payment.attempt_id else "",
        payment.status,
        str(payment.amount),
        "",
        "",
        "",
        str(-payment.amount),
        payment.currency,
        str(payment.order.number) if payment.order else "",
        "",
        "",
        "",
    ]


def _instant(moment: datetime | None) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") if moment else ""
