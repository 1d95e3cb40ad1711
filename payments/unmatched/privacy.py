"""Personal data that belongs to no person's row: notes about unmatched payments and payout lines, files of payout
reports.

Notes and lines are found by what names the person (`Person.words`), so a note about a namesake is redacted as well.
Files are not searched: an erasure drops the bytes of each one that is still kept, whoever it names. Nothing needs them
once they are read (`importing.KEEP_CONTENT`).
"""

from typing import Any, Final

from django.db.models import Q

from payments.models import Payment, PayoutLine, PayoutReport, Refund, StrayPayment
from payments.payouts import importing
from shop.core.models import Event
from shop.core.privacy import personal_data
from shop.core.privacy.personal_data import Person

_UNMATCHED: Final = ("note", "reference")
_LINE: Final = ("note", "finding", "reference", "word")
_REPORT: Final = ("file_name", "refusal", "issues")
_REFUND: Final = ("reason", "last_error")
# Events that repeat the same words.
_SUBJECTS: Final = (
    "payments.straypayment",
    "payments.payoutline",
    "payments.payoutreport",
    "payments.refund",
)


class BeingRead(Exception):
    """A worker is reading a report now, which may name the person. Trying again helps when it has ended."""


def export(person: Person) -> dict[str, Any]:
    """Return the notes about a person in rows that are not theirs."""
    unmatched = StrayPayment.objects.filter(personal_data.naming(person, *_UNMATCHED)).order_by("created_at")
    lines = PayoutLine.objects.filter(personal_data.naming(person, *_LINE)).order_by("happened_at")
    reports = PayoutReport.objects.filter(personal_data.naming(person, *_REPORT)).order_by("created_at")
    return {
        "payments_of_nobody": [
            personal_data.plain(
                unmatched_payment, "gateway", "external_id", "amount", "currency", "made_at", *_UNMATCHED
            )
            for unmatched_payment in unmatched
        ],
        "payout_lines": [
            personal_data.plain(line, "gateway", "source", "gross", "currency", "happened_at", *_LINE)
            for line in lines
        ],
        "payout_reports": [
            personal_data.plain(report, "gateway", "file_name", "created_at") for report in reports
        ],
    }


def erase(person: Person) -> int:
    """Strike the person out of notes, lines, reasons and their events, and drop the bytes of all reports.

    Raises:
        BeingRead: see there.
    """
    changed = 0
    for report in PayoutReport.objects.exclude(content=b"").defer("content").order_by("created_at"):
        changed += _drop(report)
    unmatched_payment = Q(payment__role=Payment.Role.UNMATCHED)
    for rows, fields in (
        (StrayPayment.objects.all(), _UNMATCHED),
        (PayoutLine.objects.all(), _LINE),
        (PayoutReport.objects.all(), _REPORT),
        (Refund.objects.filter(unmatched_payment), _REFUND),
    ):
        changed += personal_data.scrub_fields(
            rows.filter(personal_data.naming(person, *fields)), person, *fields
        )
    events = Event.objects.filter(personal_data.naming(person, "reason", "data"), subject_type__in=_SUBJECTS)
    return changed + sum(
        personal_data.scrub_event(event, person) for event in events.iterator(chunk_size=500)
    )


def _drop(report: PayoutReport) -> int:
    """Drop a report's bytes; one that still waits is read first, so that its lines are counted."""
    if report.status == PayoutReport.Status.UPLOADED:
        importing.run(report.pk)
    gone = PayoutReport.objects.filter(pk=report.pk).exclude(status=PayoutReport.Status.UPLOADED)
    if not gone.update(content=b""):
        raise BeingRead(report.file_name)
    return 1
