"""Claims by a lease and by a lock: one worker gets a row, a dead one's is free again. With rows of the mail outbox."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from unittest import mock
from uuid import UUID

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.db.models.sql.compiler import SQLCompiler
from django.forms.models import model_to_dict
from django.utils import timezone

from shop.core.due import locked
from shop.core.due.fairness import CRASHED, LATER, run_fairly
from shop.core.due.leases import Lease
from shop.core.models import EmailLog
from tests.races.tools.rendezvous import meet, waits_for_us

LEASE = Lease("next_try_at", timedelta(minutes=5), tries="attempts")
LONG_AGO = timedelta(hours=1)
PATIENCE = 60


def due(name: str, *, kind: str = "a", ago: timedelta = LONG_AGO) -> EmailLog:
    row = EmailLog.objects.create(kind=kind, dedupe_key=name, to="a@example.com", subject=name, text="")
    EmailLog.objects.filter(pk=row.pk).update(next_try_at=Now() - ago)
    row.refresh_from_db()
    return row


def only(row: EmailLog) -> "QuerySet[EmailLog]":
    return EmailLog.objects.filter(pk=row.pk)


def expire_claim(row: EmailLog) -> None:
    """Let a worker's claim expire: it died, or is very slow."""
    only(row).update(next_try_at=Now() - timedelta(seconds=1))


# -- Leases -----------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_claimed_row_is_not_due_until_its_worker_is_dead() -> None:
    row = due("one")
    assert LEASE.take(only(row))
    assert not LEASE.take(only(row))
    assert not LEASE.due(EmailLog.objects.all()).exists()
    expire_claim(row)
    assert LEASE.take(only(row))
    row.refresh_from_db()
    assert row.attempts == 2


@pytest.mark.django_db
def test_put_off_counts_the_try_and_put_back_does_not() -> None:
    row, other = due("one"), due("two")
    assert LEASE.take(only(row))
    assert LEASE.take(only(other))
    assert LEASE.put_off(only(row), timedelta(minutes=1), error="silent")
    assert LEASE.put_back(only(other), timedelta(minutes=1))
    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.attempts, row.error, other.attempts) == (1, "silent", 0)
    assert not LEASE.due(EmailLog.objects.all()).exists()
    # A second put back (two workers at once) is refused, so that no try is subtracted twice.
    assert not LEASE.put_back(only(other), timedelta(0))


@pytest.mark.django_db
@pytest.mark.parametrize("is_guarded", [True, False])
def test_a_worker_whose_claim_has_expired_does_not_end_the_claim_of_the_next_one(is_guarded: bool) -> None:
    """The control leaves the guard (`mine`) out: a third worker would get the row beside the second."""
    row = due("one")
    assert LEASE.take(only(row))
    slow = EmailLog.objects.get(pk=row.pk)
    expire_claim(row)
    assert LEASE.take(only(row))
    rows = EmailLog.objects.all()
    LEASE.put_off(LEASE.mine(rows, slow) if is_guarded else only(slow), timedelta(0))
    assert LEASE.take(only(row)) is not is_guarded


@pytest.mark.django_db
def test_a_lock_that_is_empty_is_free_and_is_ended_at_once() -> None:
    lock = Lease("sent_at", timedelta(minutes=5), is_free_when_empty=True)
    row = due("one")
    assert lock.take(only(row))
    assert not lock.take(only(row))
    assert lock.end(only(row))
    assert lock.take(only(row))
    only(row).update(sent_at=Now() - timedelta(seconds=1))
    assert lock.take(only(row), waits=True)
    assert lock.keep(only(row))
    assert not lock.take(only(row))


CLAIM = LEASE.claim(lambda key: EmailLog.objects.filter(pk=key), UUID, or_if=Q(attempts=0), error="claimed")


@pytest.mark.django_db
def test_a_claim_written_once_returns_the_row_as_it_is_then_to_the_first_one_alone() -> None:
    row, other = due("one", ago=-LONG_AGO), due("two")
    CLAIM(other.pk)
    with mock.patch.object(SQLCompiler, "as_sql", side_effect=AssertionError):
        claimed, second = CLAIM.first(row.pk), CLAIM.first(row.pk)
    assert second is None
    row.refresh_from_db()
    assert claimed is not None
    assert model_to_dict(claimed) == model_to_dict(row)
    assert (row.attempts, row.error) == (1, "claimed")
    assert row.next_try_at
    assert row.next_try_at > timezone.now()
    expire_claim(row)
    again = CLAIM.first(row.pk)
    assert again
    assert again.attempts == 2


@pytest.mark.django_db
def test_a_row_that_is_not_due_may_be_claimed_by_another_condition() -> None:
    row = due("one", ago=-LONG_AGO)
    assert not LEASE.take(only(row))
    assert LEASE.take(only(row), or_if=Q(attempts=0))


def together(acts: list[Callable[[], object]]) -> list[object]:
    answers: list[object] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            start.wait(PATIENCE)
            answers.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return answers


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_gets_the_row() -> None:
    row = due("one")
    assert sorted(map(bool, together([lambda: LEASE.take(only(row))] * 6))) == [False] * 5 + [True]
    row.refresh_from_db()
    assert row.attempts == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_many_claims_written_once_one_gets_the_row() -> None:
    row = due("one")
    assert sorted(len(rows) for rows in together([lambda: CLAIM(row.pk)] * 6)) == [0] * 5 + [1]  # type: ignore[arg-type]
    row.refresh_from_db()
    assert row.attempts == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_control_whoever_looks_before_it_claims_shares_the_row() -> None:
    row = due("one")
    looked = threading.Barrier(2)

    def careless() -> bool:
        found = only(row).filter(next_try_at__lte=timezone.now()).exists()
        looked.wait(PATIENCE)
        return found and bool(only(row).update(next_try_at=Now() + LEASE.length))

    assert together([careless, careless]) == [True, True]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("take", "waits"),
    [
        (lambda row: LEASE.take(only(row), waits=True), True),
        (lambda row: bool(CLAIM(row.pk)), True),
        (lambda row: LEASE.take(only(row)), False),
    ],
    ids=["waits", "written once", "control"],
)
def test_of_two_claims_at_once_the_second_waits_and_sees_that_the_row_is_not_due_any_more(
    take: Callable[[EmailLog], bool], waits: bool
) -> None:
    """The control passes over the locked row at once."""
    row = due("one")
    has_waited: list[bool] = []
    # Of one that has been tried, since `CLAIM` takes a new one though it is not due.
    only(row).update(attempts=1)
    answer = meet(
        lambda: take(row),
        first=lambda: LEASE.take(only(row), waits=True),
        then=lambda: has_waited.append(waits_for_us()),
    )
    assert (has_waited, answer) == ([waits], False)
    row.refresh_from_db()
    assert row.attempts == 2


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("waits", [True, False], ids=["waits", "control"])
def test_a_claim_that_waits_gets_a_row_that_was_locked_and_left_as_it_was(waits: bool) -> None:
    """The control passes over it, and the row waits for the next run."""
    row = due("one")
    answer = meet(
        lambda: LEASE.take(only(row), waits=waits),
        first=lambda: only(row).select_for_update().get(),
        then=lambda: None,
    )
    assert answer is waits
    assert LEASE.due(only(row)).exists() is not waits


@pytest.fixture
def claimed() -> Iterator[EmailLog]:
    """A row that somebody else has locked, for as long as the test lasts."""
    row, ready, over = due("held", ago=2 * LONG_AGO), threading.Event(), threading.Event()

    def keep_claim() -> None:
        with transaction.atomic():
            only(row).select_for_update().get()
            ready.set()
            over.wait(PATIENCE)
        connection.close()

    thread = threading.Thread(target=keep_claim)
    thread.start()
    assert ready.wait(PATIENCE)
    yield row
    over.set()
    thread.join(PATIENCE)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_locked_row_is_passed_over_and_stays_due(claimed: EmailLog) -> None:
    other = due("other")
    assert not LEASE.take(only(claimed))
    seen: list[str] = []

    def act(row: EmailLog) -> str:
        seen.append(row.dedupe_key)
        only(row).update(next_try_at=Now() + LONG_AGO)
        return "done"

    assert locked.one_by_one(LEASE.due(EmailLog.objects.all()), act, limit=9) == {"done": 1}
    assert seen == [other.dedupe_key]
    assert list(LEASE.due(EmailLog.objects.all())) == [claimed]


# -- Locks ------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_row_that_the_database_refuses_keeps_only_itself() -> None:
    rows = [due(name, ago=timedelta(minutes=minutes)) for name, minutes in (("x", 9), ("y", 8), ("z", 7))]

    def act(row: EmailLog) -> str:
        only(row).update(next_try_at=Now() + LONG_AGO)
        if row.dedupe_key == "x":
            raise IntegrityError("the level's figure lies")
        return "done"

    tally = locked.one_by_one(LEASE.due(EmailLog.objects.all()), act, limit=9)
    assert tally == {"done": 2, locked.PASSED_OVER: 1}
    assert list(LEASE.due(EmailLog.objects.all())) == rows[:1], "rolled back, and due again in the next run"


@pytest.mark.django_db
def test_no_more_rows_than_the_limit_are_taken() -> None:
    for number in range(4):
        due(f"n{number}")
    act = mock.Mock(return_value="kept")
    assert locked.one_by_one(EmailLog.objects.all(), act, limit=3) == {"kept": 3}


@pytest.mark.django_db
def test_batches_go_on_until_one_is_not_full() -> None:
    for number in range(5):
        due(f"n{number}")
    sizes: list[int] = []

    def act(keys: object) -> int:
        assert isinstance(keys, list)
        sizes.append(len(keys))
        return EmailLog.objects.filter(pk__in=keys).delete()[0]

    assert locked.in_batches(EmailLog.objects.order_by("created_at"), act, size=2) == 5
    assert sizes == [2, 2, 1]
    assert locked.in_batches(EmailLog.objects.all(), act, size=2) == 0


# -- Turns ------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_kind_that_fails_is_left_alone_and_the_others_get_their_turns() -> None:
    for number in range(5):
        due(f"a{number}", kind="a", ago=2 * LONG_AGO)
        due(f"b{number}", kind="b")
    names = dict(EmailLog.objects.values_list("pk", "dedupe_key"))
    seen: list[str] = []

    def act(key: UUID) -> str:
        seen.append(names[key])
        if names[key] == "b1":
            raise ValueError("nobody foresaw it")
        return "failed" if names[key].startswith("a") else "done"

    rows = LEASE.due(EmailLog.objects.all())
    tally = run_fairly(rows, act, kind="kind", limit=4, failures={"failed"})
    assert seen == ["a0", "b0", "a1", "b1", "a2", "b2", "b3"]
    assert tally == {"failed": 3, "done": 3, CRASHED: 1, LATER: 1}


@pytest.mark.django_db
def test_a_kind_that_is_away_is_not_tried() -> None:
    due("a", kind="a")
    due("b", kind="b")
    tally = run_fairly(
        EmailLog.objects.all(), lambda key: "done", kind="kind", limit=9, is_away=lambda kind: kind == "a"
    )
    assert tally == {"done": 1, LATER: 1}


@pytest.mark.django_db
def test_when_the_run_has_no_time_left_it_ends() -> None:
    due("a")

    def act(key: object) -> str:
        raise SoftTimeLimitExceeded

    with pytest.raises(SoftTimeLimitExceeded):
        run_fairly(EmailLog.objects.all(), act, kind="kind", limit=9)
