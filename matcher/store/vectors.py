"""Vectors: the embedding cache's table. Every value can be computed again, so losing it costs only time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from matcher.store.database import Database
from matcher.store.rows import chunks, insert_into
from matcher.store.schema import vector


class VectorCache:
    """Encoded texts by model and key, each as opaque bytes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, model: str, keys: Sequence[str]) -> dict[str, bytes]:
        """Return what is kept for `keys`; those that are not there are left out.

        Raises:
            Unavailable: the database cannot be used.

        """
        found: dict[str, bytes] = {}
        with self._database.reading() as connection:
            for chunk in chunks(keys):
                asked = select(vector.c.key, vector.c.data).where(vector.c.model == model, vector.c.key.in_(chunk))
                found.update({row.key: row.data for row in connection.execute(asked)})
        return found

    def put(self, model: str, items: Mapping[str, bytes]) -> None:
        """Keep `items`, in a transaction of its own; what is there already stays as it is.

        Raises:
            Unavailable: the database cannot be used, or another writer held it too long.
            MatcherError: this thread is inside `Store.writing`.

        """
        if not items:
            return
        # In one order everywhere: two processes that lock rows in different orders would block each other.
        rows = [{"model": model, "key": key, "data": items[key]} for key in sorted(items)]
        with self._database.writing() as connection:
            connection.execute(insert_into(connection, vector).on_conflict_do_nothing(), rows)
