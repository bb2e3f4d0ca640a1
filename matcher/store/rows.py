"""Helpers for reading and writing many rows on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

# Maximum number of values in one IN list, or of rows in one page. This is far below the 32,766 variables that SQLite
# allows in a statement.
CHUNK: Final = 500


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Yield `values` in lists of at most `size`."""
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that supports ON CONFLICT. SQLAlchemy has a separate INSERT for each kind of database."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def storable(text: str) -> str:
    """Return `text` with zero bytes and invalid Unicode (possible in file paths) escaped, so that it can be stored."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
