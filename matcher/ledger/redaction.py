"""Redaction: erase a passage from the words of a decision, or from the history of a record, and record that fact.

The chain keeps the hash of each entry, and a revision keeps its digest. The text itself is replaced by the text
without the passage. A new entry, itself part of the chain, holds the SHA-256 of each text that remained, so that
nothing else in it can be changed unnoticed.

Each entry holds a random nonce, which is erased with the passage. So the hash that stays in the chain does not allow
anyone to test guesses of what was erased.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, select, update

from matcher.foundations.errors import InvalidInput, NotFound, Place
from matcher.index.postings import terms_of
from matcher.ledger.chain import Appender
from matcher.ledger.decision import no_decision
from matcher.ledger.entry import (
    RECORDS,
    Entry,
    Event,
    RecordedRedaction,
    attribution,
    canonical_json,
    digest_of,
)
from matcher.ledger.tables import ledger_entry
from matcher.records import Need, Profile, parse
from matcher.records.redaction import CODES, fitting, map_texts
from matcher.register import Session
from matcher.register.schema import identity, release, statement
from matcher.store import RecordKind, Store, Writer
from matcher.store.erasures import ErasureKind, Erasures
from matcher.store.revisions import canonical
from matcher.store.schema import revision

REDACTED: Final = "[redacted]"
# A shorter passage would occur by chance.
_SHORTEST: Final = 3
_SOURCE: Final = "redaction"


def redact_decision(store: Store, id: str, passage: str, *, by: str, reason: str | None = None) -> Entry:
    """Erase `passage` from the reasons, the need and the filters of a decision. Return the entry that records this.

    Raises:
        InvalidInput: `passage` is too short, or `by` or `reason` is not valid.
        NotFound: no decision has this id, or its words do not contain the passage.

    """
    passage, checked = _checked(passage), attribution(by, reason)
    with store.database.writing() as connection:
        appender = Appender(connection)
        if not (entries := appender.entries(id)):
            raise no_decision(id)
        texts = {entry.content.number: _without(json.loads(entry.text), passage) for entry in entries}
        changed = {number: text for number, text in texts.items() if text is not None}
        recorded = _record(Erasures(store.database), connection, ErasureKind.ENTRY, changed)
        if not recorded:
            raise _absent(passage, f"decision {id}")
        entry = appender.append(
            Event.REDACT, checked.by, decision=id, reason=checked.reason, redactions=tuple(recorded)
        )
    store.database.empty_log()
    return entry


def redact_history(
    store: Store, kind: RecordKind, id: str, passage: str, *, by: str, reason: str | None = None
) -> Entry:
    """Erase `passage` from every revision of a record, and from what sources state about it. Return the entry.

    If the latest revision contains the passage, a new revision without it is added first, so that searches follow.

    Raises:
        InvalidInput: `passage` is too short, or `by` or `reason` is not valid.
        NotFound: no record has this id, or its history does not contain the passage.

    """
    passage, checked = _checked(passage), attribution(by, reason)
    history = store.history(kind, id)
    with store.writing() as writer:
        writer.erases = True
        _redact_sources(writer.connection, id, passage)
        if (latest := history[-1].record) is not None:
            _put_without(writer, latest, passage)
        rows = writer.connection.execute(
            select(revision.c.sequence, revision.c.content).where(revision.c.kind == kind.value, revision.c.id == id)
        ).all()
        texts = {row.sequence: _text_without(row.content, passage) for row in rows if row.content is not None}
        changed = {number: text for number, text in texts.items() if text is not None}
        recorded = _record(Erasures(store.database), writer.connection, ErasureKind.REVISION, changed)
        if not recorded:
            raise _absent(passage, f"the history of {kind.value} {id}")
        return Appender(writer.connection).append(
            Event.REDACT, checked.by, decision=RECORDS, reason=checked.reason, redactions=tuple(recorded)
        )


class TextColumns(NamedTuple):
    """The columns of a table of texts: the number of a text, the text, and the digest of the text as first written."""

    table: Table
    number: ColumnElement[int]
    content: ColumnElement[str]
    original: ColumnElement[str]


TEXTS: Final = {
    ErasureKind.REVISION: TextColumns(revision, revision.c.sequence, revision.c.content, revision.c.digest),
    ErasureKind.ENTRY: TextColumns(ledger_entry, ledger_entry.c.number, ledger_entry.c.content, ledger_entry.c.hash),
}


def replace_text(connection: Connection, kind: ErasureKind, number: int, text: str) -> None:
    """Replace the text of a revision or an entry. The triggers refuse this unless the erasure is recorded."""
    columns = TEXTS[kind]
    connection.execute(update(columns.table).where(columns.number == number).values(content=text))


def _record(
    erasures: Erasures, connection: Connection, kind: ErasureKind, texts: dict[int, str]
) -> list[RecordedRedaction]:
    recorded = []
    for number, text in texts.items():
        digest = digest_of(text.encode())
        original = connection.scalar(select(TEXTS[kind].original).where(TEXTS[kind].number == number))
        erasures.record(kind, str(number), digest=digest, content=text, original=original)
        replace_text(connection, kind, number, text)
        recorded.append(RecordedRedaction(kind=kind, number=number, digest=digest))
    return recorded


def _checked(passage: str) -> str:
    if len(passage := passage.strip()) < _SHORTEST:
        raise InvalidInput(
            f"is shorter than {_SHORTEST} characters",
            remedy="Enter the words to erase exactly as they are stored",
            place=Place(field="passage"),
        )
    return passage


def _absent(passage: str, where: str) -> NotFound:
    return NotFound(
        f"{where} does not contain these {len(passage)} characters",
        remedy="Enter the words to erase exactly as they are stored, with the same capitals and spaces",
    )


def _put_without(writer: Writer, latest: Profile | Need, passage: str) -> None:
    remaining = map_texts(latest, lambda text, _: fitting(text.replace(passage, REDACTED), text))
    if remaining is latest:
        return
    if isinstance(remaining, Need):
        writer.put(remaining, source=_SOURCE)
    else:
        Session(writer).put_own([(remaining, None)], source=_SOURCE)


def _redact_sources(connection: Connection, id: str, passage: str) -> None:
    """Erase the passage from the statements about the profile `id`, and from the releases of notices.

    Their digests stay, so that importing the same files again does not bring the passage back.
    """
    same = (identity.c.source == statement.c.source) & (identity.c.record == statement.c.record)
    query = select(statement).join(identity, same).where(identity.c.profile_id == id)
    for row in connection.execute(query).all():
        if (text := _text_without(row.content, passage)) is not None:
            is_row = (statement.c.source == row.source) & (statement.c.record == row.record)
            connection.execute(update(statement).where(is_row).values(content=text))
    escaped = json.dumps(passage, ensure_ascii=False)[1:-1]
    for row in connection.execute(select(release).where(release.c.content.contains(escaped, autoescape=True))).all():
        if (text := _text_without(row.content, passage)) is not None:
            is_row = (release.c.ocid == row.ocid) & (release.c.id == row.id)
            connection.execute(update(release).where(is_row).values(content=text))


def _without(content: dict[str, Any], passage: str) -> str | None:
    """Return the text of an entry with `content` without the passage, or None if its words do not contain it."""
    search = content.get("search", {})
    before = canonical_json(content)
    if "reason" in content:
        content["reason"] = _replaced(content["reason"], passage)
    for part in [name for name in ("filters",) if name in search]:
        search[part] = _replaced(search[part], passage)
    if "record" in search.get("need", {}):
        record = _replaced(search["need"]["record"], passage)
        if record != search["need"]["record"]:
            need = parse(Need, record, stored=True)
            search["need"] |= {"record": record, "digest": canonical(need)[1]}
            kept = set(terms_of(" ".join(_texts(record))))
            erased = set(terms_of(passage)) - kept
            search["terms"] = [[term for term in terms if term not in erased] for terms in search["terms"]]
    if (text := canonical_json(content)) == before:
        return None
    return canonical_json({name: value for name, value in content.items() if name != "nonce"}) if text else None


def _text_without(content: str, passage: str) -> str | None:
    """Return the JSON text `content` without the passage, or None if it does not contain the passage."""
    value = json.loads(content)
    replaced = _replaced(value, passage)
    return None if replaced == value else canonical_json(replaced)


def _replaced(value: Any, passage: str) -> Any:
    """Return the JSON value with `passage` replaced in every text but ids and codes."""
    return _mapped(value, lambda text: fitting(text.replace(passage, REDACTED), text))


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_mapped(part, change) for part in value]
    if isinstance(value, dict):
        return {name: part if name in CODES else _mapped(part, change) for name, part in value.items()}
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
