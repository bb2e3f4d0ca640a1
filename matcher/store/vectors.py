"""The embedding cache. Every vector can be computed again, so losing the cache only costs time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from matcher.store.database import Database
from matcher.store.rows import chunks, insert_into
from matcher.store.schema import vector


class VectorCache:
    """The vectors of encoded texts, by model and key, stored as opaque bytes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, model: str, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the stored bytes by key. Keys that are not in the cache are left out.

        Raises:
            Unavailable: the database cannot be used.

        """
        data: dict[str, bytes] = {}
        with self._database.reading() as connection:
            for chunk in chunks(keys):
                query = select(vector.c.key, vector.c.data).where(vector.c.model == model, vector.c.key.in_(chunk))
                data.update({row.key: row.data for row in connection.execute(query)})
        return data

    def put(self, model: str, items: Mapping[str, bytes]) -> None:
        """Store `items` in a separate transaction. Existing keys keep their data.

        Raises:
            Unavailable: the database cannot be used, or another process was writing for too long.
            MatcherError: this thread is already inside `Store.writing`.

        """
        if not items:
            return
        # The rows are sorted, because two processes that lock rows in different orders would block each other.
        rows = [{"model": model, "key": key, "data": items[key]} for key in sorted(items)]
        with self._database.writing() as connection:
            connection.execute(insert_into(connection, vector).on_conflict_do_nothing(), rows)
