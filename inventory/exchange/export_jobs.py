"""The states of an export: waiting → done → gone; made by one worker, whole or not at all, and kept for a week.

A worker writes the file into the database part by part, the job's own state included, in one transaction: a worker
that is killed leaves nothing, and the next run starts again. One export is made at a time, so that however many are
asked for, the other workers stay free for what shoppers wait for.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.exchange import exports, turns
from inventory.exchange.contents import LISTINGS, Filters, Table
from inventory.models import ExportJob, ExportPart
from shop.core import states
from shop.core.due import counted, fairness
from shop.core.jobs import dispatch
from shop.core.spreadsheets import files, progress

Status = ExportJob.Status
ACTOR: Final = "job:exports"

KEEP: Final = timedelta(days=7)
PART: Final = 512 * 1024
# An arbitrary, unique key: the advisory lock of the worker that makes an export.
_ONE_AT_A_TIME: Final = 7_301_109


def ask(
    *, contents: str, form: str, filters: Filters, about: str, language: str, actor: str
) -> tuple[ExportJob, bool]:
    """Have a file made by a worker; return its job and whether it is a new one.

    Whoever asks for the same while it is being made, in another tab or by a second click, gets the job that is there.
    `about` describes the `filters` in words.
    """
    wish = {
        "contents": contents,
        "form": form,
        "filters": dict(filters),
        "language": language,
        "actor": actor,
    }
    while True:
        with transaction.atomic():
            mine = ExportJob(about=about[:200], **wish)
            # A concurrent transaction that inserts the same row is waited for (ON CONFLICT DO NOTHING).
            ExportJob.objects.bulk_create([mine], ignore_conflicts=True)
            running = ExportJob.objects.filter(status=Status.WAITING, **wish).first()
            if running is None:
                continue  # That job ended between the two statements: this request is a new one.
            if running.pk == mine.pk:
                states.record(running, "asked", actor=actor, data={"contents": contents, **filters})
                _wake(running.pk)
        return running, running.pk == mine.pk


def run(job_id: UUID | str) -> str:
    """Make one file, if it is due and no other one is being made; return the state of its job (see `counted.run`)."""
    if not _is_free():
        return ""  # The worker that makes the other one starts the next.
    state = counted.run(ExportJob, job_id, work=_work, give_up=_give_up)
    following = _waiting().exclude(pk=job_id).values_list("pk", flat=True).first()
    if state and following:
        _wake(following)
    return state


def run_due(limit: int = 20) -> dict[str, int]:
    """Make the files whose task was lost or whose worker died, oldest first, and delete expired files."""
    keys = list(_waiting().values_list("pk", flat=True)[:limit])
    fairness.run_each(keys, run)
    deleted = purge()
    return {"exports": len(keys), "deleted": deleted} if keys or deleted else {}


def purge() -> int:
    """Delete the files of exports that were ready a week ago, by the database's clock; return how many."""
    deleted = 0
    for job in ExportJob.objects.filter(status=Status.DONE, finished_at__lt=Now() - KEEP)[:500]:
        with transaction.atomic():
            if states.move(job, Status.GONE, actor=ACTOR):
                ExportPart.objects.filter(job=job).delete()
                deleted += 1
    return deleted


def content(job: ExportJob) -> Iterator[bytes]:
    """Yield a finished file part by part.

    Raises: ExportPart.DoesNotExist when it is deleted meanwhile: an aborted download is better than a truncated file
    that looks complete.
    """
    parts = ExportPart.objects.filter(job=job)
    for place in range(job.part_count):
        yield bytes(parts.values_list("content", flat=True).get(place=place))


class Parts:
    """A file written into the database: one row for each half megabyte, nothing of it stays in memory."""

    def __init__(self, job: ExportJob) -> None:
        self._job, self._rest = job, bytearray()
        self.count = self.size = 0

    def write(self, content: bytes) -> int:
        self._rest += content
        while len(self._rest) >= PART:
            self._put(PART)
        return len(content)

    def flush(self) -> None:
        """Nothing: a part is written when it is full."""

    def close(self) -> None:
        if self._rest:
            self._put(len(self._rest))

    def _put(self, size: int) -> None:
        ExportPart.objects.create(job=self._job, place=self.count, content=bytes(self._rest[:size]))
        del self._rest[:size]
        self.count, self.size = self.count + 1, self.size + size


class _CountedRows:
    """Rows that report their progress; `count` is their number without the headings."""

    def __init__(self, table: Table, tell: progress.Teller, total: int) -> None:
        self._table, self._tell, self._total = table, tell, total
        self.count = 0

    def __iter__(self) -> Iterator[list[object]]:
        for done, row in enumerate(self._table):
            self.count = done
            if done < self._total:
                self._tell("writing", done, self._total)
            yield row


def _waiting() -> Any:
    return ExportJob.objects.filter(status=Status.WAITING).order_by("created_at")


def _wake(job_id: UUID) -> None:
    transaction.on_commit(partial(dispatch, "inventory.tasks.run_export", str(job_id)))


def _is_free() -> bool:
    """Return whether no export is being made just now."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
        (free,) = cursor.fetchone()
    return bool(free)


def _work(job: ExportJob) -> None:
    turns.take_turn(_ONE_AT_A_TIME)
    listing, tell = LISTINGS[job.contents], progress.Teller(job.pk)
    rows = _CountedRows(listing.table(job.filters), tell, listing.count(job.filters, None))
    parts = Parts(job)
    files.write(rows, job.form, parts)
    parts.close()
    found: dict[str, Any] = {"row_count": rows.count, "part_count": parts.count, "byte_count": parts.size}
    states.move(
        job,
        Status.DONE,
        actor=ACTOR,
        data=found,
        file_name=exports.name_of(job.contents, job.form, job.filters),
        finished_at=timezone.now(),
        **found,
    )


def _give_up(job: ExportJob) -> None:
    words = _("Three attempts ended without a result. Tell whoever runs the shop.")
    states.move(job, Status.FAILED, actor=ACTOR, refusal=words, finished_at=timezone.now())
