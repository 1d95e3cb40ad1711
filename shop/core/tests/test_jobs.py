"""Jobs keep a row of each run, run by name, and delete old ones."""

from datetime import timedelta
from io import StringIO

import pytest
from celery.exceptions import NotRegistered
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisDown

from shop.core import jobs, retention
from shop.core.audit import job_labels
from shop.core.models import IdempotencyKey, JobRun

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("outcome", "kept"),
    [
        (3, {"result": 3}),
        ({"sent": 1, "when": timedelta(1)}, {"sent": 1, "when": "1 day, 0:00:00"}),
        (["a", "b"], {"count": 2, "items": ["a", "b"]}),
        (None, {}),
    ],
)
def test_a_run_keeps_what_the_job_returned(outcome, kept):
    assert jobs.run_job("thing", lambda: outcome) == outcome

    run = JobRun.objects.get()
    assert (run.job, run.is_ok, run.result, run.error) == ("thing", True, kept, "")
    assert run.finished_at
    assert run.finished_at >= run.started_at


def test_a_run_that_fails_keeps_its_traceback_and_raises():
    def fail() -> None:
        raise ValueError("no stock")

    with pytest.raises(ValueError, match="no stock"):
        jobs.run_job("thing", fail)

    run = JobRun.objects.get()
    assert run.is_ok is False
    assert "ValueError: no stock" in run.error


def test_the_registry_knows_the_jobs_of_every_app_and_runs_them_by_name():
    assert {"send_outbox", "purge", "expire_holds", "check_invariants"} <= jobs.registry().keys()

    assert jobs.run_by_name("send_outbox") == {"sent": 0, "retry": 0, "failed": 0}
    assert JobRun.objects.get().job == "send_outbox"
    with pytest.raises(jobs.UnknownJob):
        jobs.run_by_name("launch_rocket")


def test_the_last_run_of_each_job_is_found_in_one_query(django_assert_num_queries):
    for name in ("purge", "send_outbox", "purge"):
        newest = JobRun.objects.create(job=name)
    JobRun.objects.create(job="a job of old")
    jobs.registry()

    with django_assert_num_queries(1):
        last = jobs.last_runs()

    assert set(last) == {"purge", "send_outbox"}
    assert last["purge"] == newest


def test_dispatch_says_whether_the_broker_took_the_task(monkeypatch):
    sent: list[object] = []
    monkeypatch.setattr("shop.core.tasks.send_email.apply_async", lambda **given: sent.append(given))
    assert jobs.dispatch("shop.core.tasks.send_email", "1")
    assert sent == [{"args": ("1",), "retry": False}]

    def refuse(**_given: object) -> None:
        raise RedisDown("down")

    monkeypatch.setattr("shop.core.tasks.send_email.apply_async", refuse)
    assert not jobs.dispatch("shop.core.tasks.send_email", "1")


def test_a_task_that_nobody_declares_is_not_swallowed():
    with pytest.raises(NotRegistered):
        jobs.dispatch("shop.core.tasks.nobody")


def test_purge_forgets_what_is_old_and_keeps_what_is_not():
    now = timezone.now()
    old, young = JobRun.objects.create(job="a"), JobRun.objects.create(job="a")
    JobRun.objects.filter(pk=old.pk).update(started_at=now - retention.KEEP_JOB_RUNS - timedelta(hours=1))
    used, fresh = (IdempotencyKey.objects.create(scope="s", key=key) for key in "ab")
    IdempotencyKey.objects.filter(pk=used.pk).update(created_at=now - retention.KEEP_IDEMPOTENCY_KEYS * 2)
    Session.objects.create(session_key="dead", session_data="", expire_date=now - timedelta(days=1))
    Session.objects.create(session_key="live", session_data="", expire_date=now + timedelta(days=1))

    assert retention.purge() == {
        "job_runs": 1,
        "idempotency_keys": 1,
        "sessions": 1,
        "stored_answers": 0,
        "mails": 0,
    }
    assert retention.purge() == {
        "job_runs": 0,
        "idempotency_keys": 0,
        "sessions": 0,
        "stored_answers": 0,
        "mails": 0,
    }

    assert list(JobRun.objects.all()) == [young]
    assert list(IdempotencyKey.objects.all()) == [fresh]
    assert list(Session.objects.values_list("session_key", flat=True)) == ["live"]


@pytest.mark.parametrize(("command", "words"), [("send_outbox", "sent 0"), ("purge", "0 sessions")])
def test_every_job_of_the_core_is_a_command_too(command, words):
    out = StringIO()

    call_command(command, stdout=out)

    assert words in out.getvalue()
    assert JobRun.objects.get().is_ok


def test_every_job_has_a_name_for_people():
    assert [name for name in jobs.registry() if name not in job_labels._WORDS] == []
    assert job_labels.words("expire_holds") == str(job_labels._WORDS["expire_holds"])
    assert job_labels.words("some_other_job") == "Some other job"
