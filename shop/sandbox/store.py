"""The sandbox's state: one SQLite file that survives a restart."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# A JSON value, read at once by its keys and places.
Json = Any
JsonDict = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL,
    parent TEXT NOT NULL, ref TEXT NOT NULL, status TEXT NOT NULL, due_at REAL,
    created_at REAL NOT NULL, updated_at REAL NOT NULL, body TEXT NOT NULL, internal TEXT NOT NULL,
    UNIQUE (kind, id));
CREATE INDEX IF NOT EXISTS objects_parent ON objects (kind, parent);
CREATE INDEX IF NOT EXISTS objects_ref ON objects (kind, ref);
CREATE INDEX IF NOT EXISTS objects_id ON objects (id);
CREATE INDEX IF NOT EXISTS objects_due ON objects (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS idempotency (
    provider TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, state TEXT NOT NULL,
    status INTEGER, body TEXT, created_at REAL NOT NULL, PRIMARY KEY (provider, key));
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT NOT NULL, topic TEXT NOT NULL,
    object_id TEXT NOT NULL, event_id TEXT NOT NULL, url TEXT NOT NULL, payload TEXT NOT NULL,
    options TEXT NOT NULL, state TEXT NOT NULL, attempt INTEGER NOT NULL, due_at REAL NOT NULL,
    created_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due_at);
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event_id);
CREATE TABLE IF NOT EXISTS delivery_tries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
    attempt INTEGER NOT NULL, sent_at REAL NOT NULL, took REAL NOT NULL, url TEXT NOT NULL,
    request_headers TEXT NOT NULL, request_body TEXT NOT NULL,
    status INTEGER, answer TEXT NOT NULL, error TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS delivery_tries_delivery ON delivery_tries (delivery_id);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, provider TEXT NOT NULL, target TEXT NOT NULL,
    request TEXT NOT NULL, remaining INTEGER, params TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0,
    created_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
TABLES = ("objects", "idempotency", "delivery_tries", "deliveries", "faults")


@dataclass(slots=True)
class Record:
    """One stored provider object: ``body`` is what the API shows, ``internal`` what it does not."""

    kind: str
    id: str
    body: JsonDict
    parent: str = ""
    ref: str = ""
    status: str = ""
    due_at: float | None = None
    internal: JsonDict = field(default_factory=dict)
    seq: int = 0
    created_at: float = 0.0
    updated_at: float = 0.0


class Store:
    """Keep objects, idempotency keys, deliveries and faults; every method may be called from any thread.

    One connection behind one re-entrant lock: the sandbox has few callers, and SQLite has a single writer anyway. A
    transaction must never wait for the network.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file; the store is unusable afterwards."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock and commit everything inside together (nested use joins the outer one)."""
        with self._lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    def rows(self, sql: str, *args: object) -> list[sqlite3.Row]:
        """Run a statement and return its rows."""
        with self._lock:
            return self._db.execute(sql, args).fetchall()

    def run(self, sql: str, *args: object) -> int:
        """Run a statement and return the new row's id, or the number of rows changed for updates."""
        with self._lock:
            cursor = self._db.execute(sql, args)
            if sql.lstrip().upper().startswith("INSERT"):
                return int(cursor.lastrowid or 0)
            return cursor.rowcount

    def reset(self) -> None:
        """Delete everything but the counters of numbered ids: the shop has stored those."""
        with self.transaction():
            for table in TABLES:
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 -- names from the constant above
            self._db.execute("DELETE FROM meta WHERE key NOT LIKE 'number.%'")

    # -- small values -------------------------------------------------------------------------------------
    def meta(self, key: str) -> str | None:
        """Return a small named value."""
        found = self.rows("SELECT value FROM meta WHERE key = ?", key)
        return str(found[0]["value"]) if found else None

    def set_meta(self, key: str, value: str) -> None:
        """Keep a small named value."""
        self.run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value)

    def next_number(self, key: str) -> int:
        """Return 1, 2, 3 … for ``key``, without gaps or repeats."""
        with self.transaction():
            value = int(self.meta(key) or 0) + 1
            self.set_meta(key, str(value))
        return value

    # -- objects ------------------------------------------------------------------------------------------
    def add(self, record: Record) -> Record:
        """Insert a new object and stamp it."""
        record.created_at = record.updated_at = time.time()
        record.seq = self.run(
            "INSERT INTO objects (kind, id, parent, ref, status, due_at, created_at, updated_at, body, internal)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(record.kind, record.id, record.parent, record.ref, record.status, record.due_at),
            *(record.created_at, record.updated_at, json.dumps(record.body), json.dumps(record.internal)),
        )
        return record

    def save(self, record: Record) -> Record:
        """Write back a changed object."""
        record.updated_at = time.time()
        self.run(
            "UPDATE objects SET parent = ?, ref = ?, status = ?, due_at = ?, updated_at = ?, body = ?,"
            " internal = ? WHERE kind = ? AND id = ?",
            *(record.parent, record.ref, record.status, record.due_at, record.updated_at),
            *(json.dumps(record.body), json.dumps(record.internal), record.kind, record.id),
        )
        return record

    def get(self, kind: str, key: str) -> Record | None:
        """Return one object or None."""
        found = self.rows("SELECT * FROM objects WHERE kind = ? AND id = ?", kind, str(key))
        return _record(found[0]) if found else None

    def find(
        self,
        kind: str,
        *,
        parent: str | None = None,
        ref: str | None = None,
        status: str | None = None,
        limit: int = -1,
    ) -> list[Record]:
        """Return the objects of a kind that match, newest first."""
        sql, args = "SELECT * FROM objects WHERE kind = ?", [kind]
        for column, value in (("parent", parent), ("ref", ref), ("status", status)):
            if value is not None:
                sql += f" AND {column} = ?"
                args.append(value)
        return [_record(row) for row in self.rows(sql + " ORDER BY seq DESC LIMIT ?", *args, limit)]

    def due(self, now: float, limit: int = 50) -> list[Record]:
        """Return the objects whose deadline has passed, oldest deadline first."""
        sql = "SELECT * FROM objects WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at LIMIT ?"
        return [_record(row) for row in self.rows(sql, now, limit)]


def _record(row: sqlite3.Row) -> Record:
    return Record(
        kind=row["kind"],
        id=row["id"],
        parent=row["parent"],
        ref=row["ref"],
        status=row["status"],
        due_at=row["due_at"],
        seq=row["seq"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        body=json.loads(row["body"]),
        internal=json.loads(row["internal"]),
    )
