"""The store: every table in memory as an unchanging snapshot, written through to one SQLite file.

A commit builds new tables and swaps the root, so a reader keeps the state of its start, like the
repeatable read of Odoo's transactions. One SQLite transaction per call: a killed process loses
nothing that was answered.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Changes = dict[str, dict[int, Row | None]]
Index = dict[Any, frozenset[int]]


class Table:
    """Rows of one model by id, with the ids per value of its indexed fields. Never changed."""

    __slots__ = ("index", "rows")

    def __init__(self, rows: dict[int, Row], index: dict[str, Index]) -> None:
        self.rows = rows
        self.index = index


def _changed(table: Table, changes: Mapping[int, Row | None]) -> Table:
    rows = dict(table.rows)
    index = {field: dict(values) for field, values in table.index.items()}
    for row_id, new in changes.items():
        old = rows.get(row_id)
        for field, values in index.items():
            before = old.get(field) if old else None
            after = new.get(field) if new else None
            if before == after:
                continue
            if before:
                values[before] = values.get(before, frozenset()) - {row_id}
            if after:
                values[after] = values.get(after, frozenset()) | {row_id}
        if new is None:
            rows.pop(row_id, None)
        else:
            rows[row_id] = new
    return Table(rows, index)


class Store:
    """The committed state. root maps a model to its table; replace it only through commit()."""

    def __init__(self, path: str, indexes: Mapping[str, tuple[str, ...]]) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.write_lock = threading.RLock()
        self._counter_lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS record"
            " (model TEXT, id INTEGER, data TEXT, PRIMARY KEY (model, id)) WITHOUT ROWID"
        )
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER)"
        )
        self._db.execute("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT)")
        self.root: dict[str, Table] = {
            model: Table({}, {field: {} for field in fields}) for model, fields in indexes.items()
        }
        self._backups: list[tuple[dict[str, Table], dict[str, int]]] = []
        self._counters: dict[str, int] = dict(self._db.execute("SELECT name, value FROM counter"))

    @property
    def is_new(self) -> bool:
        return self.meta("seeded") is None

    def meta(self, name: str) -> str | None:
        found = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return found[0] if found else None

    def set_meta(self, name: str, value: str) -> None:
        with self.write_lock:
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def put_static(self, model: str, rows: dict[int, Row]) -> None:
        """Rows that come with the program; stored records of the same id win over them."""
        self.root[model] = _changed(self.root[model], rows)
        self._raise_counter(model, max(rows, default=0))

    def load(self) -> None:
        """Read every stored record."""
        found: Changes = {}
        for model, row_id, data in self._db.execute("SELECT model, id, data FROM record"):
            if model in self.root:
                found.setdefault(model, {})[row_id] = json.loads(data) if data else None
        for model, rows in found.items():
            self.root[model] = _changed(self.root[model], rows)
            self._raise_counter(model, max(rows))

    def _raise_counter(self, name: str, at_least: int) -> None:
        with self._counter_lock:
            self._counters[name] = max(self._counters.get(name, 0), at_least)

    def next_value(self, name: str) -> int:
        """The next number of a counter. Like a PostgreSQL sequence it is not rolled back."""
        with self._counter_lock:
            self._counters[name] = self._counters.get(name, 0) + 1
            return self._counters[name]

    def commit(self, changes: Changes) -> None:
        """Store all changes in one transaction and make them visible together."""
        if not changes:
            return
        with self.write_lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._store(changes)
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            root = dict(self.root)
            for model, rows in changes.items():
                root[model] = _changed(root[model], rows)
            self.root = root

    def _store(self, changes: Changes) -> None:
        for model, rows in changes.items():
            self._db.executemany(
                "INSERT OR REPLACE INTO record VALUES (?, ?, ?)",
                [
                    (model, i, json.dumps(row, separators=(",", ":")) if row is not None else None)
                    for i, row in rows.items()
                ],
            )
        with self._counter_lock:
            counters = list(self._counters.items())
        self._db.executemany("INSERT OR REPLACE INTO counter VALUES (?, ?)", counters)

    def snapshot(self) -> int:
        """Keep the state of now, for as long as the process lives. Answers its number."""
        with self.write_lock:
            self._backups.append((self.root, dict(self._counters)))
            return len(self._backups)

    def restore(self, number: int) -> None:
        """Go back to a kept state, counters included: ids are given out again."""
        with self.write_lock:
            root, counters = self._backups[number - 1]
            back: Changes = {}
            gone: list[tuple[str, int]] = []
            for model, table in self.root.items():
                old = root[model].rows
                back[model] = {i: r for i, r in old.items() if table.rows.get(i) is not r}
                gone += [(model, i) for i in table.rows if i not in old]
            with self._counter_lock:
                self._counters = dict(counters)
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany("DELETE FROM record WHERE model = ? AND id = ?", gone)
                self._store(back)
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self.root = root

    def close(self) -> None:
        self._db.close()
