"""Check that the revisions in a store have not changed since they were written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import func, select, text

from matcher.store.database import Database
from matcher.store.erasures import ErasureKind, Erasures
from matcher.store.rows import CHUNK
from matcher.store.schema import clock, head, revision


def problems(database: Database) -> Iterator[str]:
    """Yield the problems in a store: damaged pages, missing revisions, changed contents and wrong heads."""
    yield from _damaged_pages(database)
    yield from _revisions(database)
    yield from _heads(database)


def _damaged_pages(database: Database) -> Iterator[str]:
    if not database.is_sqlite:
        return
    with database.reading() as connection:
        results = connection.execute(text("PRAGMA integrity_check(10)")).scalars().all()
    yield from (f"the database file is damaged: {result}" for result in results if result != "ok")


def _revisions(database: Database) -> Iterator[str]:
    """Check each revision, reading a page at a time."""
    last = 0
    redacted = {int(each.id): each.digest for each in Erasures(database).all() if each.kind is ErasureKind.REVISION}
    with database.reading() as connection:
        latest = int(connection.execute(select(clock.c.sequence)).scalar_one())
    while last < latest:
        query = select(revision).where(revision.c.sequence > last, revision.c.sequence <= latest)
        with database.reading() as connection:
            rows = connection.execute(query.order_by(revision.c.sequence).limit(CHUNK)).all()
        for row in rows:
            if row.sequence != last + 1:
                yield f"revision {last + 1} is missing"
            expected = redacted.get(row.sequence, row.digest)
            if row.content is not None and hashlib.sha256(row.content.encode()).hexdigest() != expected:
                yield f"revision {row.sequence} ({row.kind} {row.id}) was changed"
            last = row.sequence
        if not rows:
            yield f"revision {last + 1} is missing"
            return


def _heads(database: Database) -> Iterator[str]:
    newest = (
        select(revision.c.kind, revision.c.id, func.max(revision.c.number).label("number"))
        .group_by(revision.c.kind, revision.c.id)
        .subquery()
    )
    same = (newest.c.kind == head.c.kind) & (newest.c.id == head.c.id) & (newest.c.number == head.c.number)
    query = select(newest.c.kind, newest.c.id).outerjoin(head, same).where(head.c.id.is_(None))
    with database.reading() as connection:
        for row in connection.execute(query.order_by(newest.c.kind, newest.c.id)):
            yield f"the head of {row.kind} {row.id} is not its latest revision"
