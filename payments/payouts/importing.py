"""Importing a report: stored, read whole or not at all, and each of its lines counted once.

A reader of a report locks its row. The lines are written with `ON CONFLICT DO NOTHING` on the provider's own
name of each, so that the same file, an overlapping one, and two workers at once count nothing twice.
"""

import hashlib
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.gateways.reports import ReportLine
from payments.models import PayoutLine, PayoutReport
from payments.payouts import matching, reading
from shop.core.due import counted, fairness
from shop.core.jobs import dispatch
from shop.core.spreadsheets import sheets
from shop.core.states import move, record

Status = PayoutReport.Status
ACTOR: Final = "job:read_payouts"

# Larger files are read by a worker.
READ_AT_ONCE: Final = 256 * 1024
# The bytes are not needed once the lines are counted; they are kept a while for whoever investigates a fault.
KEEP_CONTENT: Final = timedelta(days=7)
_BATCH: Final = 1000


class ReadBefore(Exception):
    """The same file was uploaded before; `report` is its row."""

    def __init__(self, report: PayoutReport) -> None:
        super().__init__(report.file_name)
        self.report = report


def upload(*, gateway: str, file_name: str, content: bytes, language: str, actor: str) -> PayoutReport:
    """Store a report; a small one is read at once, a large one by a worker. Returns its row as it then is.

    Raises:
        reading.Unreadable: it is empty or too large.
        ReadBefore: the same file is here already.
    """
    if not content:
        raise reading.Unreadable(_("The file is empty."))
    if len(content) > reading.MOST_BYTES:
        raise reading.Unreadable(_("The file is larger than %s MB.") % (reading.MOST_BYTES // 1024 // 1024))
    digest = hashlib.sha256(content).hexdigest()
    try:
        with transaction.atomic():
            report = PayoutReport.objects.create(
                gateway=gateway,
                file_name=file_name.replace("\x00", "")[-200:],
                content=content,
                digest=digest,
                language=language,
                actor=actor,
            )
            record(report, "uploaded", actor=actor, data={"bytes": len(content)})
            if len(content) > READ_AT_ONCE:
                _wake(report)
    except IntegrityError:
        same = PayoutReport.objects.filter(gateway=gateway, digest=digest).exclude(
            status__in=[Status.REFUSED, Status.FAILED]
        )
        raise ReadBefore(same.get()) from None
    if len(content) <= READ_AT_ONCE:
        run(report.pk)
        report.refresh_from_db()
    return report


def run(report_id: UUID | str) -> str:
    """Read one report, if it waits; return its state afterwards. Two calls at once read it once.

    A worker that is killed leaves nothing behind; after three tries without a verdict the report fails for good
    (`shop.core.due.counted`).
    """
    return counted.run(PayoutReport, report_id, work=_read, give_up=_give_up)


def run_due(*, limit: int = 20) -> dict[str, int]:
    """Read the reports whose message was lost or whose worker died, and delete old files' bytes."""
    waiting = PayoutReport.objects.filter(status=Status.UPLOADED).order_by("created_at")
    keys = list(waiting.values_list("pk", flat=True)[:limit])
    fairness.run_each(keys, run)
    old = PayoutReport.objects.filter(finished_at__lt=Now() - KEEP_CONTENT).exclude(content=b"")
    dropped = old.update(content=b"")
    return {"reports": len(keys), "files dropped": dropped} if keys or dropped else {}


def _wake(report: PayoutReport) -> None:
    transaction.on_commit(partial(dispatch, "payments.tasks.read_payout_report", str(report.pk)))


def _give_up(report: PayoutReport) -> None:
    words = _("Three tries ended without a result. Nothing was counted.")
    move(report, Status.FAILED, actor=ACTOR, refusal=words, finished_at=timezone.now())


def _read(report: PayoutReport) -> None:
    try:
        content = bytes(report.content)
        limits = sheets.AT_ONCE if len(content) <= READ_AT_ONCE else sheets.LIMITS
        found = reading.read(content, report.file_name, report.gateway, limits=limits)
    except reading.Unreadable as refusal:
        _finish(report, Status.REFUSED, refusal=str(refusal)[:500])
        return
    data: dict[str, Any] = {"row_count": found.row_count, "read_as": found.read_as[:120]}
    if found.issues:
        issues = [[one.row, one.column, one.value, one.words] for one in found.issues[: reading.MOST_ISSUES]]
        count = len(found.issues)
        words = (
            ngettext(
                "%d row cannot be read, so nothing was counted.",
                "%d rows cannot be read, so nothing was counted.",
                count,
            )
            % count
        )
        _finish(report, Status.REFUSED, refusal=words, issues=issues, **data)
        return
    fresh = _write(report, found)
    moments = [line.happened_at for _row, line in found.lines.values()]
    _finish(
        report,
        Status.DONE,
        line_count=fresh,
        repeated_count=len(found.lines) - fresh + found.repeated,
        first_at=min(moments),
        last_at=max(moments),
        **data,
    )
    matching.match(PayoutLine.objects.filter(report=report).values_list("pk", flat=True))


def _write(report: PayoutReport, found: reading.Reading) -> int:
    """Write the lines that are not there yet; return how many there were."""
    matching.take_turn()
    lines = [_line(report, key, row, line) for key, (row, line) in found.lines.items()]
    PayoutLine.objects.bulk_create(lines, batch_size=_BATCH, ignore_conflicts=True)
    return PayoutLine.objects.filter(report=report).count()


def _line(report: PayoutReport, key: str, row: int, line: ReportLine) -> PayoutLine:
    return PayoutLine(
        report=report,
        gateway=report.gateway,
        key=key,
        row=row,
        kind=line.kind.value,
        word=line.word[:60],
        payout=line.payout[:100],
        source=line.source[:200],
        about=line.about[:200],
        reference=line.reference[:256],
        happened_at=line.happened_at,
        currency=line.currency,
        gross=line.gross,
        fee=line.fee,
        tax=line.tax,
        net=line.net,
        face=line.face,
        face_currency=line.face_currency,
    )


def _finish(report: PayoutReport, status: str, **data: Any) -> None:
    counts = {name: value for name, value in data.items() if name.endswith("_count")}
    reason = data.get("refusal", "")
    move(report, status, actor=ACTOR, reason=reason, data=counts, finished_at=timezone.now(), **data)
