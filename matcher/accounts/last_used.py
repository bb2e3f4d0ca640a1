"""Uses: when keys and sessions were last used, written down now and then and never in anybody's way."""

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
    """Remembers uses and writes them at most once in `LAST_USED_INTERVAL`, in a thread of its own.

    A request that only reads must not wait for a writer, and must not fail where none can be had; what is
    not written now is written with the next.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._noted: dict[tuple[str, str], datetime] = {}
        self._tables: dict[str, Table] = {}
        self._written = -LAST_USED_INTERVAL.total_seconds()

    def note(self, table: Table, key: str, now: datetime) -> None:
        """Remember that the row `key` of `table` was used."""
        with self._lock:
            self._tables[table.name] = table
            self._noted[table.name, key] = now
            due = time.monotonic() - self._written >= LAST_USED_INTERVAL.total_seconds()
            if due:
                self._written = time.monotonic()
        if due:
            threading.Thread(target=self.write, name="uses", daemon=True).start()

    def last(self, table: Table, key: str) -> datetime | None:
        """Return the last use that is remembered and not yet written."""
        with self._lock:
            return self._noted.get((table.name, key))

    def write(self) -> None:
        """Write what is remembered; keep it where the database cannot be written right now."""
        with self._lock:
            noted = dict(self._noted)
        with suppress(MatcherError):
            if not noted:
                return
            with self._database.writing() as connection:
                for (name, key), moment in noted.items():
                    connection.execute(_later(self._tables[name], key, moment))
            with self._lock:
                for use, moment in noted.items():
                    if self._noted.get(use) == moment:
                        del self._noted[use]


def _later(table: Table, key: str, moment: datetime) -> Any:
    """Return the statement that moves the last use of a row on, never back."""
    column, used = next(iter(table.primary_key.columns)), table.c.used_at
    return update(table).where(column == key, or_(used.is_(None), used < moment)).values(used_at=moment)
