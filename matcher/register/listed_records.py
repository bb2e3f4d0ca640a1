"""Listed records: which records of a register earlier files listed and the files of this import no longer list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select

from matcher.register.schema import statement
from matcher.register.session import Session
from matcher.sources.statement import Statement
from matcher.store import Store

# The sign in the record number of a statement about a part of a supplier, such as an area where it works.
_PART: Final = "/"


class ListedRecords:
    """The records that a register listed before this import. Each record that the import reads is taken off the list.

    Records about a part of a supplier do not count, and nothing is missing from files that hold only such parts.
    """

    def __init__(self, store: Store, source: str) -> None:
        self.source = source
        self._any_read = False
        query = select(statement.c.record).where(statement.c.source == source, statement.c.ended.is_(False))
        with store.reading() as connection:
            self._unread = {str(row.record) for row in connection.execute(query) if _PART not in row.record}

    def read(self, statements: Iterable[Statement]) -> None:
        """Take the records of `statements` off the list."""
        for each in statements:
            if _PART not in each.record:
                self._any_read = True
                self._unread.discard(each.record)

    @property
    def missing(self) -> list[str]:
        """The records that the files read so far do not list, in alphabetical order."""
        return sorted(self._unread) if self._any_read else []

    def end_missing(self, session: Session) -> None:
        """Mark the missing records as ended, because the files that were read are the whole register."""
        session.end((self.source, record) for record in self.missing)
