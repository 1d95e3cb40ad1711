"""Backups: whole or nothing, verified by manifest, without keys or sessions, restored only into an empty shop."""

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from shop.core.database import backup
from shop.core.models import Counter
from shop.demo.services.postgres import installation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def programs() -> str:
    """Return the folder of pg_dump and pg_restore of the embedded server, which every developer has."""
    site, home = installation()
    return str(site / home / "bin")


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    """Give the shop one picture."""
    settings.MEDIA_ROOT = tmp_path / "media"
    (settings.MEDIA_ROOT / "products").mkdir(parents=True)
    (settings.MEDIA_ROOT / "products" / "front.webp").write_bytes(b"a picture")
    return Path(settings.MEDIA_ROOT)


@pytest.fixture
def made(programs: str, media: Path, tmp_path: Path) -> Path:
    """Take a backup of a shop with a counter and a session."""
    Counter.objects.create(name="purchase-order", value=7)
    Session.objects.create(session_key="k" * 32, session_data="secret", expire_date=timezone.now())
    call_command("backup", str(tmp_path / "backups"), programs=programs, verbosity=0)
    return next((tmp_path / "backups").iterdir())


@pytest.fixture
def fresh_database() -> Iterator[str]:
    """Point the connection to an empty database on the same server for a while."""
    there = connection.settings_dict["NAME"]
    fresh = f"{there}_restored"
    address = connection.get_connection_params() | {"dbname": "postgres"}
    keys = ("host", "port", "user", "password", "dbname")
    admin = psycopg.connect(autocommit=True, **{key: address[key] for key in keys if address.get(key)})
    admin.execute(f'DROP DATABASE IF EXISTS "{fresh}" WITH (FORCE)')
    admin.execute(f'CREATE DATABASE "{fresh}" TEMPLATE template0')
    connection.close()
    connection.settings_dict["NAME"] = fresh
    yield fresh
    connection.close()
    connection.settings_dict["NAME"] = there
    admin.execute(f'DROP DATABASE "{fresh}" WITH (FORCE)')
    admin.close()


def test_a_backup_comes_back_without_sessions(
    made: Path, media: Path, programs: str, settings, fresh_database: str
):
    settings.MEDIA_ROOT = media.parent / "restored"

    call_command("restore_backup", str(made), programs=programs, verbosity=0)

    assert Counter.objects.get(name="purchase-order").value == 7
    assert not Session.objects.exists()
    assert (settings.MEDIA_ROOT / "products" / "front.webp").read_bytes() == b"a picture"
    with pytest.raises(CommandError, match="The database is not empty"):
        call_command("restore_backup", str(made), programs=programs, verbosity=0)


def test_a_backup_holds_no_key_and_is_nobody_elses_to_read(made: Path, settings):
    manifest = (made / backup.MANIFEST).read_text()

    assert all(key not in manifest for key in [*settings.DATA_KEYS, settings.SECRET_KEY])
    assert json.loads(manifest)["migrations"]["core"]
    assert made.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in made.iterdir())


def test_a_whole_backup_is_told_from_a_damaged_one_and_from_other_keys(made: Path, programs: str, settings):
    assert backup.verify(made, programs=programs) == []
    settings.DATA_KEYS = ["another-key-of-more-than-thirty-two-characters"]
    assert "None of the DATA_KEYS" in backup.verify(made, programs=programs)[0]
    assert backup.verify(made, programs=programs, without_keys=True) == []
    with (made / backup.MEDIA).open("ab") as file:
        file.write(b"x")
    assert "media.tar is not what was written" in backup.verify(made, programs=programs, without_keys=True)[0]
    (made / backup.DUMP).unlink()
    assert "database.dump is missing." in backup.verify(made, programs=programs)
    with pytest.raises(CommandError, match=r"database\.dump is missing"):
        call_command("verify_backup", str(made), programs=programs)


def test_a_backup_that_somebody_has_rewritten_is_told_from_the_shops_own(made: Path, programs: str):
    manifest = json.loads((made / backup.MANIFEST).read_text())
    (made / backup.DUMP).write_bytes(b"COPY x FROM PROGRAM 'id'")
    manifest["files"][backup.DUMP] = backup._describe(made / backup.DUMP)
    (made / backup.MANIFEST).write_text(json.dumps(manifest))
    assert "not sealed" in backup.verify(made, programs=programs)[0]

    del manifest["seal"]
    (made / backup.MANIFEST).write_text(json.dumps(manifest))
    assert "not sealed" in backup.verify(made, programs=programs)[0]


def test_a_later_instant_in_the_manifest_is_noticed(made: Path, programs: str):
    manifest = json.loads((made / backup.MANIFEST).read_text())
    (made / backup.MANIFEST).write_text(json.dumps(manifest | {"taken_at": "2031-01-01T00:00:00+00:00"}))

    assert "not sealed" in backup.verify(made, programs=programs)[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"files": {"../../etc/passwd": {}}},
        {"files": None},
        {"files": 3},
        {"data_keys": None},
        {"taken_at": 7},
        {"taken_at": "yesterday"},
    ],
)
def test_a_manifest_of_nonsense_is_refused_in_words(tmp_path: Path, changes: dict[str, Any]):
    whole = {"taken_at": "2026-01-01T00:00:00+00:00", "files": {}, "data_keys": []}
    (tmp_path / backup.MANIFEST).write_text(json.dumps(whole | changes))

    with pytest.raises(backup.BackupError, match="is no finished backup"):
        backup.read_manifest(tmp_path)


def test_an_archive_that_was_put_there_is_never_unpacked(made: Path, programs: str):
    manifest = json.loads((made / backup.MANIFEST).read_text())
    del manifest["files"][backup.MEDIA]
    (made / backup.MANIFEST).write_text(json.dumps(manifest))

    assert "does not name it" in backup.verify(made, programs=programs, without_keys=True)[0]


@pytest.mark.parametrize("name", ["../../outside", "/etc/cron.d/evil"])
def test_an_archive_that_cannot_be_unpacked_is_known_before_the_database_is_written(
    made: Path, programs: str, fresh_database: str, settings, name: str
):
    with tarfile.open(made / backup.MEDIA, "w") as packed:
        link = tarfile.TarInfo("products/link")
        link.type, link.linkname = tarfile.SYMTYPE, name
        packed.addfile(link)
    manifest = json.loads((made / backup.MANIFEST).read_text())
    manifest["files"][backup.MEDIA] = backup._describe(made / backup.MEDIA)
    (made / backup.MANIFEST).write_text(json.dumps(manifest))
    settings.MEDIA_ROOT = made.parent / "restored"

    with pytest.raises(backup.BackupError, match="cannot be unpacked"):
        backup.restore(made, programs=programs, without_keys=True)

    assert not connection.introspection.table_names()


def test_a_backup_that_failed_counts_for_nothing(media: Path, tmp_path: Path):
    with pytest.raises(CommandError, match="pg_dump is not in"):
        call_command("backup", str(tmp_path / "backups"), programs=str(tmp_path))

    assert [path.suffix for path in (tmp_path / "backups").iterdir()] == [".unfinished"]
    with pytest.raises(backup.BackupError, match="is no finished backup"):
        backup.read_manifest(next((tmp_path / "backups").iterdir()))


def test_only_the_newest_are_kept_and_an_unfinished_one_is_not_counted(tmp_path: Path):
    for name in ("percha-20260101T000000Z", "percha-20260102T000000Z", "percha-20260103T000000Z"):
        (tmp_path / name).mkdir()
        (tmp_path / name / backup.MANIFEST).write_text("{}")
    (tmp_path / "percha-20260104T000000Z.unfinished").mkdir()
    (tmp_path / "notes").mkdir()

    backup.keep_newest(tmp_path, 0)
    assert len(list(tmp_path.iterdir())) == 5
    gone = backup.keep_newest(tmp_path, 2)

    assert [path.name for path in gone] == ["percha-20260101T000000Z"]
    assert (tmp_path / "notes").is_dir()
