"""Importing a statement: stored, its columns named where the bank is new, read whole or not at all, each credit once.

The credits are written with `ON CONFLICT DO NOTHING` on a fingerprint of each (bank, date, amount, reference, and its
number among equal lines of its file): the same file, an overlapping one, and two workers at once count nothing twice.
Nothing is assigned by reading: that is an act of people (`matching.book`).
"""

import hashlib
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.models import BankCredit, BankStatement, StatementColumns
from payments.transfers.statements import reading
from payments.transfers.statements.reading import Line, Unreadable
from shop.core.due import counted, fairness
from shop.core.folding import squeeze
from shop.core.jobs import dispatch
from shop.core.spreadsheets import sheets
from shop.core.states import move, record

Status = BankStatement.Status
ACTOR: Final = "job:bank_statements"
# Larger files are read by a worker.
READ_AT_ONCE: Final = 256 * 1024
# The bytes are not needed once the credits are counted; they are kept a while for whoever investigates a fault.
KEEP_CONTENT: Final = timedelta(days=7)
_BATCH: Final = 1000


class ReadBefore(Exception):
    """The same file was uploaded before; `statement` is its row."""

    def __init__(self, statement: BankStatement) -> None:
        super().__init__(statement.file_name)
        self.statement = statement


def upload(*, bank: str, file_name: str, content: bytes, language: str, actor: str) -> BankStatement:
    """Store a statement. Of a bank whose columns are known a small one is read at once, a large one by a worker.

    Raises:
        Unreadable: it is empty, too large, or no table at all.
        ReadBefore: the same file is here already.
    """
    if not content:
        raise Unreadable(_("The file is empty."))
    if len(content) > reading.MOST_BYTES:
        raise Unreadable(_("The file is larger than %s MB.") % (reading.MOST_BYTES // 1024 // 1024))
    is_known = StatementColumns.objects.filter(bank=bank).exists()
    if not is_known:
        reading.headings(content, file_name)  # What is no table is refused before anybody names its columns.
    digest = hashlib.sha256(content).hexdigest()
    try:
        with transaction.atomic():
            statement = BankStatement.objects.create(
                bank=bank,
                status=Status.UPLOADED if is_known else Status.NEW,
                file_name=file_name.replace("\x00", "")[-200:],
                content=content,
                digest=digest,
                language=language,
                currency=settings.SHOP_CURRENCY,
                actor=actor[:150],
            )
            record(statement, "uploaded", actor=actor, data={"bytes": len(content)})
            if is_known:
                _wake_if_large(statement)
    except IntegrityError:
        same = BankStatement.objects.filter(bank=bank, digest=digest, status__in=BankStatement.KNOWN)
        raise ReadBefore(same.get()) from None
    return _run_if_small(statement)


def name_columns(statement: BankStatement, *, values: dict[str, str], actor: str) -> None:
    """Keep how this bank's statements are read, and have this one read so; in the caller's transaction.

    Raises:
        ReadBefore: the same file was uploaded once more since this one was refused.
    """
    columns, _made = StatementColumns.objects.update_or_create(
        bank=statement.bank, defaults={**values, "actor": actor[:150]}
    )
    record(columns, "named", actor=actor, data=dict(values))
    try:
        with transaction.atomic():
            move(statement, Status.UPLOADED, actor=actor, refusal="", issues=[], attempts=0)
    except IntegrityError:
        same = BankStatement.objects.filter(
            bank=statement.bank, digest=statement.digest, status__in=BankStatement.KNOWN
        )
        raise ReadBefore(same.get()) from None
    _wake_if_large(statement)


def read_if_small(statement: BankStatement) -> BankStatement:
    """Read a small statement that waits, and return its row; outside every transaction."""
    return _run_if_small(BankStatement.objects.get(pk=statement.pk))


def run(statement_id: UUID | str) -> str:
    """Read one statement, if it waits; return its state afterwards. Two calls at once read it once."""
    return counted.run(BankStatement, statement_id, work=_read, give_up=_give_up)


def run_due(*, limit: int = 20) -> dict[str, int]:
    """Read the statements whose message was lost or whose worker died, and delete old files' bytes."""
    waiting = BankStatement.objects.filter(status=Status.UPLOADED).order_by("created_at")
    keys = list(waiting.values_list("pk", flat=True)[:limit])
    fairness.run_each(keys, run)
    old = BankStatement.objects.filter(finished_at__lt=Now() - KEEP_CONTENT).exclude(content=b"")
    dropped = old.update(content=b"")
    return {"statements": len(keys), "files dropped": dropped} if keys or dropped else {}


def _wake_if_large(statement: BankStatement) -> None:
    if len(statement.content) > READ_AT_ONCE:
        transaction.on_commit(partial(dispatch, "payments.tasks.read_bank_statement", str(statement.pk)))


def _run_if_small(statement: BankStatement) -> BankStatement:
    if statement.is_working and len(statement.content) <= READ_AT_ONCE:
        run(statement.pk)
        statement.refresh_from_db()
    return statement


def _give_up(statement: BankStatement) -> None:
    words = _("Three tries ended without a result. Nothing was counted.")
    move(statement, Status.FAILED, actor=ACTOR, refusal=words, finished_at=timezone.now())


def _read(statement: BankStatement) -> None:
    content = bytes(statement.content)
    limits = sheets.AT_ONCE if len(content) <= READ_AT_ONCE else sheets.LIMITS
    try:
        columns = StatementColumns.objects.get(bank=statement.bank)
        found = reading.read(
            content, statement.file_name, columns, currency=statement.currency, limits=limits
        )
    except Unreadable as refusal:
        _finish(statement, Status.REFUSED, refusal=str(refusal)[:500])
        return
    data: dict[str, Any] = {"row_count": found.row_count, "read_as": found.read_as[:120]}
    if found.issues:
        count = len(found.issues)
        words = (
            ngettext(
                "%d row cannot be read, so nothing was counted.",
                "%d rows cannot be read, so nothing was counted.",
                count,
            )
            % count
        )
        issues = [list(one) for one in found.issues[: reading.MOST_ISSUES]]
        _finish(statement, Status.REFUSED, refusal=words, issues=issues, **data)
        return
    fresh = _write(statement, found.lines)
    days = [line.booked_on for line in found.lines]
    _finish(
        statement,
        Status.DONE,
        credit_count=fresh,
        repeated_count=len(found.lines) - fresh,
        passed_count=found.passed,
        first_on=min(days),
        last_on=max(days),
        **data,
    )


def _write(statement: BankStatement, lines: list[Line]) -> int:
    """Write the credits that are not there yet; return how many there were."""
    seen: Counter[str] = Counter()
    rows = []
    for line in lines:
        identity = _identity(statement, line)
        seen[identity] += 1
        rows.append(_credit(statement, line, fingerprint(identity, seen[identity])))
    BankCredit.objects.bulk_create(rows, batch_size=_BATCH, ignore_conflicts=True)
    return BankCredit.objects.filter(statement=statement).count()


def fingerprint(identity: str, number: int) -> str:
    """Return the permanent key of a line: its content, and its number among the equal lines of its file."""
    return hashlib.sha256(f"{identity}|{number}".encode()).hexdigest()


def _identity(statement: BankStatement, line: Line) -> str:
    parts = (
        statement.bank,
        line.booked_on.isoformat(),
        line.amount,
        statement.currency,
        squeeze(line.reference),
    )
    return "|".join(map(str, parts))


def _credit(statement: BankStatement, line: Line, key: str) -> BankCredit:
    return BankCredit(
        source=BankCredit.Source.STATEMENT,
        bank=statement.bank,
        booked_on=line.booked_on,
        amount=line.amount,
        currency=statement.currency,
        reference=line.reference,
        payer_name=line.payer_name,
        payer_document=line.payer_document,
        number=line.number,
        fingerprint=key,
        statement=statement,
        row=line.row,
        actor=statement.actor,
    )


def _finish(statement: BankStatement, status: str, **data: Any) -> None:
    counts = {name: value for name, value in data.items() if name.endswith("_count")}
    reason = data.get("refusal", "")
    move(statement, status, actor=ACTOR, reason=reason, data=counts, finished_at=timezone.now(), **data)
