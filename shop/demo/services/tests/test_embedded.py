"""The embedded servers: errors are reported in a sentence, and the data survive."""

import os
import shutil
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis as redis_client

from shop.demo.services import EmbeddedPostgres, EmbeddedRedis, ServiceError
from shop.demo.services.ports import free_port
from shop.demo.services.postgres import FORGETFUL


@pytest.fixture
def postgres(room: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(room / "postgres", port=free_port(), options=FORGETFUL)
    yield server
    server.stop()


@pytest.fixture
def redis(room: Path) -> Iterator[EmbeddedRedis]:
    server = EmbeddedRedis(room / "redis", port=free_port())
    yield server
    server.stop()


def again(server: EmbeddedPostgres) -> EmbeddedPostgres:
    """Return the next run's view of the same folder: it has only what is in the folder."""
    return EmbeddedPostgres(server.folder, port=server.port, options=FORGETFUL)


def write_row(server: EmbeddedPostgres) -> None:
    server.ensure_database("percha")
    with psycopg.connect(server.url("percha"), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS garment AS SELECT 'remera' AS name")


def read_row(server: EmbeddedPostgres) -> str:
    with psycopg.connect(server.url("percha")) as connection:
        row = connection.execute("SELECT name FROM garment").fetchone()
    assert row is not None
    return str(row[0])


def test_postgres_starts_stops_and_keeps_its_data(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    write_row(postgres)
    pid = postgres.running_pid()
    assert pid is not None
    assert psutil.Process(pid).uids().real != 0
    postgres.stop()
    assert postgres.running_pid() is None
    assert not psutil.pid_exists(pid)
    later = again(postgres)
    later.start()
    assert read_row(later) == "remera"


def test_postgres_is_18_and_asks_for_a_password(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    with psycopg.connect(postgres.url("postgres")) as connection:
        assert connection.info.server_version // 10000 == 18
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgres://postgres:wrong@127.0.0.1:{postgres.port}/postgres")
    assert stat.S_IMODE(postgres.pgpass.stat().st_mode) == 0o600


def test_the_server_of_a_killed_run_is_ended_and_its_data_kept(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    write_row(postgres)
    orphan = postgres.running_pid()
    later = again(postgres)
    later.start()
    assert later.running_pid() != orphan
    assert read_row(later) == "remera"


def test_a_killed_server_recovers(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    write_row(postgres)
    pid = postgres.running_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=60)
    later = again(postgres)
    later.start()
    assert read_row(later) == "remera"


def test_a_stale_pid_file_naming_a_stranger_leaves_the_stranger_alone(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    write_row(postgres)
    postgres.stop()
    stranger = os.getpid()
    (postgres.data / "postmaster.pid").write_text(
        f"{stranger}\n{postgres.data}\n0\n{postgres.port}\n\n\n\nready\n"
    )
    later = again(postgres)
    assert later.running_pid() is None
    later.start()
    assert psutil.pid_exists(stranger)
    assert read_row(later) == "remera"


def test_a_busy_port_is_named_with_the_variable_to_change(
    postgres: EmbeddedPostgres, redis: EmbeddedRedis
) -> None:
    for server, variable in ((postgres, "PERCHA_POSTGRES_PORT"), (redis, "PERCHA_REDIS_PORT")):
        busy = pytest.raises(ServiceError, match=rf"Port {server.port}.*{variable}=")
        with socket.create_server(("127.0.0.1", server.port)), busy:
            server.start()
        server.start()
        assert server.running_pid()


def test_a_folder_of_another_version_is_left_as_it_is(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    write_row(postgres)
    postgres.stop()
    (postgres.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(ServiceError, match=r"PostgreSQL 16.*PostgreSQL 18.*Nothing was changed"):
        again(postgres).start()
    (postgres.data / "PG_VERSION").write_text("18\n")
    later = again(postgres)
    later.start()
    assert read_row(later) == "remera"


def test_a_folder_with_other_files_is_not_touched(postgres: EmbeddedPostgres) -> None:
    postgres.folder.mkdir()
    (postgres.folder / "thesis.txt").write_text("years of work")
    with pytest.raises(ServiceError, match="neither empty nor a PostgreSQL folder"):
        postgres.start()
    assert (postgres.folder / "thesis.txt").read_text() == "years of work"
    shutil.rmtree(postgres.folder)


def test_an_interrupted_creation_is_begun_anew(postgres: EmbeddedPostgres) -> None:
    half_made = postgres.folder.with_name("postgres.new")
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")
    postgres.start()
    assert postgres.running_pid()
    assert not half_made.exists()


def test_a_lost_password_file_is_made_anew(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    write_row(postgres)
    postgres.stop()
    postgres.pgpass.unlink()
    later = again(postgres)
    later.start()
    assert read_row(later) == "remera"


def test_a_failed_start_shows_the_servers_own_words(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    postgres.stop()
    broken = EmbeddedPostgres(postgres.folder, port=postgres.port, options={"shared_buffers": "nonsense"})
    with pytest.raises(ServiceError, match=r"its data are untouched(.|\n)*shared_buffers"):
        broken.start()


def test_redis_is_valkey_9(redis: EmbeddedRedis) -> None:
    redis.start()
    info = redis_client.Redis.from_url(redis.url()).info("server")
    assert str(info["valkey_version"]).startswith("9.")


def test_redis_keeps_queued_jobs_over_a_restart(redis: EmbeddedRedis) -> None:
    redis.start()
    redis_client.Redis.from_url(redis.url(3)).rpush("jobs", "expire_holds")
    redis.stop()
    assert redis.running_pid() is None
    later = EmbeddedRedis(redis.folder, port=redis.port)
    later.start()
    assert redis_client.Redis.from_url(later.url(3)).lrange("jobs", 0, -1) == [b"expire_holds"]


def test_redis_refuses_commands_that_write_files(redis: EmbeddedRedis) -> None:
    redis.start()
    with pytest.raises(redis_client.ResponseError, match="unknown command"):
        redis_client.Redis.from_url(redis.url()).config_set("dir", "/tmp")


def test_the_redis_of_a_killed_run_is_ended(redis: EmbeddedRedis) -> None:
    redis.start()
    orphan = redis.running_pid()
    later = EmbeddedRedis(redis.folder, port=redis.port)
    later.start()
    assert later.running_pid() not in (None, orphan)
