"""Rows: writing and asking for many at once, in the dialect of the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

# Values in one IN list, rows in one page: far below SQLite's 32,766 variables a statement.
CHUNK: Final = 500


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Cut `values` into lists of at most `size`."""
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that knows ON CONFLICT, which both databases spell alike but SQLAlchemy keeps apart."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def storable(text: str) -> str:
    """Return `text` as a database takes it. A path of a file need be no Unicode, and PostgreSQL takes no zero byte."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
