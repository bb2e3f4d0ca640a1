"""Erasures: a list of what was erased, so that restoring a backup does not bring it back.

The list holds ids, times and digests, and for a redaction the text that remained: never what was erased. It is a table,
and a file outside the database for the case that the database is lost. The file is written before the transaction is
committed, so that no erasure is missing from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlalchemy import delete, select

from matcher.foundations.errors import Unavailable
from matcher.store.database import Database
from matcher.store.rows import insert_into
from matcher.store.schema import erasure

_OPTIONAL: Final = ("digest", "content", "original")
_REMEDY: Final = "Free some disk space, or allow this user to write to the file"


class ErasureKind(StrEnum):
    """What was erased: a contact, a member's name and address, a registration, or words in a revision or an entry."""

    CONTACT = "contact"
    MEMBER = "member"
    REGISTRATION = "registration"
    REVISION = "revision"
    ENTRY = "entry"


@dataclass(frozen=True)
class Erasure:
    """What was erased, by its kind and id, and when.

    The id of a revision is its sequence number, and the id of a ledger entry is its number. For these two, `digest` is
    the SHA-256 of the text that remained, `content` is that text, and `original` is the digest of the text before.
    """

    kind: ErasureKind
    id: str
    at: datetime
    digest: str | None = None
    content: str | None = None
    original: str | None = None

    @property
    def key(self) -> tuple[ErasureKind, str, datetime]:
        """What distinguishes this erasure from all others."""
        return self.kind, self.id, self.at


class Erasures:
    """The erasures recorded in a database. A later erasure with the same kind and id replaces an earlier one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self,
        kind: ErasureKind,
        id: str,
        *,
        digest: str | None = None,
        content: str | None = None,
        original: str | None = None,
    ) -> Erasure:
        """Record an erasure in the transaction of this thread, or in a transaction of its own.

        Raises:
            Unavailable: the database or the file outside the database cannot be written.

        """
        erased = Erasure(kind, id, datetime.now(UTC), digest, content, original)
        self.adopt(erased)
        if self._database.erasures_file is not None:
            _append(self._database.erasures_file, erased)
        return erased

    def adopt(self, erased: Erasure) -> None:
        """Add an erasure that is already in the file, or that comes from another database."""
        row = {"kind": erased.kind.value, "id": erased.id, "at": erased.at, "digest": erased.digest}
        with self._database.joining() as connection:
            upsert = insert_into(connection, erasure).values(row)
            new = {name: upsert.excluded[name] for name in ("at", "digest")}
            connection.execute(upsert.on_conflict_do_update(index_elements=["kind", "id"], set_=new))

    def forget(self, erased: Erasure) -> None:
        """Remove an erasure from the database, because what it concerns is not there."""
        with self._database.joining() as connection:
            is_erased = (erasure.c.kind == erased.kind.value) & (erasure.c.id == erased.id)
            connection.execute(delete(erasure).where(is_erased))

    def all(self) -> list[Erasure]:
        """Return the erasures in the database, oldest first. Their `content` is None."""
        with self._database.reading() as connection:
            rows = connection.execute(select(erasure).order_by(erasure.c.at)).all()
        return [Erasure(ErasureKind(row.kind), row.id, row.at, row.digest) for row in rows]


def read_file(file: Path) -> list[Erasure]:
    """Return the erasures in the file outside the database, oldest first, or an empty list if there is no file.

    A line that was cut off when a process was killed is left out: its transaction was not committed.
    """
    if not file.exists():
        return []
    erased: list[Erasure] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            value = json.loads(line)
            at = datetime.fromisoformat(value["at"])
            fields = {name: value.get(name) for name in _OPTIONAL}
            erased.append(Erasure(ErasureKind(value["kind"]), value["id"], at, **fields))
        except (ValueError, KeyError):
            continue
    return erased


def latest(erasures: Iterable[Erasure]) -> list[Erasure]:
    """Return the last erasure of each kind and id, with its content if any of the equal erasures has it."""
    last: dict[tuple[ErasureKind, str], Erasure] = {}
    for erased in sorted(erasures, key=lambda each: (each.at, each.content is not None)):
        last[erased.kind, erased.id] = erased
    return list(last.values())


def _append(file: Path, erased: Erasure) -> None:
    values = {"kind": erased.kind.value, "id": erased.id, "at": erased.at.isoformat()}
    values |= {name: value for name in _OPTIONAL if (value := getattr(erased, name)) is not None}
    try:
        with file.open("a", encoding="utf-8") as lines:
            file.chmod(0o600)
            lines.write(json.dumps(values, ensure_ascii=False) + "\n")
    except OSError as error:
        raise Unavailable(f"{file} cannot be written: {error.strerror}", remedy=_REMEDY) from error
