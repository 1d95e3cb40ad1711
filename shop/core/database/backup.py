"""Backups: one folder with the database as of one instant, the uploaded files, and a manifest with digests of both.

The keys (`DATA_KEYS`, `SECRET_KEY`) are never in it: the manifest has fingerprints, so that a restore reports at once
whether the present keys decrypt the data. It is signed with them: restoring a dump runs its SQL, and whoever can write
to the backup folder could otherwise replace it. The runbook is docs/backup.md.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from shop.core.json_types import JsonMapping, JsonObject
from shop.core.privacy import vault

DUMP: Final = "database.dump"
MEDIA: Final = "media.tar"
MANIFEST: Final = "manifest.json"
PREFIX: Final = "percha-"
_PURPOSE: Final = "backup"
# Sessions give access to accounts and are left out: users sign in again after a restore.
WITHOUT_ROWS: Final = ("django_session",)
# Options of DATABASE_URL and the variables by which libpq's programs know them.
# https://www.postgresql.org/docs/current/libpq-envars.html
_VARIABLES: Final = {
    "passfile": "PGPASSFILE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}


class BackupError(Exception):
    """The reason for the failure, in a sentence for the person at the terminal."""


def take(target: Path, *, programs: str = "", with_media: bool = True) -> Path:
    """Write a backup below `target` and return its folder; an interrupted one leaves only a folder named `.unfinished`.

    The database is dumped first, from one snapshot; the files follow, so that no row names a missing file. `programs`:
    the folder of pg_dump, "" for the one in PATH; it must not be older than the server.

    Raises: BackupError.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp(), current_setting('server_version')")
        taken_at, server = cursor.fetchone()
    name = f"{PREFIX}{taken_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    unfinished = target / f"{name}.unfinished"
    if (target / name).exists() or unfinished.exists():
        raise BackupError(f"{target / name} is there already.")
    unfinished.mkdir(parents=True, mode=0o700)
    options = [f"--exclude-table-data={table}" for table in WITHOUT_ROWS]
    _run(
        [
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            *options,
            f"--file={unfinished / DUMP}",
        ],
        programs=programs,
    )
    # A bucket keeps its own versions (docs/scaling.md).
    if with_media and not settings.MEDIA_BUCKET:
        _pack(Path(settings.MEDIA_ROOT), unfinished / MEDIA)
    manifest = {
        "taken_at": taken_at.astimezone(UTC).isoformat(),
        "server_version": server,
        "shop": settings.SHOP_NAME,
        "site_url": settings.SITE_URL,
        "migrations": _migrations(),
        "data_keys": [fingerprint(key) for key in settings.DATA_KEYS],
        "files": {path.name: _describe(path) for path in sorted(unfinished.iterdir())},
    }
    manifest["seal"] = vault.encrypt(_PURPOSE, _digest_of(manifest))
    (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=1))
    for path in unfinished.iterdir():
        path.chmod(0o600)
    return unfinished.rename(target / name)


def keep_newest(target: Path, count: int) -> list[Path]:
    """Delete all finished backups below `target` but the newest `count`; return what was deleted."""
    finished = sorted(
        path.parent for path in target.glob(f"{PREFIX}*/{MANIFEST}") if path.parent.suffix == ""
    )
    gone = finished[:-count] if count > 0 else []
    for folder in gone:
        shutil.rmtree(folder)
    return gone


def read_manifest(folder: Path) -> JsonObject:
    """Return a backup's manifest. Raises: BackupError when there is none or it is malformed."""
    try:
        found = json.loads((folder / MANIFEST).read_text())
        datetime.fromisoformat(found["taken_at"])
        if not set(found["files"]) <= {DUMP, MEDIA} or not isinstance(found["data_keys"], list):
            raise ValueError("it names other files than a backup has")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BackupError(f"{folder} is no finished backup: {MANIFEST} cannot be read ({error}).") from error
    return dict(found)


def taken_at(folder: Path) -> datetime:
    """Return the instant of the backup's snapshot."""
    return datetime.fromisoformat(read_manifest(folder)["taken_at"])


def verify(folder: Path, *, programs: str = "", without_keys: bool = False) -> list[str]:
    """Return what is wrong with a backup, in sentences: files lost, changed or put there by somebody, a dump or an
    archive that cannot be read, and unless `without_keys` a manifest not encrypted with the present keys. Changes
    nothing.
    """
    manifest = read_manifest(folder)
    found = _changed_files(folder, manifest["files"])
    if not without_keys:
        found += _unsealed(manifest)
    if not found:
        try:
            _run(["pg_restore", "--list", str(folder / DUMP)], programs=programs)
            _check_archive(folder / MEDIA)
        except BackupError as error:
            found.append(str(error))
    return found


def _changed_files(folder: Path, described: JsonMapping) -> list[str]:
    found = []
    for name in (DUMP, MEDIA):
        path = folder / name
        if name not in described:
            if path.exists():
                found.append(f"{name} is none of its files: the manifest does not name it.")
            elif name == DUMP:
                found.append(f"{name} is missing.")
        elif not path.is_file():
            found.append(f"{name} is missing.")
        elif _describe(path) != described[name]:
            found.append(f"{name} is not what was written: its size or digest differs.")
    return found


def _unsealed(manifest: JsonMapping) -> list[str]:
    """Return why a manifest is not this shop's own: other keys, or a digest that does not match."""
    known = [key for key in manifest["data_keys"] if isinstance(key, str)]
    if not {fingerprint(key) for key in settings.DATA_KEYS} & set(known):
        return ["None of the DATA_KEYS at hand was in force then: what is sealed in it cannot be opened."]
    try:
        fits = vault.decrypt(_PURPOSE, str(manifest.get("seal", ""))) == _digest_of(manifest)
    except vault.CannotOpen:
        fits = False
    if fits:
        return []
    return [
        (
            "The manifest is not sealed with the DATA_KEYS at hand: somebody has changed it, or an older version of "
            "the shop has written it. Restore it only if you know where it has been, with --without-keys."
        )
    ]


def _check_archive(archive: Path) -> None:
    """Make sure that every file of the archive can be unpacked, and within the folder. Raises: BackupError."""
    if not archive.exists():
        return
    try:
        with tarfile.open(archive) as packed:
            for member in packed:
                tarfile.data_filter(member, str(settings.MEDIA_ROOT))
    except (tarfile.TarError, OSError, ValueError) as error:
        raise BackupError(f"{archive.name} cannot be unpacked: {error}") from error


def restore(folder: Path, *, programs: str = "", without_keys: bool = False) -> None:
    """Bring a backup into the empty database and the empty media folder that the settings name.

    Raises: BackupError; the database is then as empty as before.
    """
    wrong = verify(folder, programs=programs, without_keys=without_keys)
    if wrong:
        raise BackupError(" ".join(wrong))
    media = Path(settings.MEDIA_ROOT)
    has_media = (folder / MEDIA).exists()
    if connection.introspection.table_names():
        raise BackupError("The database is not empty. Make a fresh one: a restore writes over nothing.")
    if has_media and media.exists() and any(media.iterdir()):
        raise BackupError(f"{media} is not empty. Move it away: a restore writes over nothing.")
    command = ["pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
    database = str(connection.settings_dict["NAME"])
    connection.close()
    _run([*command, f"--dbname={database}", str(folder / DUMP)], programs=programs)
    if has_media:
        media.mkdir(parents=True, exist_ok=True)
        with tarfile.open(folder / MEDIA) as archive:
            archive.extractall(media, filter="data")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def fingerprint(key: str) -> str:
    """Return a digest that identifies a key without revealing it (it is a long random secret)."""
    return hashlib.sha256(b"percha backup: " + key.encode()).hexdigest()[:16]


def _digest_of(manifest: Mapping[str, object]) -> bytes:
    """Return a digest of a manifest without its `seal`."""
    said = {key: value for key, value in manifest.items() if key != "seal"}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest()


def _migrations() -> dict[str, str]:
    """Return the newest migration of each app: the version of the code that the backup needs."""
    applied = MigrationRecorder(connection).applied_migrations()
    return dict(sorted(applied))


def _pack(source: Path, archive: Path) -> None:
    with tarfile.open(archive, "w") as packed:
        if source.is_dir():
            packed.add(source, arcname=".")


def _describe(path: Path) -> dict[str, object]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return {"bytes": path.stat().st_size, "sha256": digest.hexdigest()}


def _environment() -> dict[str, str]:
    """Return the environment of libpq's programs; the password is never an argument (`ps` shows those)."""
    database: JsonMapping = connection.settings_dict
    found = {
        "PGHOST": database["HOST"],
        "PGPORT": str(database["PORT"] or ""),
        "PGUSER": database["USER"],
        "PGPASSWORD": database["PASSWORD"],
        "PGDATABASE": database["NAME"],
    }
    found |= {
        _VARIABLES[name]: str(value) for name, value in database["OPTIONS"].items() if name in _VARIABLES
    }
    return {key: value for key, value in found.items() if value}


def _run(command: list[str], *, programs: str) -> None:
    """Run one of PostgreSQL's programs to its end. Raises: BackupError with the program's own words."""
    program = shutil.which(command[0], path=programs or None)
    if program is None:
        where = programs or "PATH"
        raise BackupError(
            f"{command[0]} is not in {where}: install PostgreSQL's client programs, or name their folder."
        )
    done = subprocess.run(
        [program, *command[1:]], env=os.environ | _environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BackupError(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
