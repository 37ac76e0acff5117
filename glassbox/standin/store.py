"""The state in one SQLite file: a row for each object, written in one transaction after each change."""

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

from glassbox.standin.restoring import restored
from glassbox.standin.secret_settings import with_secrets_as
from glassbox.standin.state import State
from glassbox.standin.upstream import without_credentials

APPLICATION_ID = 0x47426F78
"""Distinguishes our files from other databases (PRAGMA application_id)."""
NOT_KEPT = "not kept"
"""Stands for a secret, which nothing here ever needs: only that it was set is remembered."""
VERSION = "version"
_TABLE = "CREATE TABLE IF NOT EXISTS objects (kind TEXT, key TEXT, body TEXT NOT NULL, UNIQUE (kind, key))"
_PUT = "INSERT INTO objects VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body"

Key = tuple[str, str]


class StoreError(Exception):
    """The file cannot be used; the text is the reason."""


class Store:
    """An open file, which no other process can use meanwhile. Raises StoreError for a file that this class did not write."""

    def __init__(self, file: Path) -> None:
        self._written: dict[Key, bytes] = {}
        self._saving = threading.Lock()
        try:
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
            self._database = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=0)
            self._prepare()
        except OSError as error:
            raise StoreError(str(error.strerror)) from None
        except sqlite3.Error as error:
            raise StoreError("another process uses it" if "locked" in str(error) else str(error)) from None

    def _prepare(self) -> None:
        self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
        with self._transaction():
            tables = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            owner = self._database.execute("PRAGMA application_id").fetchone()[0]
            if tables and owner != APPLICATION_ID:
                raise StoreError("it is a database of another program")
            if owner != APPLICATION_ID:
                self._database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._database.execute(_TABLE)

    def close(self) -> None:
        self._database.close()

    def load(self, empty: State) -> State:
        """Everything that was kept, in the order in which it was made; the `empty` state where nothing was."""
        try:
            rows = self._database.execute("SELECT kind, key, body FROM objects ORDER BY rowid").fetchall()
            self._written = {(kind, key): _digest(body) for kind, key, body in rows}
            return restored(empty, rows)
        except (sqlite3.Error, ValueError, TypeError, LookupError, AttributeError, RecursionError):
            raise StoreError("it is damaged") from None

    def save(self, state: State) -> None:
        """Keep what has changed since the last save; all of it, or nothing and a StoreError."""
        try:
            with self._saving:
                self._save(state)
        except sqlite3.Error as error:
            raise StoreError(f"it cannot be written: {error}") from None

    def _save(self, state: State) -> None:
        changed, present = {}, dict[Key, bytes]()
        for key, value in _rows(state):
            if key[0] == VERSION and key in self._written:
                present[key] = self._written[key]
                continue
            body = json.dumps(value, separators=(",", ":"))
            present[key] = _digest(body)
            if present[key] != self._written.get(key):
                changed[key] = body
        gone = self._written.keys() - present.keys()
        with self._transaction():
            self._database.executemany("DELETE FROM objects WHERE kind = ? AND key = ?", gone)
            self._database.executemany(_PUT, ((*key, body) for key, body in changed.items()))
        self._written = present

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._database)


class _Transaction:
    """All or nothing; sqlite3's own `with` does not begin one."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN EXCLUSIVE")

    def __exit__(self, kind: object, _error: object, _trace: object) -> None:
        try:
            self._database.execute("ROLLBACK" if kind else "COMMIT")
        except sqlite3.Error:
            # A full disk has rolled back by itself, so this is not another error; a commit that failed has not.
            if not kind:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise


def _digest(body: str) -> bytes:
    return blake2b(body.encode(), digest_size=16).digest()


def _rows(state: State) -> Iterator[tuple[Key, Any]]:
    """Every object as its kind, its key, and what JSON can hold of it."""
    yield ("ids", ""), [state.ids.upcoming, state.dashboard_ids.upcoming]
    yield ("policies", ""), state.policies
    for uid, folder in state.folders.items():
        yield ("folder", uid), vars(folder)
    for uid, dashboard in state.dashboards.items():
        yield (
            ("dashboard", uid),
            {name: getattr(dashboard, name) for name in ("id", "folder_uid", "manager", "stored_version")},
        )
        for saved in dashboard.versions:
            yield (VERSION, f"{uid}/{saved.version}"), vars(saved)
    for uid, rule in state.rules.items():
        yield ("rule", uid), vars(rule)
    for uid, source in state.data_sources.items():
        kept = {"secureJsonData": dict.fromkeys(source.get("secureJsonData") or {}, NOT_KEPT)}
        yield ("data source", uid), source | kept | {"url": without_credentials(str(source["url"]))}
    for uid, point in state.contact_points.items():
        yield ("contact point", uid), point | {"settings": with_secrets_as(NOT_KEPT, point)}
    for name, timing in state.mute_timings.items():
        yield ("mute timing", name), timing
    for name, template in state.templates.items():
        yield ("template", name), template
    for annotation in state.annotations:
        yield ("annotation", str(annotation["id"])), annotation
    for number, role in state.service_accounts.items():
        yield ("service account", str(number)), role
    for fingerprint, owner in state.tokens.items():
        yield ("token", fingerprint), owner
