"""Statements whose answer nobody waits for go with the next one, and end with their transaction."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.db import InternalError, connection, transaction
from django.db.utils import DatabaseError, IntegrityError
from django.test.utils import CaptureQueriesContext

from shop.core.database.kept_writes import KeptInsert
from shop.core.database.postgresql.cursor import _connections
from shop.core.models import Event
from tests.support.round_trips import counted

pytestmark = pytest.mark.django_db(transaction=True)
write = KeptInsert(Event, is_awaited=False)


@pytest.fixture
def sent() -> Iterator[list[str]]:
    """What goes over the wire, a text for each round trip."""
    write(event())
    with counted() as found:
        yield found


def event(kind: str = "first") -> Event:
    return Event(subject_type="x", subject_id=uuid.uuid4(), kind=kind, actor="a")


def kinds() -> list[str]:
    return sorted(Event.objects.values_list("kind", flat=True))


def ask(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


class GivenUp(Exception):
    """What ends a block."""


@contextmanager
def given_up() -> Iterator[None]:
    """A block that is rolled back."""
    with suppress(GivenUp), transaction.atomic():
        yield
        raise GivenUp


def within(*acts: Callable[[], object]) -> None:
    """Do all of it in one block."""
    with transaction.atomic():
        for act in acts:
            act()


def test_marks_and_writes_take_no_round_trip_of_their_own(sent: list[str]) -> None:
    with transaction.atomic(), transaction.atomic():
        write(event("rode"))
        assert sent == []
        assert ask("SELECT 5") == [(5,)]
        with transaction.atomic():
            pass
    assert len(sent) == 1
    begun, marked, written, asked = sent[0].split("; ")
    assert (begun, marked.split()[0], written.split()[0], asked) == (
        "BEGIN",
        "SAVEPOINT",
        "EXECUTE",
        "SELECT 5",
    )
    assert kinds() == ["first", "rode"]


def test_each_is_shown_as_if_it_had_gone_by_itself() -> None:
    with CaptureQueriesContext(connection) as captured, transaction.atomic(), transaction.atomic():
        ask("SELECT 5")
    shown = [query["sql"].split(" ")[0] for query in captured.captured_queries]
    assert shown == ["BEGIN", "SAVEPOINT", "SELECT", "RELEASE", "COMMIT"]


def test_what_still_rides_goes_with_the_commit(sent: list[str]) -> None:
    with transaction.atomic():
        write(event("alone"))
    assert len(sent) == 1
    assert sent[0].startswith("BEGIN; EXECUTE ")
    assert sent[0].endswith("; COMMIT")
    assert kinds() == ["alone", "first"]


def test_a_write_rides_where_nothing_is_prepared(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    state = _connections[connection.connection]
    monkeypatch.setattr(state, "prepared", None)
    monkeypatch.setattr(connection, "_asking", None)
    with transaction.atomic():
        write(event("behind a 'pooler'"))
        assert sent == []
    assert len(sent) == 1
    assert sent[0].startswith("BEGIN; INSERT INTO ")
    assert sent[0].endswith("; COMMIT")
    assert kinds() == ["behind a 'pooler'", "first"]


def test_a_savepoint_takes_its_own_writes_back_and_no_others(sent: list[str]) -> None:
    with transaction.atomic():
        write(event("kept"))
        with given_up():
            write(event("taken back"))
        with pytest.raises(DatabaseError):
            within(lambda: write(event("taken back, too")), lambda: ask("SELECT 1 / 0"))
        assert kinds() == ["first", "kept"]
    assert kinds() == ["first", "kept"]


def test_a_rollback_drops_what_rides(sent: list[str]) -> None:
    with given_up():
        write(event("dropped"))
    assert ask("SELECT 1") == [(1,)]
    assert kinds() == ["first"]


def test_a_write_that_is_refused_is_told_by_the_commit_and_nothing_stays(sent: list[str]) -> None:
    wrong = event("wrong")
    wrong.subject_id = None
    with pytest.raises(IntegrityError, match="subject_id"):
        within(lambda: write(event("before")), lambda: write(wrong))
    assert kinds() == ["first"]


def test_nothing_rides_in_a_transaction_that_has_failed(sent: list[str]) -> None:
    with transaction.atomic():
        mark = transaction.savepoint()
        with pytest.raises(DatabaseError):
            ask("SELECT 1 / 0")
        with pytest.raises(InternalError, match="aborted"):
            transaction.savepoint()
        transaction.savepoint_rollback(mark)
        write(event("after"))
    assert kinds() == ["after", "first"]


def test_many_rows_at_once_come_after_what_rides(sent: list[str]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE riding (number int) ON COMMIT DROP")
        with given_up():
            cursor.executemany("INSERT INTO riding VALUES (%s)", [(1,), (2,)])
        with transaction.atomic(), cursor.copy("COPY riding FROM STDIN") as copy:
            copy.write_row((3,))
        assert ask("SELECT number FROM riding") == [(3,)]
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.copy("COPY (SELECT 7) TO STDOUT") as copy,
    ):
        assert [bytes(row) for row in copy] == [b"7\n"]
