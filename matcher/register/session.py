"""Sessions: changes to the register, made in one transaction per session.

A session adds and drops statements. When the session finishes, each profile with changed statements is composed
once, however many statements changed.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, delete, select, update

from matcher.records import Contact, Profile
from matcher.register.composition import Composition, StoredStatement, compose
from matcher.register.identity import MERGED, Identities, Reference, forget
from matcher.register.schema import apart, follower, identity, statement
from matcher.sources.statement import SUPPLIER, Origin, Statement
from matcher.store import Put, RecordKind, Writer
from matcher.store.rows import chunks, insert_into, storable
from matcher.store.schema import head, revision

_BATCH: Final = 250
_FOLLOWER: Final = "profiles"


class Session:
    """A session in the transaction of `writer`. Call `finish` before the transaction is committed."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._connection = writer.connection
        self._touched: set[str] = set()
        self.counts: Counter[str] = Counter()

    def add(self, statements: Iterable[Statement]) -> None:
        """Store new and changed statements. A statement replaces the one with the same source and record."""
        for batch in chunks(statements, _BATCH):
            self._add(list({_reference(statement): statement for statement in batch}.values()))

    def drop(self, references: Iterable[Reference]) -> None:
        """Delete statements withdrawn by their source."""
        references = list(references)
        self._touched |= set(self._profiles_of(references).values())
        for source, record in references:
            is_listed = statement.c.source == source, statement.c.record == record
            self._connection.execute(delete(statement).where(*is_listed))
        forget(self._connection, references)

    def end(self, references: Iterable[Reference]) -> None:
        """Mark statements as ended. A later statement with the same source and record takes this back."""
        for batch in chunks(references, _BATCH):
            self._touched |= set(self._profiles_of(batch).values())
            for source, record in batch:
                is_listed = statement.c.source == source, statement.c.record == record
                content = self._connection.execute(select(statement.c.content).where(*is_listed)).scalar_one()
                values = {"ended": True, "digest": _digest(json.loads(content), True)}
                self._connection.execute(update(statement).where(*is_listed).values(values))

    def touch(self, profile_ids: Iterable[str]) -> None:
        """Mark profiles to be composed again."""
        self._touched.update(profile_ids)

    def follow(self) -> None:
        """Process profiles that were written or withdrawn directly since the last run.

        Each such profile is treated as its supplier's own statement. If other sources have led to another profile for
        the same supplier, that profile is joined to the supplier's own.
        """
        seen = self._seen()
        while rows := self._heads_after(seen):
            seen = rows[-1].sequence
            own = [row for row in rows if not row.source.startswith(MERGED)]
            self.drop([(SUPPLIER, row.id) for row in own if row.content is None])
            self._resolve([_own_statement(row.id, json.loads(row.content)) for row in own if row.content])
            self._touched |= self._with_other_sources([row.id for row in own])
        values = {"name": _FOLLOWER, "sequence": seen}
        upsert = insert_into(self._connection, follower).values(values)
        self._connection.execute(upsert.on_conflict_do_update(index_elements=["name"], set_={"sequence": seen}))

    def put_own(self, profiles: Sequence[tuple[Profile, Contact | None]], *, source: str) -> list[Put]:
        """Store profiles that suppliers wrote themselves, combined with what other sources say about them."""
        shared = self._with_other_sources([profile.id for profile, _ in profiles])
        if not shared:
            return self._writer.put_many(profiles, source=source)
        return [
            self._put_joined(profile, contact)
            if profile.id in shared
            else self._writer.put(profile, contact=contact, source=source)
            for profile, contact in profiles
        ]

    def keep_separate(self, id: str, others: Iterable[str]) -> None:
        """Ensure that the profile `id`, which was written by its supplier, is never joined with any of `others`.

        The supplier has said that `others` are different suppliers.
        """
        rows = [{"source": SUPPLIER, "record": id, "profile_id": other} for other in others]
        if rows:
            self._connection.execute(insert_into(self._connection, apart).on_conflict_do_nothing(), rows)

    def finish(self) -> Counter[str]:
        """Compose the marked profiles. Return how many were added, updated, unchanged, withdrawn or left withdrawn."""
        outcomes: Counter[str] = Counter()
        for ids in chunks(sorted(self._touched), _BATCH):
            heads = self._heads_of(ids)
            self._store(self._own_statements(ids, heads))
            statements = self._statements_of(ids)
            composed = [self._composed(id, statements.get(id, []), heads.get(id), outcomes) for id in ids]
            outcomes.update(self._put([composition for composition in composed if composition]))
        self._touched.clear()
        return outcomes

    def _put_joined(self, profile: Profile, contact: Contact | None) -> Put:
        own = _own_statement(profile.id, _fields(profile))
        self._resolve([own])
        self._store([own])
        composed = compose(profile.id, self._statements_of([profile.id])[profile.id])
        return self._writer.put(composed.profile or profile, contact=contact, source=_revision_source(composed))

    def _add(self, batch: list[Statement]) -> None:
        digests = self._digests(batch)
        changed = [new for new in batch if digests.get(_reference(new)) != _digest(new.fields, new.ended)]
        self.counts["statements unchanged"] += len(batch) - len(changed)
        self._store([resolved for resolved, _ in self._resolve(changed)])

    def _resolve(self, batch: list[Statement]) -> list[tuple[Statement, str]]:
        """Return each statement that could be matched to a profile, with the id of that profile."""
        if not batch:
            return []
        identities = Identities(self._connection, batch)
        resolved = [(new, id) for new in batch if (id := identities.resolve(new)) is not None]
        identities.finish()
        self._touched |= identities.touched | {id for new, id in resolved if new.source != SUPPLIER}
        self.counts.update(identities.counts)
        return resolved

    def _store(self, batch: Sequence[Statement]) -> None:
        rows = [
            {
                "source": new.source,
                "record": new.record,
                "content": json.dumps(new.fields, ensure_ascii=False, sort_keys=True),
                "digest": _digest(new.fields, new.ended),
                "file": storable(new.origin.file),
                "place": storable(new.origin.place),
                "stated": new.origin.stated,
                "ended": new.ended,
            }
            for new in batch
        ]
        if rows:
            upsert = insert_into(self._connection, statement)
            values = {name: upsert.excluded[name] for name in rows[0] if name not in ("source", "record")}
            upsert = upsert.on_conflict_do_update(index_elements=["source", "record"], set_=values)
            self._connection.execute(upsert, rows)

    def _composed(
        self, id: str, statements: list[StoredStatement], before: Row[Any] | None, outcomes: Counter[str]
    ) -> Composition | None:
        """Return the composition to store, or None if there is none. Withdraw a profile that no source supports."""
        is_composed = before is None or before.source.startswith(MERGED)
        if before is not None and before.content is None and not is_composed:
            outcomes["left withdrawn"] += 1  # withdrawn by hand: do not restore it
            return None
        composed = compose(id, statements) if statements or is_composed else None
        if composed is None or (not is_composed and composed.sources == [SUPPLIER]):
            outcomes["unchanged"] += 1
        elif composed.profile is None:
            outcomes[self._withdraw(id, before)] += 1
        else:
            return composed
        return None

    def _put(self, compositions: Sequence[Composition]) -> Counter[str]:
        """Store profiles in groups that share the same sources. Storing them one by one takes several times as long."""
        outcomes: Counter[str] = Counter()
        by_source: dict[str, list[tuple[Profile, Contact | None]]] = defaultdict(list)
        for composition in compositions:
            if composition.profile is not None:
                by_source[_revision_source(composition)].append((composition.profile, None))
        for source, profiles in by_source.items():
            outcomes.update(put.outcome for put in self._writer.put_many(profiles, source=source))
        return outcomes

    def _withdraw(self, id: str, before: Row[Any] | None) -> str:
        if before is None or before.content is None:
            return "unchanged"
        self._writer.withdraw(RecordKind.PROFILE, id, source=f"{MERGED}no source names it any more")
        return "withdrawn"

    def _own_statements(self, ids: list[str], heads: Mapping[str, Row[Any]]) -> list[Statement]:
        """Return a statement for each profile that was last written by its supplier, not by the register."""
        own = [row for id in ids if (row := heads.get(id)) and not row.source.startswith(MERGED) and row.content]
        return [_own_statement(row.id, json.loads(row.content)) for row in own]

    def _statements_of(self, ids: Sequence[str]) -> dict[str, list[StoredStatement]]:
        same = (identity.c.source == statement.c.source) & (identity.c.record == statement.c.record)
        query = select(identity.c.profile_id, statement).join(identity, same).where(identity.c.profile_id.in_(ids))
        statements: dict[str, list[StoredStatement]] = defaultdict(list)
        for row in self._connection.execute(query.order_by(statement.c.source, statement.c.record)):
            statements[row.profile_id].append(statement_of_row(row))
        return statements

    def _with_other_sources(self, ids: Sequence[str]) -> set[str]:
        """Return the ids in `ids` whose profiles have statements from a source other than the supplier."""
        profiles: set[str] = set()
        for chunk in chunks(ids):
            others = identity.c.source != SUPPLIER, identity.c.profile_id.in_(chunk)
            rows = self._connection.execute(select(identity.c.profile_id).where(*others))
            profiles |= {row.profile_id for row in rows}
        return profiles

    def _profiles_of(self, references: Iterable[Reference]) -> dict[Reference, str]:
        profiles: dict[Reference, str] = {}
        for source, record in references:
            query = select(identity.c.profile_id).where(identity.c.source == source, identity.c.record == record)
            if (row := self._connection.execute(query).first()) is not None:
                profiles[source, record] = row.profile_id
        return profiles

    def _digests(self, batch: Sequence[Statement]) -> dict[Reference, str]:
        digests: dict[Reference, str] = {}
        for source in {new.source for new in batch}:
            records = [new.record for new in batch if new.source == source]
            query = select(statement.c.record, statement.c.digest)
            query = query.where(statement.c.source == source, statement.c.record.in_(records))
            digests.update({(source, row.record): row.digest for row in self._connection.execute(query)})
        return digests

    def _heads_of(self, ids: Sequence[str]) -> dict[str, Row[Any]]:
        query = _heads().where(head.c.id.in_(ids))
        return {row.id: row for row in self._connection.execute(query)}

    def _heads_after(self, sequence: int) -> list[Row[Any]]:
        query = _heads().where(head.c.sequence > sequence).order_by(head.c.sequence).limit(_BATCH)
        return list(self._connection.execute(query))

    def _seen(self) -> int:
        """Return the sequence number up to which `follow` has processed revisions."""
        query = select(follower.c.sequence).where(follower.c.name == _FOLLOWER)
        return int(self._connection.execute(query).scalar() or 0)


def statement_of_row(row: Row[Any]) -> StoredStatement:
    """Return a row from the statement table as a `StoredStatement`."""
    fields = json.loads(row.content)
    return StoredStatement(row.source, row.record, fields, row.file, row.place, row.stated, row.ended)


def _heads() -> Any:
    query = select(head.c.id, head.c.sequence, revision.c.content, revision.c.source)
    return query.join(revision, revision.c.sequence == head.c.sequence).where(head.c.kind == RecordKind.PROFILE.value)


def _own_statement(id: str, content: Mapping[str, Any]) -> Statement:
    fields = {name: value for name, value in content.items() if name != "id"}
    return Statement(SUPPLIER, id, fields, Origin("the supplier", id), id)


def _fields(profile: Profile) -> dict[str, Any]:
    fields: dict[str, Any] = profile.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    return fields


def _revision_source(composed: Composition) -> str:
    return MERGED + ", ".join(composed.sources)


def _reference(new: Statement) -> Reference:
    return new.source, new.record


def _digest(fields: Mapping[str, Any], ended: bool) -> str:
    return hashlib.sha256(json.dumps([fields, ended], ensure_ascii=False, sort_keys=True).encode()).hexdigest()
