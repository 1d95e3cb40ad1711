"""Exports that are killed half-way, requested twice at once or made concurrently: one whole file, or none."""

import multiprocessing
import os
import signal
import threading
import time
from typing import Any
from unittest import mock

import pytest
from django.db import DatabaseError, OperationalError, connection, connections, transaction

from inventory.exchange import export_jobs, turns
from inventory.models import ExportJob, ExportPart
from inventory.tests.factories import LocationFactory, stocked
from shop.core.due import counted
from tests.races.tools.rendezvous import meet

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
WISH: dict[str, Any] = {
    "contents": "stock",
    "form": "csv",
    "filters": {},
    "about": "",
    "language": "en",
    "actor": "staff:a@example.com",
}
ROWS = 20


@pytest.fixture(autouse=True)
def a_stock(monkeypatch: pytest.MonkeyPatch) -> None:
    place = LocationFactory.create()
    for _n in range(ROWS):
        stocked(1, location=place)
    monkeypatch.setattr(export_jobs, "PART", 300)


def ask(**changes: Any) -> ExportJob:
    job, _is_new = export_jobs.ask(**WISH | changes)
    return job


def die_in(job_id: Any, name: str, call: int) -> int | None:
    """Make the file in a separate process, which SIGKILL ends in the given call of a method of `Parts`."""
    connections.close_all()

    def child() -> None:
        real, calls = getattr(export_jobs.Parts, name), []

        def fatal(parts: Any, *args: Any) -> Any:
            answer = real(parts, *args)
            calls.append(1)
            if len(calls) == call:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        with mock.patch.object(export_jobs.Parts, name, fatal):
            export_jobs.run(job_id)

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(60)
    return process.exitcode


def is_whole(job: ExportJob) -> None:
    job.refresh_from_db()
    content = b"".join(export_jobs.content(job))
    assert (job.status, job.row_count) == ("done", ROWS)
    assert job.part_count == job.parts.count() > 3
    assert content.count(b"\r\n") == ROWS + 1
    assert len(content) == job.byte_count


@pytest.mark.parametrize(("name", "call"), [("_put", 1), ("_put", 3), ("close", 1)])
def test_a_killed_worker_leaves_nothing_and_the_next_run_makes_the_whole_file(name, call):
    job = ask()

    assert die_in(job.pk, name, call) == -signal.SIGKILL

    job.refresh_from_db()
    assert (job.status, job.attempts, job.file_name) == ("waiting", 1, "")
    assert not ExportPart.objects.exists()
    assert ask() == job

    assert export_jobs.run_due()["exports"] == 1

    is_whole(job)
    assert job.attempts == 2


@pytest.mark.parametrize("is_locked_in_time", [True, False])
def test_several_wake_ups_at_once_fail_no_job_that_a_worker_is_about_to_hold(monkeypatch, is_locked_in_time):
    """Three have counted an attempt, and one of them is about to lock the row, when the fourth checks: it waits."""
    job = ask()
    ExportJob.objects.filter(pk=job.pk).update(attempts=counted.MOST_TRIES)
    locked, looked = threading.Event(), threading.Event()

    def keep_lock() -> None:
        with transaction.atomic():
            ExportJob.objects.select_for_update().get(pk=job.pk)
            locked.set()
            assert looked.wait(60)
        connections.close_all()

    worker = threading.Thread(target=keep_lock)

    def meanwhile(seconds: float) -> None:
        assert seconds >= 1
        if is_locked_in_time:
            worker.start()
            assert locked.wait(60)

    monkeypatch.setattr(time, "sleep", meanwhile)
    assert export_jobs.run(job.pk) == ""
    looked.set()
    if is_locked_in_time:
        worker.join(60)
    job.refresh_from_db()
    assert job.status == ("waiting" if is_locked_in_time else "failed")


def test_a_list_that_kills_every_worker_fails_after_three_attempts():
    job = ask()
    for _ in range(counted.MOST_TRIES):
        assert die_in(job.pk, "_put", 1) == -signal.SIGKILL
    export_jobs.run_due()
    job.refresh_from_db()
    assert job.status == "failed"
    assert job.refusal
    assert not ExportPart.objects.exists()
    assert ask() != job


def while_one_is_made(act: Any) -> list[Any]:
    """Make an export in a thread; call `act` while it has written its first part, and let it go on afterwards."""
    half, go = threading.Event(), threading.Event()
    real = export_jobs.Parts._put
    answers: list[Any] = []

    def put(parts: Any, size: int) -> None:
        real(parts, size)
        half.set()
        assert go.wait(60)

    def work() -> None:
        try:
            answers.append(export_jobs.run(job.pk))
        finally:
            connection.close()

    job = ask()
    with mock.patch.object(export_jobs.Parts, "_put", put):
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        assert half.wait(60)
        try:
            answers.append(act(job))
        finally:
            go.set()
            thread.join(60)
    assert not thread.is_alive()
    is_whole(job)
    return answers


def test_a_second_worker_leaves_the_export_that_is_being_made_alone():
    def second(job: ExportJob) -> Any:
        # Twice: by its task, and by the minute's job. Nor does it count an attempt.
        return export_jobs.run(job.pk), export_jobs.run_due(), ExportJob.objects.get(pk=job.pk).attempts

    assert while_one_is_made(second) == [("", {"exports": 1, "deleted": 0}, 1), "done"]


def test_another_export_waits_its_turn_without_keeping_a_worker():
    others: list[ExportJob] = []

    def other(_job: ExportJob) -> Any:
        others.append(ask(form="xlsx"))
        return export_jobs.run(others[0].pk)

    with mock.patch.object(export_jobs, "_wake") as wake:
        assert while_one_is_made(other) == ["", "done"]
    # Requested twice; then the finished one starts the waiting one.
    assert [call.args[0] for call in wake.call_args_list][-1] == others[0].pk
    others[0].refresh_from_db()
    assert (others[0].status, others[0].attempts) == ("waiting", 0)
    assert export_jobs.run(others[0].pk) == "done"


def test_control_without_the_lease_two_workers_write_the_same_parts():
    def second(job: ExportJob) -> Any:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
            found = ExportJob.objects.get(pk=job.pk)
            with pytest.raises(OperationalError, match="exportpart"), transaction.atomic():
                export_jobs._work(found)
        return "collided"

    with mock.patch.object(turns, "take_turn", return_value=None):
        assert while_one_is_made(second) == ["collided", "done"]


def test_two_clicks_at_once_make_one_export():
    def first() -> None:
        ask()

    second = meet(ask, first=first, then=lambda: None)

    assert isinstance(second, ExportJob)
    assert ExportJob.objects.get() == second


def test_control_what_makes_it_one_is_the_constraint():
    """Checking before inserting would not: neither sees the other's row before it is committed."""

    def naive() -> ExportJob:
        values = {name: value for name, value in WISH.items() if name != "about"}
        there = ExportJob.objects.filter(status="waiting", **values).first()
        return there or ExportJob.objects.create(**WISH)

    second = meet(naive, first=naive, then=lambda: None)

    assert isinstance(second, DatabaseError)
    assert "exportjob_one_running" in str(second)


def test_somebody_who_changes_the_stock_meanwhile_is_not_kept_waiting():
    def change(_job: ExportJob) -> Any:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
            return stocked(1).on_hand

    assert while_one_is_made(change) == [1, "done"]
