"""Soundness: whether the tables of a store still are what its writers made of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import func, select, text

from matcher.store.database import Database
from matcher.store.rows import CHUNK
from matcher.store.schema import clock, head, revision


def problems(database: Database) -> Iterator[str]:
    """Yield what is wrong with the revisions: damaged pages, gaps, changed contents, heads that point elsewhere."""
    yield from _damaged_pages(database)
    yield from _revisions(database)
    yield from _heads(database)


def _damaged_pages(database: Database) -> Iterator[str]:
    if not database.sqlite:
        return
    with database.reading() as connection:
        found = connection.execute(text("PRAGMA integrity_check(10)")).scalars().all()
    yield from (f"the database file is damaged: {said}" for said in found if said != "ok")


def _revisions(database: Database) -> Iterator[str]:
    """Read every revision once, a page at a time."""
    last = 0
    with database.reading() as connection:
        now = int(connection.execute(select(clock.c.sequence)).scalar_one())
    while last < now:
        asked = select(revision).where(revision.c.sequence > last, revision.c.sequence <= now)
        with database.reading() as connection:
            rows = connection.execute(asked.order_by(revision.c.sequence).limit(CHUNK)).all()
        for row in rows:
            if row.sequence != last + 1:
                yield f"revision {last + 1} is missing"
            if row.content is not None and hashlib.sha256(row.content.encode()).hexdigest() != row.digest:
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
    asked = select(newest.c.kind, newest.c.id).outerjoin(head, same).where(head.c.id.is_(None))
    with database.reading() as connection:
        for row in connection.execute(asked.order_by(newest.c.kind, newest.c.id)):
            yield f"{row.kind} {row.id} is not shown as its latest revision has it"
