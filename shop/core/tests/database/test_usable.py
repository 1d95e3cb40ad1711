"""A kept connection is looked at before a request uses it: without a statement, and never one that has been ended."""

from typing import cast
from unittest import mock
from unittest.mock import Mock

import psycopg
import pytest
from celery.fixups.django import DjangoWorkerFixup  # type: ignore[attr-defined]
from celery.signals import task_prerun
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from shop.celery import app
from shop.core.database.postgresql import base
from shop.core.database.postgresql.prepared import kept


def ask() -> int:
    """Do what a request does before its first statement; return the server's process of the connection it gets."""
    connection.health_check_enabled, connection.health_check_done = True, False  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what the check asks the server: nothing of it passes Django's own cursor."""
    seen: list[str] = []
    execute = psycopg.Cursor.execute

    def noted(cursor: psycopg.Cursor, query: str, params: object = None, **named: object) -> object:
        seen.append(query)
        return execute(cursor, query, params, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    return seen


@pytest.mark.django_db(transaction=True)
def test_a_connection_in_use_is_looked_at_without_a_statement(asked, monkeypatch):
    first = ask()
    asked.clear()
    with CaptureQueriesContext(connection) as captured:
        assert ask() == first
    assert len(captured) == 1
    assert "SELECT 1" not in asked
    monkeypatch.setattr(base, "ASKED_AFTER", 0)
    assert ask() == first
    assert "SELECT 1" in asked


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_has_ended_is_replaced_before_the_first_statement():
    first = ask()
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    assert ask() != first


@pytest.mark.django_db(transaction=True)
def test_a_worker_keeps_its_connection_for_the_next_task_and_drops_one_that_was_ended():
    worker, task = DjangoWorkerFixup(app), Mock()
    task.request.is_eager = False

    def run_task() -> int:
        worker.on_task_prerun(sender=task)
        task_prerun.send(sender=task)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            server = int(cursor.fetchone()[0])
        worker.on_task_postrun(sender=task)
        return server

    first = run_task()
    assert run_task() == first
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    assert run_task() != first


@pytest.mark.django_db(transaction=True)
def test_a_kept_statement_looks_at_its_connection_as_well_and_passes_no_cursor_of_django():
    first = ask()
    database = cast(base.DatabaseWrapper, connections[connection.alias])
    process = kept("SELECT pg_backend_pid()")
    database.health_check_enabled, database.health_check_done = True, False  # type: ignore[attr-defined]
    with mock.patch.object(database, "cursor", side_effect=AssertionError):
        assert database.ask(process, [], answers=1) == [[(first,)]]
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    database.health_check_done = False  # type: ignore[attr-defined]
    assert database.ask(process, [], answers=1) != [[(first,)]]
