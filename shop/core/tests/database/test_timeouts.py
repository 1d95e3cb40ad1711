"""Time-outs of the database: limits by kind of caller, by role or within the transaction, and jobs that retry."""

from datetime import timedelta

import psycopg
import pytest
from celery import current_app
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from psycopg import errors

from shop.core import checks, jobs
from shop.core.configuration.env import Env
from shop.core.database import timeouts
from shop.core.database.backing_off import BackingOff
from shop.core.database.snapshot import one_instant
from shop.core.database.timeouts import Patience
from shop.core.models import JobRun
from tests.support.round_trips import counted


@pytest.mark.parametrize(
    ("line", "patience"),
    [
        (["manage.py", "migrate", "--no-input"], Patience.ENDLESS),
        (["manage.py", "check_stock"], Patience.LONG),
        (["manage.py"], Patience.LONG),
        (["manage.py", "runserver"], Patience.SHOP),
    ],
)
def test_each_command_has_its_patience(line, patience):
    assert timeouts.of_command(line) == (patience if len(line) > 1 else Patience.LONG)


def test_limits_are_read_as_names_with_seconds(monkeypatch, tmp_path):
    env = Env(dotenv=tmp_path / "none")
    default = {"lock": 3, "statement": 15}
    monkeypatch.setenv("LIMITS", "lock:1")
    assert env.limits("LIMITS", default=default) == {
        "lock": timedelta(seconds=1),
        "statement": timedelta(seconds=15),
    }
    monkeypatch.setenv("LIMITS", "locks:1")
    env.limits("LIMITS", default=default)
    with pytest.raises(ImproperlyConfigured, match="LIMITS knows lock, statement, not locks"):
        env.finish()


def raised_from(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "is_busy"),
    [
        (raised_from(OperationalError(), errors.LockNotAvailable()), True),
        (raised_from(OperationalError(), errors.QueryCanceled()), True),
        (raised_from(OperationalError(), errors.DeadlockDetected()), True),
        (raised_from(OperationalError(), errors.TooManyConnections()), True),
        (raised_from(OperationalError(), psycopg.OperationalError("connection refused")), True),
        (raised_from(ValueError(), raised_from(OperationalError(), errors.LockNotAvailable())), True),
        (raised_from(IntegrityError(), errors.UniqueViolation()), False),
        (raised_from(OperationalError(), errors.DiskFull()), False),
        (OperationalError("our own words"), False),
        (ValueError(), False),
        (None, False),
    ],
)
def test_only_not_now_is_busy(error, is_busy):
    assert timeouts.is_busy(error) is is_busy


@pytest.mark.parametrize(
    ("cause", "is_away"),
    [
        (errors.AdminShutdown(), True),
        (errors.TooManyConnections(), True),
        (psycopg.OperationalError("connection refused"), True),
        (errors.QueryCanceled(), False),
        (errors.LockNotAvailable(), False),
        (errors.DeadlockDetected(), False),
    ],
)
def test_a_database_that_takes_too_long_is_there(cause, is_away):
    assert timeouts.is_away(raised_from(OperationalError(), cause)) is is_away
    assert timeouts.is_busy(raised_from(OperationalError(), cause))


def shown(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return str(cursor.fetchone()[0])


@pytest.fixture
def long_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give this process a worker's limits."""
    monkeypatch.setattr(timeouts, "_of_process", Patience.LONG)


@pytest.mark.django_db(transaction=True)
def test_the_long_limits_hold_for_one_transaction_and_no_longer():
    before = [shown(name) for name in timeouts.PARAMETERS.values()]
    with timeouts.allow(Patience.LONG):
        assert [shown(name) for name in timeouts.PARAMETERS.values()] == before, (
            "a page's statement is a shopper's"
        )
        with transaction.atomic():
            assert [shown(name) for name in timeouts.PARAMETERS.values()] == ["30s", "10min", "2min"]
            with transaction.atomic():
                assert shown("lock_timeout") == "30s"
    with transaction.atomic():
        assert [shown(name) for name in timeouts.PARAMETERS.values()] == before


@pytest.mark.django_db(transaction=True)
def test_a_jobs_statement_outside_a_transaction_has_its_limits_too(long_process):
    assert shown("statement_timeout") == "10min"
    assert connection.get_autocommit()
    raw = connection.connection.execute("SHOW statement_timeout").fetchone()
    assert raw[0] != "10min", "nothing of it may stay on the connection: PgBouncer hands it on"


@pytest.mark.django_db(transaction=True)
def test_limits_go_with_the_first_statement_of_a_transaction_and_once(long_process):
    connection.ensure_connection()
    with counted() as sent, transaction.atomic(), transaction.atomic():
        assert shown("lock_timeout") == "30s"
        assert shown("idle_in_transaction_session_timeout") == "2min"
    assert [text.count("SET LOCAL") for text in sent] == [3, 0]
    with counted() as sent, transaction.atomic(), transaction.atomic():
        pass
    assert not sent


@pytest.mark.django_db(transaction=True)
def test_the_first_statement_has_its_limit_as_well(long_process, settings):
    settings.DATABASE_LONG_TIMEOUTS = settings.DATABASE_LONG_TIMEOUTS | {
        "statement": timedelta(milliseconds=40)
    }
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")
    assert timeouts.is_busy(caught.value)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_was_given_time_may_still_choose_its_isolation(long_process):
    with one_instant():
        assert (shown("transaction_isolation"), shown("lock_timeout")) == ("repeatable read", "30s")


@pytest.mark.django_db(transaction=True)
def test_limits_hold_in_every_new_connection_of_the_role_and_in_no_other_database(settings):
    settings.DATABASE_TIMEOUTS = {
        "lock": timedelta(seconds=2),
        "statement": timedelta(),
        "idle": timedelta(seconds=9),
    }
    settings.DEBUG = False
    assert [warning.id for warning in checks.check_timeouts(None, databases=["default"])] == ["percha.W011"]
    try:
        call_command("set_timeouts", verbosity=0)
        connection.close()
        assert [shown(name) for name in timeouts.PARAMETERS.values()] == ["2s", "0", "9s"]
        assert timeouts.missing_of_role() == ["statement_timeout"]
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_db_role_setting WHERE setdatabase = 0")
            assert cursor.fetchone() == (0,)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "DO $$ BEGIN EXECUTE format('ALTER ROLE %I IN DATABASE %I RESET ALL', current_user, current_database()); END $$"
            )
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_transaction_left_idle_is_ended_and_the_next_one_works():
    with pytest.raises(DatabaseError) as caught, transaction.atomic():  # noqa: PT012
        shown("lock_timeout")
        connection.connection.execute("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
        info = connection.connection.info
        with psycopg.connect(info.dsn, password=info.password, autocommit=True) as other:
            pid = info.backend_pid
            while other.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone()[0]:
                other.execute("SELECT pg_sleep(0.05)")
        shown("lock_timeout")
    assert timeouts.is_busy(caught.value)
    timeouts.drop_lost_connection()
    assert shown("server_version_num")


@pytest.mark.django_db
def test_a_job_that_finds_the_database_busy_comes_again_and_one_that_is_wrong_does_not():
    calls: list[int] = []

    def busy_once() -> str:
        calls.append(1)
        if len(calls) == 1:
            raise raised_from(OperationalError("lock"), errors.LockNotAvailable())
        return "done"

    def fail() -> float:
        calls.append(1)
        return 1 / 0

    task = current_app.task(name="test.busy_once", base=BackingOff)(jobs.job("busy_once")(busy_once))
    try:
        assert task.apply().get() == "done"
        assert list(
            JobRun.objects.filter(job="busy_once").order_by("started_at").values_list("is_ok", flat=True)
        ) == [
            False,
            True,
        ]
        calls.clear()
        wrong = current_app.task(name="test.wrong", base=BackingOff)(fail)
        with pytest.raises(ZeroDivisionError):
            wrong.apply().get()
        assert len(calls) == 1
    finally:
        jobs._registry.pop("busy_once")


def test_every_task_of_the_shop_backs_off():
    from shop.celery import app

    app.loader.import_default_modules()  # As a worker does when it starts.
    ours = [task for name, task in app.tasks.items() if not name.startswith(("celery.", "test."))]
    rooms = {task.name.partition(".")[0] for task in ours}
    assert rooms == {"shop", "catalog", "inventory", "orders", "payments"}
    assert all(isinstance(task, BackingOff) for task in ours)
