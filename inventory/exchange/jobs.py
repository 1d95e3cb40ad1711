"""The states of an imported file: uploaded → checked → confirmed → done, each step by one worker, whole or not at all.

Checking writes only its result. Importing validates the file again and writes everything, the job's own state included,
in one transaction; a worker that is killed leaves nothing behind, and the next run starts again. Who works on a job
holds its row's lock; imports are written one at a time (an advisory lock), so that the second of two equal files finds
the first one's rows.
"""

from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.exchange import validation as catalogue_validation
from catalog.exchange import writing as catalogue_writing
from inventory.exchange import stock, turns
from inventory.models import ImportIssue, ImportJob
from shop.core import states
from shop.core.due import counted, fairness
from shop.core.jobs import dispatch
from shop.core.spreadsheets import progress, sheets
from shop.core.spreadsheets.import_rows import UNCHANGED, Plan

Status = ImportJob.Status

MOST_ISSUES: Final = 1000
MOST_SHOWN: Final = 300
MOST_WARNINGS: Final = 100
KEEP_CONTENT: Final = timedelta(days=90)
# An arbitrary, unique key: pg_advisory_xact_lock's key for writing imports.
_ONE_AT_A_TIME: Final = 7_301_108


def upload(*, kind: str, file_name: str, content: bytes, language: str, actor: str) -> ImportJob:
    """Keep a file and have it checked by a worker.

    Raises: sheets.Unreadable when it is empty or too large to keep.
    """
    if not content:
        raise sheets.Unreadable(_("The file is empty."))
    if len(content) > sheets.MOST_BYTES:
        raise sheets.Unreadable(_("The file is larger than %s MB.") % (sheets.MOST_BYTES // 1024 // 1024))
    with transaction.atomic():
        job = ImportJob.objects.create(
            kind=kind, file_name=file_name[-200:], content=content, language=language, actor=actor
        )
        states.record(job, "uploaded", actor=actor, data={"file": job.file_name, "bytes": len(content)})
        _wake(job)
    return job


def confirm(job: ImportJob, *, actor: str) -> bool:
    """Have a checked file imported; False: somebody was first. Raises: states.IllegalTransition."""
    with transaction.atomic():
        moved = states.move(job, Status.CONFIRMED, actor=actor, confirmed_by=actor, attempts=0)
        if moved:
            progress.forget(job.pk)
            _wake(job)
    return moved


def cancel(job: ImportJob, *, actor: str) -> bool:
    """Drop a checked file; False: somebody was first. Raises: states.IllegalTransition."""
    return states.move(job, Status.CANCELLED, actor=actor, finished_at=timezone.now())


def run(job_id: UUID | str) -> str:
    """Check or import one file, whichever is due; return the state it is in afterwards (see `counted.run`).

    After three attempts that ended without a result (a killed worker, a crash) the job fails for good, with nothing
    imported.
    """
    return counted.run(ImportJob, job_id, work=_work, give_up=_give_up)


def run_due(limit: int = 20) -> int:
    """Run the files whose task was lost or whose worker died, oldest first; return how many there were."""
    due = ImportJob.objects.filter(status__in=[Status.UPLOADED, Status.CONFIRMED]).order_by("created_at")
    keys = list(due.values_list("pk", flat=True)[:limit])
    fairness.run_each(keys, run)
    old = ImportJob.objects.filter(finished_at__lt=Now() - KEEP_CONTENT)
    old.exclude(content=b"").update(content=b"")
    return len(keys)


def _wake(job: ImportJob) -> None:
    transaction.on_commit(partial(dispatch, "inventory.tasks.run_import", str(job.pk)))


def _give_up(job: ImportJob) -> None:
    words = _("Three attempts ended without a result. Nothing was imported. Tell whoever runs the shop.")
    states.move(job, Status.FAILED, actor="job:imports", refusal=words, finished_at=timezone.now())


def _work(job: ImportJob) -> None:
    tell = progress.Teller(job.pk)
    is_writing = job.status == Status.CONFIRMED
    tell("reading", 0, 1)
    if is_writing:
        turns.take_turn(_ONE_AT_A_TIME)
    try:
        sheet = sheets.read(bytes(job.content), job.file_name)
        plan: object
        if job.kind == ImportJob.Kind.CATALOGUE:
            plan = catalogue_validation.validate(sheet, tell=tell, lock=is_writing)
        else:
            plan = stock.validate(sheet, tell=tell, lock=is_writing)
    except sheets.Unreadable as refusal:
        _finish(job, Status.REFUSED, refusal=str(refusal)[:500])
        return
    if plan.issues:
        _finish(
            job,
            Status.REFUSED,
            plan,
            sheet,
            refusal=_("Nothing was imported: correct the file and upload it again."),
        )
    elif is_writing:
        _write(job, plan, tell)
        _finish(job, Status.DONE, plan, sheet)
    else:
        _finish(job, Status.CHECKED, plan, sheet)


def _write(job: ImportJob, plan: Any, tell: progress.Teller) -> None:
    if job.kind == ImportJob.Kind.CATALOGUE:
        catalogue_writing.write(plan, tell=tell)
    else:
        stock.write(plan, job=job, actor=job.confirmed_by, tell=tell)


def _finish(
    job: ImportJob,
    status: str,
    plan: Plan | None = None,
    sheet: sheets.Sheet | None = None,
    refusal: str = "",
) -> None:
    """Write the result: counts, a sample of what changes, and the errors."""
    found: dict[str, Any] = {"refusal": refusal}
    if status != Status.CHECKED:
        found["finished_at"] = timezone.now()
    if plan is not None and sheet is not None:
        doubts = [[one.row, one.column, one.words] for one in plan.warnings[:MOST_WARNINGS]]
        moving = [outcome for outcome in plan.outcomes if outcome.kind != UNCHANGED][:MOST_SHOWN]
        found |= {
            "read_as": sheet.read_as[:120],
            "row_count": len(sheet.rows),
            "issue_count": len(plan.issues),
            "created_count": plan.count("created"),
            "changed_count": plan.count("changed"),
            "unchanged_count": plan.count("unchanged"),
            "preview": {
                "news": {name: [len(names), names[:30]] for name, names in plan.news.items()},
                "warnings": [len(plan.warnings), doubts],
                "rows": [
                    [outcome.row, outcome.sku, outcome.kind, outcome.changes[:12]] for outcome in moving
                ],
            },
        }
        ImportIssue.objects.filter(job=job).delete()
        ImportIssue.objects.bulk_create(
            ImportIssue(job=job, row=issue.row, column=issue.column, value=issue.value, words=issue.words)
            for issue in plan.issues[:MOST_ISSUES]
        )
    data = {name: value for name, value in found.items() if name.endswith("_count")}
    states.move(job, status, actor="job:imports", reason=refusal, data=data, **found)
