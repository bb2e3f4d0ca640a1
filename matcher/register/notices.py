"""Notices: store each new release, then merge all releases with the same ocid into a need and a track record."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select, update

from matcher.foundations.errors import InvalidInput, Place
from matcher.records import Need
from matcher.register.import_report import DROP_COUNTS, ImportReport
from matcher.register.schema import release, statement
from matcher.register.session import Session
from matcher.sources import ocds
from matcher.sources.catalogue import source_of_notice
from matcher.sources.statement import Origin, Tally
from matcher.store import RecordKind, Writer
from matcher.store.rows import chunks, insert_into
from matcher.store.schema import head

_BATCH: Final = 250
# Counts the changes of the rules by which releases are read. A release that was stored under other rules is merged
# again when it is next imported, so that what was read wrongly is corrected.
_READING: Final = 2


@dataclass(frozen=True)
class TrimmedRelease:
    """The fields kept from a release, and where the release was read."""

    content: dict[str, Any]
    file: str
    place: str

    @property
    def key(self) -> tuple[str, str]:
        """The ocid and the id, which together identify the release."""
        return self.content["ocid"], self.content["id"]


# Called with the problem that makes a process or release unusable. Raises the problem, or records it and returns.
Reject = Callable[[InvalidInput], None]


def trim_release(
    value: object, place: Place, number: int, report: ImportReport, ids: ocds.ReleaseIds
) -> TrimmedRelease:
    """Return the fields kept from a release, and add what is dropped to the counts in `report`.

    `number` is the position of the release in its file or page, counting from 1, and `ids` holds the ids of the
    releases before it. Raises the same errors as `ocds.trim`, with the number of the release.
    """
    position = f"release {number}"
    tally = Tally(origin=Origin(place.file or "", position))
    report.counts["releases read"] += 1
    try:
        trimmed = ids.with_own_id(ocds.trim(value, tally, place), tally)
        return TrimmedRelease(trimmed, place.file or "", position)
    except InvalidInput as problem:
        raise ocds.rejected(problem, value, number) from problem
    finally:
        report.add_tally(tally)


def import_releases(writer: Writer, releases: Iterable[TrimmedRelease], report: ImportReport, reject: Reject) -> None:
    """Store releases and update the needs and suppliers concerned, in the transaction of `writer`."""
    tally = Tally(Counter(dict.fromkeys(DROP_COUNTS, 0)))
    session = Session(writer)
    session.follow()
    notices = _NoticeImport(writer, session, tally)
    notices.store(releases)
    notices.merge_changed(reject)
    report.profiles.update(session.finish())
    report.add_tally(tally)
    report.counts.update(session.counts)


class _NoticeImport:
    """Imports notices in one transaction."""

    def __init__(self, writer: Writer, session: Session, tally: Tally) -> None:
        self._writer = writer
        self._connection = writer.connection
        self._session = session
        self._tally = tally
        self._changed: set[str] = set()

    def store(self, releases: Iterable[TrimmedRelease]) -> None:
        """Store the releases that are new or changed. A release replaces the one with the same ocid and id."""
        for batch in chunks(releases, _BATCH):
            rows = {trimmed.key: _row(trimmed) for trimmed in batch}
            known = self._digests(list({ocid for ocid, _ in rows}))
            changed = [row for key, row in rows.items() if known.get(key) != row["digest"]]
            self._tally.counts["releases new"] += sum(key not in known for key in rows)
            self._tally.counts["releases unchanged"] += len(rows) - len(changed)
            self._tally.counts["releases read again"] += sum(key in known for key in rows) - len(rows) + len(changed)
            self._write(changed)
            self._changed |= {row["ocid"] for row in changed}

    def merge_changed(self, reject: Reject) -> None:
        """Merge each process that has a new or changed release into a need and statements."""
        for ocids in chunks(sorted(self._changed), _BATCH):
            merged = [self._merged(rows, reject) for rows in self._by_ocid(ocids)]
            processes = [process for process in merged if process]
            self._put_needs(processes)
            self._update_statements(processes)
        self._changed.clear()

    def _write(self, rows: list[dict[str, str]]) -> None:
        if rows:
            upsert = insert_into(self._connection, release)
            new = {name: upsert.excluded[name] for name in ("content", "digest", "file", "place")}
            self._connection.execute(upsert.on_conflict_do_update(index_elements=["ocid", "id"], set_=new), rows)

    def _merged(self, rows: Sequence[Row[Any]], reject: Reject) -> ocds.Process | None:
        latest = latest_of(rows)
        try:
            return merged_releases(rows, self._tally)
        except InvalidInput as error:
            place = Place(latest.file, field=".".join(filter(None, (latest.ocid, error.place.field))))
            reject(InvalidInput(f"{latest.place}: {error.problem}", remedy=error.remedy, place=place))
            # Without their digests, these releases are merged, and rejected again, at the next import.
            self._connection.execute(update(release).where(release.c.ocid == latest.ocid).values(digest=""))
            return None

    def _put_needs(self, processes: Sequence[ocds.Process]) -> None:
        present = self._present([process.ocid for process in processes])
        needs: dict[str, list[tuple[Need, None]]] = defaultdict(list)
        for process in processes:
            source = source_of_notice(process.ocid)
            if process.need is not None:
                needs[source].append((process.need, None))
                self._tally.counts[f"stage {process.need.stage}"] += 1
            elif process.ocid in present:
                self._writer.withdraw(RecordKind.NEED, process.ocid, source=source)
                self._tally.counts["needs withdrawn"] += 1
        for source, items in needs.items():
            outcomes = Counter(put.outcome for put in self._writer.put_many(items, source=source))
            self._tally.counts.update({f"needs {outcome}": number for outcome, number in outcomes.items()})

    def _update_statements(self, processes: Sequence[ocds.Process]) -> None:
        """Add the statements from `processes`, and drop earlier statements that they no longer contain."""
        statements = [statement for process in processes for statement in process.statements]
        current = {(statement.source, statement.record) for statement in statements}
        before = [reference for process in processes for reference in self._stated(process.ocid)]
        self._tally.counts["track record pieces"] += len(current)
        self._session.drop([reference for reference in before if reference not in current])
        self._session.add(statements)

    def _stated(self, ocid: str) -> list[tuple[str, str]]:
        """Return the source and record of each stored statement whose record begins with `ocid` and a slash."""
        # "0" is the character after "/", so this range holds every record that begins with the ocid and a slash.
        in_process = statement.c.record >= f"{ocid}/", statement.c.record < f"{ocid}0"
        query = select(statement.c.source, statement.c.record)
        query = query.where(statement.c.source == source_of_notice(ocid), *in_process)
        return [(row.source, row.record) for row in self._connection.execute(query)]

    def _digests(self, ocids: list[str]) -> dict[tuple[str, str], str]:
        query = select(release.c.ocid, release.c.id, release.c.digest).where(release.c.ocid.in_(ocids))
        return {(row.ocid, row.id): row.digest for row in self._connection.execute(query)}

    def _by_ocid(self, ocids: list[str]) -> list[list[Row[Any]]]:
        rows: dict[str, list[Row[Any]]] = {ocid: [] for ocid in ocids}
        query = select(release).where(release.c.ocid.in_(ocids)).order_by(release.c.ocid, release.c.id)
        for row in self._connection.execute(query):
            rows[row.ocid].append(row)
        return list(rows.values())

    def _present(self, ocids: list[str]) -> set[str]:
        """Return the ocids in `ocids` whose need is in the store and has not been withdrawn."""
        is_present = head.c.kind == RecordKind.NEED.value, head.c.digest.is_not(None)
        query = select(head.c.id).where(*is_present, head.c.id.in_(ocids))
        return {row.id for row in self._connection.execute(query)}


def merged_releases(rows: Sequence[Row[Any]], tally: Tally) -> ocds.Process:
    """Return the process that the stored releases of one ocid give. Raises the same errors as `ocds.merge`."""
    latest = latest_of(rows)
    contents = [json.loads(row.content) for row in rows]
    return ocds.merge(contents, source_of_notice(latest.ocid), Origin(latest.file, latest.place), tally)


def latest_of(rows: Sequence[Row[Any]]) -> Row[Any]:
    """Return the latest of the stored releases of one ocid."""
    return max(rows, key=lambda row: (json.loads(row.content)["date"], row.id))


def _row(trimmed: TrimmedRelease) -> dict[str, str]:
    content = json.dumps(trimmed.content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    ocid, id = trimmed.key
    digest = hashlib.sha256(f"{_READING} {content}".encode()).hexdigest()
    return {"ocid": ocid, "id": id, "content": content, "digest": digest, "file": trimmed.file, "place": trimmed.place}
