"""Record in a background thread when keys and sessions were last used."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Table, or_, update

from matcher.accounts.policy import LAST_USED_INTERVAL
from matcher.foundations.errors import MatcherError
from matcher.store.database import Database


class LastUsed:
    """The latest uses of keys and sessions, saved in a background thread at most once per `LAST_USED_INTERVAL`.

    A request that only reads must not wait for a writer, and must not fail if the database cannot be written to. Uses
    that cannot be saved are kept for the next save.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._pending: dict[tuple[str, str], datetime] = {}
        self._tables: dict[str, Table] = {}
        self._saved_at = -LAST_USED_INTERVAL.total_seconds()

    def note(self, table: Table, key: str, now: datetime) -> None:
        """Note that the row `key` of `table` was used."""
        with self._lock:
            self._tables[table.name] = table
            self._pending[table.name, key] = now
            due = time.monotonic() - self._saved_at >= LAST_USED_INTERVAL.total_seconds()
            if due:
                self._saved_at = time.monotonic()
        if due:
            threading.Thread(target=self.save, name="last-used", daemon=True).start()

    def last(self, table: Table, key: str) -> datetime | None:
        """Return the latest unsaved use of the row `key` of `table`, or None if there is none."""
        with self._lock:
            return self._pending.get((table.name, key))

    def save(self) -> None:
        """Save the pending uses. If the database cannot be written to, keep the uses for the next save."""
        with self._lock:
            pending = dict(self._pending)
        with suppress(MatcherError):
            if not pending:
                return
            with self._database.writing() as connection:
                for (name, key), used_at in pending.items():
                    connection.execute(_advance(self._tables[name], key, used_at))
            with self._lock:
                for use, used_at in pending.items():
                    if self._pending.get(use) == used_at:
                        del self._pending[use]


def _advance(table: Table, key: str, used_at: datetime) -> Any:
    """Return a statement that sets the last use of a row, unless a later use is already stored."""
    column, stored = next(iter(table.primary_key.columns)), table.c.used_at
    return update(table).where(column == key, or_(stored.is_(None), stored < used_at)).values(used_at=used_at)
