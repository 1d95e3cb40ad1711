"""A connection plans a kept statement once, unless it is a pooler's."""

from contextlib import nullcontext, suppress
from datetime import UTC, timedelta
from decimal import Decimal
from functools import partial
from types import SimpleNamespace
from unittest import mock
from uuid import UUID

import psycopg
import pytest
from django.db import DataError, NotSupportedError, OperationalError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from shop.core.database.kept_queries import named, together
from shop.core.database.postgresql import prepared
from shop.core.database.postgresql.base import default_database
from shop.core.database.postgresql.prepared import KeptSql, joined, kept

_PREPARED = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE %s"


def ask(statement: KeptSql | str, *values: int | str | None) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


@pytest.mark.django_db
def test_a_statement_is_planned_once_for_all_its_values() -> None:
    statement = kept("SELECT 'once 5 %%', %s::int + 1, %s::text IS NULL")
    assert [ask(statement, number, None) for number in (1, 2)] == [
        [("once 5 %", number + 1, True)] for number in (1, 2)
    ]
    assert ask(_PREPARED, "%once 5%") == [(2, 0)]


@pytest.mark.django_db
def test_a_statement_that_stands_twice_in_a_text_is_prepared_once() -> None:
    asked = [named("SELECT 'twice 6', %(number)s::int", {"number": number}) for number in (1, 2)]
    assert together(*asked) == [[("twice 6", 1)], [("twice 6", 2)]]
    assert ask(_PREPARED, "%twice 6%") == [(2, 0)]


@pytest.mark.django_db
def test_who_watches_statements_sees_the_text() -> None:
    statement = kept("SELECT 'watched', %s::int")
    with CaptureQueriesContext(connection) as captured:
        together(named("SELECT 'also', now() + %(wait)s", {"wait": timedelta(1)}))
        ask(statement, 7)
    assert ["also" in captured[0]["sql"], "watched" in captured[1]["sql"]] == [True, True]


@pytest.mark.django_db
def test_values_have_their_own_types_where_the_place_has_none() -> None:
    [row] = together(named("SELECT %(wait)s - %(less)s", {"wait": timedelta(2), "less": timedelta(1)}))[0]
    assert row == (timedelta(1),)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "plain"),
        ("text", ""),
        ("text", "it's \\ \n “quoted” {}(),;--"),
        ("text", "NULL"),
        ("uuid", UUID("0193e5c5-7a2b-7c11-8a52-0242ac120002")),
        ("text", UUID("0193e5c5-7a2b-7c11-8a52-0242ac120002")),
        ("boolean", True),
        ("boolean", False),
        ("integer", -7),
        ("bigint", 2**62),
        ("numeric", 2**80),
        ("bigint[]", "{1,NULL,-3}"),
        ("interval", "15 minutes"),
        ("numeric", Decimal("1.50")),
        ("text", None),
    ],
)
def test_values_arrive_as_they_would_in_any_statement(
    kind: str, value: str | UUID | int | Decimal | None
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}", (value,))
        [plain] = cursor.fetchall()
        cursor.execute(kept(f"SELECT %s::{kind}"), (value,))
        assert cursor.fetchall() == [plain]


@pytest.mark.django_db
def test_too_many_values_are_refused() -> None:
    with pytest.raises(Exception, match="1 values are asked for, and 2 given"):
        ask(kept("SELECT %s::int"), 1, 2)


@pytest.mark.django_db(transaction=True)
def test_a_column_whose_type_has_changed_is_read_again_after_one_failure() -> None:
    statement = kept("SELECT kind FROM kept_plans WHERE kind IS NOT NULL")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE kept_plans AS SELECT 5 AS kind")
        try:
            assert ask(statement) == [(5,)]
            cursor.execute("ALTER TABLE kept_plans ALTER kind TYPE text")
            with pytest.raises(NotSupportedError, match="result type"):
                ask(statement)
            assert ask(statement) == [("5",)]
        finally:
            cursor.execute("DROP TABLE kept_plans")


@pytest.mark.parametrize(("number", "is_kept"), [(4711, True), (815, False)])
def test_nothing_is_prepared_where_a_pooler_has_another_process(number: int, is_kept: bool) -> None:
    """PgBouncer answers with a number of its own when a client connects, and passes the server's on when it is asked."""

    class Connection(mock.MagicMock):
        info, autocommit = SimpleNamespace(backend_pid=number), False

    some = Connection(psycopg.Connection)
    some.execute.return_value.fetchone.return_value = (4711,)
    with mock.patch.object(prepared, "Transformer"):
        assert (prepared.keep_plans(some) is not None) is is_kept
    assert some.autocommit is False


@pytest.mark.django_db(transaction=True)
def test_what_is_asked_without_a_cursor_answers_and_fails_as_with_one() -> None:
    database = default_database()
    one, two, bad = kept("SELECT %s::int, now()"), kept("SELECT 'x' WHERE %s"), kept("SELECT 5 / %s::int")
    with transaction.atomic(), mock.patch.object(database, "cursor", side_effect=AssertionError):
        [[(number, moment)], nothing] = database.ask(joined(one, two), [7, False], answers=2)
    assert (number, moment.tzinfo, nothing) == (7, UTC, [])
    with (
        mock.patch.object(database, "cursor", side_effect=AssertionError),
        pytest.raises(DataError) as refused,
    ):
        database.ask(joined(one, bad), [7, 0], answers=2)
    assert isinstance(refused.value.__cause__, psycopg.errors.DivisionByZero)
    assert database.ask(two, [True], answers=1) == [[("x",)]]
    with transaction.atomic():
        with suppress(DataError), transaction.atomic(savepoint=False):
            database.ask(bad, [0], answers=1)
        with pytest.raises(TransactionManagementError):
            database.ask(two, [True], answers=1)


@pytest.mark.parametrize("is_watched", [False, True])
@pytest.mark.django_db(transaction=True)
def test_statements_that_were_prepared_by_halves_are_prepared_again(is_watched: bool) -> None:
    """A migration holds the second table for longer than one waits for a lock; no rollback undoes the first half."""
    database = default_database()
    halves = [
        kept(f"SELECT 'half {is_watched}', count(*) FROM {name}")
        for name in ("catalog_brand", "catalog_option")
    ]
    asked = partial(database.ask, joined(*halves), [], answers=2)
    other = psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor})
    with other, CaptureQueriesContext(connection) if is_watched else nullcontext():
        database.ask(kept("SELECT 'half before'"), [], answers=1)
        other.execute("LOCK TABLE catalog_option IN ACCESS EXCLUSIVE MODE")
        with transaction.atomic():
            ask("SELECT set_config('lock_timeout', '50ms', TRUE)")
            with pytest.raises(OperationalError):
                asked()
            transaction.set_rollback(True)
        other.rollback()
        assert asked() == [[(f"half {is_watched}", 0)]] * 2
        assert len(ask("SELECT 1 FROM pg_prepared_statements WHERE strpos(statement, 'half') > 0")) == 2
