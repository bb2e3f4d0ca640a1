"""Notices: releases kept by their ocid, and merged into needs and track record whenever another arrives."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select

from matcher.foundations.errors import InvalidInput, Place
from matcher.records import Need
from matcher.register.schema import release, statement
from matcher.register.session import Session
from matcher.sources.ocds import Process, merge, source_of
from matcher.sources.statement import Origin, Tally
from matcher.store import RecordKind, Writer
from matcher.store.rows import chunks, insert_into
from matcher.store.schema import head

_BATCH: Final = 250


@dataclass(frozen=True)
class Trimmed:
    """A release as it is kept, and where it was read."""

    content: dict[str, Any]
    file: str
    place: str

    @property
    def key(self) -> tuple[str, str]:
        """What it is told by: its ocid and its own id."""
        return self.content["ocid"], self.content["id"]


# What is done about a process that cannot be used: raise the problem, or note it and go on.
Refuse = Callable[[InvalidInput], None]


class NoticeImport:
    """Takes releases in one transaction. Call `finish` before that of the session."""

    def __init__(self, writer: Writer, session: Session, tally: Tally) -> None:
        self._writer = writer
        self._connection = writer.connection
        self._session = session
        self._tally = tally
        self._changed: set[str] = set()

    def take(self, releases: Iterable[Trimmed]) -> None:
        """Keep what is new in `releases`; one of the same ocid and id replaces the one before."""
        for batch in chunks(releases, _BATCH):
            rows = {found.key: _row(found) for found in batch}
            known = self._digests(list({ocid for ocid, _ in rows}))
            new = [row for key, row in rows.items() if known.get(key) != row["digest"]]
            self._tally.counts["releases new"] += sum(key not in known for key in rows)
            self._tally.counts["releases unchanged"] += len(rows) - len(new)
            self._write(new)
            self._changed |= {row["ocid"] for row in new}

    def finish(self, refuse: Refuse) -> None:
        """Merge the processes of which anything is new into needs and statements."""
        for ocids in chunks(sorted(self._changed), _BATCH):
            merged = [self._merged(rows, refuse) for rows in self._by_ocid(ocids)]
            self._put_needs([process for process in merged if process])
            self._state([process for process in merged if process])
        self._changed.clear()

    def _write(self, rows: list[dict[str, str]]) -> None:
        if rows:
            upsert = insert_into(self._connection, release)
            new = {name: upsert.excluded[name] for name in ("content", "digest", "file", "place")}
            self._connection.execute(upsert.on_conflict_do_update(index_elements=["ocid", "id"], set_=new), rows)

    def _merged(self, rows: Sequence[Row[Any]], refuse: Refuse) -> Process | None:
        contents = [json.loads(row.content) for row in rows]
        latest = max(range(len(rows)), key=lambda n: (contents[n]["date"], contents[n]["id"]))
        try:
            return merge(contents, Origin(rows[latest].file, rows[latest].place), self._tally)
        except InvalidInput as error:
            place = Place(rows[latest].file, field=".".join(filter(None, (rows[latest].ocid, error.place.field))))
            refuse(InvalidInput(error.problem, remedy=error.remedy, place=place))
            return None

    def _put_needs(self, processes: Sequence[Process]) -> None:
        present = self._present([process.ocid for process in processes])
        needs: dict[str, list[tuple[Need, None]]] = defaultdict(list)
        for process in processes:
            source = source_of(process.ocid).value
            if process.need is not None:
                needs[source].append((process.need, None))
                self._tally.counts[f"stage {process.need.stage}"] += 1
            elif process.ocid in present:
                self._writer.withdraw(RecordKind.NEED, process.ocid, source=source)
                self._tally.counts["needs withdrawn"] += 1
        for source, items in needs.items():
            outcomes = Counter(put.outcome for put in self._writer.put_many(items, source=source))
            self._tally.counts.update({f"needs {outcome}": number for outcome, number in outcomes.items()})

    def _state(self, processes: Sequence[Process]) -> None:
        said = [statement for process in processes for statement in process.statements]
        kept = {(one.source.value, one.record) for one in said}
        before = [found for process in processes for found in self._stated(process.ocid)]
        self._tally.counts["track record pieces"] += len(kept)
        self._session.drop([found for found in before if found not in kept])
        self._session.take(said)

    def _stated(self, ocid: str) -> list[tuple[str, str]]:
        """Return what was stated on the strength of an ocid: the records that begin with it and a slash."""
        within = statement.c.record >= f"{ocid}/", statement.c.record < f"{ocid}0"
        asked = select(statement.c.source, statement.c.record)
        asked = asked.where(statement.c.source == source_of(ocid).value, *within)
        return [(row.source, row.record) for row in self._connection.execute(asked)]

    def _digests(self, ocids: list[str]) -> dict[tuple[str, str], str]:
        asked = select(release.c.ocid, release.c.id, release.c.digest).where(release.c.ocid.in_(ocids))
        return {(row.ocid, row.id): row.digest for row in self._connection.execute(asked)}

    def _by_ocid(self, ocids: list[str]) -> list[list[Row[Any]]]:
        found: dict[str, list[Row[Any]]] = {ocid: [] for ocid in ocids}
        asked = select(release).where(release.c.ocid.in_(ocids)).order_by(release.c.ocid, release.c.id)
        for row in self._connection.execute(asked):
            found[row.ocid].append(row)
        return list(found.values())

    def _present(self, ocids: list[str]) -> set[str]:
        here = head.c.kind == RecordKind.NEED.value, head.c.digest.is_not(None)
        return {row.id for row in self._connection.execute(select(head.c.id).where(*here, head.c.id.in_(ocids)))}


def _row(found: Trimmed) -> dict[str, str]:
    content = json.dumps(found.content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    ocid, id = found.key
    digest = hashlib.sha256(content.encode()).hexdigest()
    return {"ocid": ocid, "id": id, "content": content, "digest": digest, "file": found.file, "place": found.place}
