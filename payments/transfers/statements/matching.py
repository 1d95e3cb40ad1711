"""Which bank transfer a statement's credits are: exactly by amount and reference, or what a clerk has confirmed before.

What is certain is booked in one act, set-based; all else is listed with suggestions (`suggestions`) for people.
Locks: the instructions by key, then the credits by key. Settling follows in transactions of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from payments.models import BankCredit, BankStatement, TransferInstruction
from payments.transfers import codes
from payments.transfers.crediting import NEAR_DAYS
from shop.core.jobs import dispatch
from shop.core.models import Event
from shop.core.states import record

Source, Status = BankCredit.Source, BankCredit.Status
_BATCH: Final = 500


class Kind(StrEnum):
    """How certain a match is."""

    # Amount and reference fit a transfer that nothing came for: booked in one act.
    EXACT = "exact"
    # What a clerk has confirmed before: counts once.
    CONFIRMS = "confirms"
    # Amount and reference fit, and money came before: perhaps the same, perhaps a second payment.
    SECOND = "second"
    # It may be what a clerk has confirmed, or not.
    DOUBTFUL = "doubtful"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Match:
    """A credit and what it is. `known`: the clerk's credit that it confirms, or may."""

    credit: BankCredit
    kind: Kind
    instruction: TransferInstruction | None = None
    known: BankCredit | None = None

    @property
    def is_certain(self) -> bool:
        return self.kind in {Kind.EXACT, Kind.CONFIRMS}

    @property
    def target(self) -> str:
        """Return what it would be assigned to, as a comparison with what was shown needs it."""
        about = self.known or self.instruction
        return f"{self.kind}:{about.pk if about else ''}"


def of_statement(statement: BankStatement) -> list[Match]:
    """Return what every credit of a statement is that waits; a constant number of queries, no lock."""
    rows = BankCredit.objects.filter(statement=statement, status=Status.OPEN)
    return classify(list(rows.order_by("booked_on", "row", "pk")))


def classify(rows: Sequence[BankCredit]) -> list[Match]:
    """Return what each of these waiting credits is. Four queries."""
    named = {row.pk: codes.within(row.reference) for row in rows}
    by_code = _instructions({code for found in named.values() for code in found})
    by_hand = _unconfirmed(rows, by_code.values())
    credited = set(
        BankCredit.objects.filter(instruction__in=by_code.values()).values_list("instruction_id", flat=True)
    )
    named = {key: [code for code in found if code in by_code] for key, found in named.items()}
    found: dict[UUID, Match] = {}
    used: set[UUID] = set()
    for row in rows:
        if (match := _by_reference(row, named[row.pk], by_code, by_hand, credited, used)) is not None:
            found[row.pk] = match
    rest = [row for row in rows if row.pk not in found and not named[row.pk]]
    free = [known for known in by_hand if known.pk not in used]
    found |= {match.credit.pk: match for match in _by_amount(rest, free)}
    return [found.get(row.pk) or Match(row, Kind.OPEN) for row in rows]


def _instructions(wanted: Iterable[str]) -> Mapping[str, TransferInstruction]:
    rows = TransferInstruction.objects.filter(code__in=set(wanted)).select_related(
        "attempt__purchase", "attempt__payable"
    )
    return {row.code: row for row in rows}


def _unconfirmed(rows: Sequence[BankCredit], named: Iterable[TransferInstruction]) -> list[BankCredit]:
    """Return what clerks have confirmed, for these transfers or near these days, and no statement has shown yet."""
    if not rows:
        return []
    days = timedelta(days=NEAR_DAYS)
    first, last = (pick(row.booked_on for row in rows) for pick in (min, max))
    return list(
        BankCredit.objects.filter(source=Source.STAFF, status=Status.BOOKED, confirmed_by=None)
        .filter(Q(booked_on__range=(first - days, last + days)) | Q(instruction__in=list(named)))
        .select_related("instruction__attempt__purchase")
        .order_by("pk")
    )


def _by_reference(
    row: BankCredit,
    named: Sequence[str],
    by_code: Mapping[str, TransferInstruction],
    by_hand: Sequence[BankCredit],
    credited: set[UUID],
    used: set[UUID],
) -> Match | None:
    """Return the match by the one code of ours that a credit names; None where it names none, or several."""
    if len(named) != 1:
        return None
    instruction = by_code[named[0]]
    same = [one for one in by_hand if one.instruction_id == instruction.pk and _is_same(one, row)]
    if known := next((one for one in same if one.pk not in used), None):
        used.add(known.pk)
        return Match(row, Kind.CONFIRMS, instruction, known)
    if (row.amount, row.currency) != (instruction.amount, instruction.currency):
        return Match(row, Kind.OPEN, instruction)
    if instruction.pk in credited:
        return Match(row, Kind.SECOND, instruction)
    credited.add(instruction.pk)
    return Match(row, Kind.EXACT, instruction)


def _is_same(known: BankCredit, row: BankCredit) -> bool:
    return (known.amount, known.currency) == (row.amount, row.currency)


def _by_amount(rows: Sequence[BankCredit], by_hand: Sequence[BankCredit]) -> Iterable[Match]:
    """Yield the lines without a reference that are what clerks have confirmed: same amount, near date.

    Certain where the bank's number is the same, or where one line and one confirmation are alone with each other; else
    doubtful.
    """
    used: set[UUID] = set()
    left: list[BankCredit] = []
    for row in rows:
        text = codes.compact(f"{row.reference} {row.number}")
        numbered = [
            one
            for one in by_hand
            if one.pk not in used
            and _fits(one, row)
            and len(one.number) > 3
            and codes.compact(one.number) in text
        ]
        if len(numbered) == 1:
            used.add(numbered[0].pk)
            yield Match(row, Kind.CONFIRMS, numbered[0].instruction, numbered[0])
        else:
            left.append(row)
    pairs: dict[UUID, list[BankCredit]] = defaultdict(list)
    rivals: dict[UUID, int] = defaultdict(int)
    for row in left:
        pairs[row.pk] = [one for one in by_hand if one.pk not in used and _fits(one, row)]
        for one in pairs[row.pk]:
            rivals[one.pk] += 1
    for row in left:
        fitting = pairs.get(row.pk, [])
        if len(fitting) == 1 and rivals[fitting[0].pk] == 1:
            yield Match(row, Kind.CONFIRMS, fitting[0].instruction, fitting[0])
        elif fitting:
            yield Match(row, Kind.DOUBTFUL, fitting[0].instruction, fitting[0])


def _fits(known: BankCredit, row: BankCredit) -> bool:
    near = abs((known.booked_on - row.booked_on).days) <= NEAR_DAYS
    return near and _is_same(known, row)


# -- Booking ---------------------------------------------------------------------------------------------------


def lock(statement: BankStatement) -> None:
    """Lock all that booking a statement may change, in the caller's transaction: instructions, then credits, by key."""
    matches = of_statement(statement)
    wanted = sorted({match.instruction.pk for match in matches if match.instruction})
    _locked(TransferInstruction.objects.filter(pk__in=wanted))
    known = [match.known.pk for match in matches if match.known]
    own = [match.credit.pk for match in matches]
    _locked(BankCredit.objects.filter(pk__in=[*known, *own]))


def _locked(rows: "QuerySet[TransferInstruction] | QuerySet[BankCredit]") -> None:
    list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))


def book(statement: BankStatement, *, actor: str) -> int:
    """Book what is certain of a statement; return how many credits were booked or found to be known. Safe to repeat."""
    with transaction.atomic():
        lock(statement)
        certain = [match for match in of_statement(statement) if match.is_certain]
        if not certain:
            return 0
        now = timezone.now()
        for match in certain:
            row = match.credit
            if match.kind == Kind.EXACT:
                row.status, row.instruction, row.position = Status.BOOKED, match.instruction, 1
                row.noted_at = row.settle_at = now
            else:
                row.status, row.confirms = Status.CONFIRMS, match.known
            row.updated_at = now
        BankCredit.objects.bulk_update(
            [match.credit for match in certain],
            ["status", "instruction", "position", "noted_at", "settle_at", "confirms", "updated_at"],
            batch_size=_BATCH,
        )
        Event.objects.bulk_create([_event(match, actor) for match in certain], batch_size=_BATCH)
        BankStatement.objects.filter(pk=statement.pk).update(matched_count=F("matched_count") + len(certain))
        record(statement, "booked", actor=actor, data={"credits": len(certain)})
        transaction.on_commit(partial(dispatch, "payments.tasks.run_transfers"))
    return len(certain)


def _event(match: Match, actor: str) -> Event:
    row = match.credit
    about = match.known or match.instruction
    return Event(
        subject_type=row._meta.label_lower,
        subject_id=row.pk,
        trail=match.instruction.trail if match.instruction else None,
        kind="state",
        field="status",
        from_state=Status.OPEN,
        to_state=row.status,
        actor=actor[:150],
        reason=str(about)[:300],
    )
