"""Session: one transaction of the register. Statements are taken; at its end each profile they are about is composed
anew, once, however many of them there were.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, delete, select

from matcher.records import Contact, Profile
from matcher.register.composition import Composition, Said, compose
from matcher.register.identity import MERGED, Identities, Reference, forget
from matcher.register.schema import apart, follower, identity, statement
from matcher.sources.statement import Origin, Source, Statement
from matcher.store import Put, RecordKind, Writer
from matcher.store.rows import chunks, insert_into, storable
from matcher.store.schema import head, revision

_BATCH: Final = 250
_OWN: Final = Source.SUPPLIER.value
_FOLLOWER: Final = "profiles"


class Session:
    """Takes statements in the transaction of `writer`. Call `finish` before it is committed."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._connection = writer.connection
        self._touched: set[str] = set()
        self.counts: Counter[str] = Counter()

    def take(self, statements: Iterable[Statement]) -> None:
        """Keep what is new in `statements`; one under the same number replaces the one before."""
        for batch in chunks(statements, _BATCH):
            self._take(list({(said.source, said.record): said for said in batch}.values()))

    def drop(self, references: Iterable[Reference]) -> None:
        """Forget statements that their source takes back."""
        references = list(references)
        self._touched |= set(self._profiles_of(references).values())
        for source, record in references:
            gone = statement.c.source == source, statement.c.record == record
            self._connection.execute(delete(statement).where(*gone))
        forget(self._connection, references)

    def touch(self, profile_ids: Iterable[str]) -> None:
        """Have these profiles composed anew."""
        self._touched.update(profile_ids)

    def follow(self) -> None:
        """See to the profiles that were put or withdrawn directly since this was last done: each is its supplier's
        own words, and takes over a profile that sources made of the same supplier.
        """
        seen = self._seen()
        while rows := self._heads_after(seen):
            seen = rows[-1].sequence
            own = [row for row in rows if not row.source.startswith(MERGED)]
            self.drop([(_OWN, row.id) for row in own if row.content is None])
            self._resolve([_own_statement(row.id, json.loads(row.content)) for row in own if row.content])
            self._touched |= self._spoken_of([row.id for row in own])
        values = {"name": _FOLLOWER, "sequence": seen}
        upsert = insert_into(self._connection, follower).values(values)
        self._connection.execute(upsert.on_conflict_do_update(index_elements=["name"], set_={"sequence": seen}))

    def put_own(self, profiles: Sequence[tuple[Profile, Contact | None]], *, source: str) -> list[Put]:
        """Put profiles that are suppliers' own words, joined with what sources say of the same suppliers."""
        spoken = self._spoken_of([profile.id for profile, _ in profiles])
        if not spoken:
            return self._writer.put_many(profiles, source=source)
        return [
            self._put_joined(profile, contact)
            if profile.id in spoken
            else self._writer.put(profile, contact=contact, source=source)
            for profile, contact in profiles
        ]

    def keep_apart(self, id: str, others: Iterable[str]) -> None:
        """Never join the profile `id`, its supplier's own words, with any of `others`: the supplier says that those
        are somebody else's.
        """
        rows = [{"source": _OWN, "record": id, "profile_id": other} for other in others]
        if rows:
            self._connection.execute(insert_into(self._connection, apart).on_conflict_do_nothing(), rows)

    def finish(self) -> Counter[str]:
        """Compose the profiles touched, and return how many were added, updated, left unchanged, withdrawn."""
        outcomes: Counter[str] = Counter()
        for ids in chunks(sorted(self._touched), _BATCH):
            heads = self._heads_of(ids)
            self._keep(self._own_words(ids, heads))
            said = self._said_of(ids)
            composed = [self._composed(id, said.get(id, []), heads.get(id), outcomes) for id in ids]
            outcomes.update(self._put([one for one in composed if one]))
        self._touched.clear()
        return outcomes

    def _put_joined(self, profile: Profile, contact: Contact | None) -> Put:
        own = _own_statement(profile.id, _fields(profile))
        self._resolve([own])
        self._keep([own])
        composed = compose(profile.id, self._said_of([profile.id])[profile.id])
        return self._writer.put(composed.profile or profile, contact=contact, source=_source_of(composed))

    def _take(self, batch: list[Statement]) -> None:
        known = self._digests(batch)
        changed = [said for said in batch if known.get(_reference(said)) != _digest(said.fields, said.ended)]
        self.counts["statements unchanged"] += len(batch) - len(changed)
        self._keep([said for said, _ in self._resolve(changed)])

    def _resolve(self, batch: list[Statement]) -> list[tuple[Statement, str]]:
        if not batch:
            return []
        identities = Identities(self._connection, batch)
        found = [(said, id) for said in batch if (id := identities.resolve(said)) is not None]
        identities.finish()
        self._touched |= identities.touched | {id for said, id in found if said.source is not Source.SUPPLIER}
        self.counts.update(identities.counts)
        return found

    def _keep(self, batch: Sequence[Statement]) -> None:
        rows = [
            {
                "source": said.source.value,
                "record": said.record,
                "content": json.dumps(said.fields, ensure_ascii=False, sort_keys=True),
                "digest": _digest(said.fields, said.ended),
                "file": storable(said.origin.file),
                "place": storable(said.origin.place),
                "stated": said.origin.stated,
                "ended": said.ended,
            }
            for said in batch
        ]
        if rows:
            upsert = insert_into(self._connection, statement)
            new = {name: upsert.excluded[name] for name in rows[0] if name not in ("source", "record")}
            self._connection.execute(upsert.on_conflict_do_update(index_elements=["source", "record"], set_=new), rows)

    def _composed(
        self, id: str, said: list[Said], before: Row[Any] | None, outcomes: Counter[str]
    ) -> Composition | None:
        """Return what is to be put, None where that is nothing; withdraw whom nobody names any more."""
        ours = before is None or before.source.startswith(MERGED)
        if before is not None and before.content is None and not ours:
            outcomes["left withdrawn"] += 1  # whoever withdrew it by hand meant it
            return None
        composed = compose(id, said) if said or ours else None
        if composed is None or (not ours and composed.sources == [Source.SUPPLIER]):
            outcomes["unchanged"] += 1
        elif composed.profile is None:
            outcomes[self._withdraw(id, before)] += 1
        else:
            return composed
        return None

    def _put(self, composed: Sequence[Composition]) -> Counter[str]:
        """Put profiles, those of the same sources together: one by one takes several times as long."""
        outcomes: Counter[str] = Counter()
        by_source: dict[str, list[tuple[Profile, Contact | None]]] = defaultdict(list)
        for one in composed:
            if one.profile is not None:
                by_source[_source_of(one)].append((one.profile, None))
        for source, profiles in by_source.items():
            outcomes.update(put.outcome for put in self._writer.put_many(profiles, source=source))
        return outcomes

    def _withdraw(self, id: str, before: Row[Any] | None) -> str:
        if before is None or before.content is None:
            return "unchanged"
        self._writer.withdraw(RecordKind.PROFILE, id, source=f"{MERGED}no source names it any more")
        return "withdrawn"

    def _own_words(self, ids: list[str], heads: Mapping[str, Row[Any]]) -> list[Statement]:
        """Return what suppliers have put since their profile was last composed."""
        put = [row for id in ids if (row := heads.get(id)) and not row.source.startswith(MERGED) and row.content]
        return [_own_statement(row.id, json.loads(row.content)) for row in put]

    def _said_of(self, ids: Sequence[str]) -> dict[str, list[Said]]:
        same = (identity.c.source == statement.c.source) & (identity.c.record == statement.c.record)
        asked = select(identity.c.profile_id, statement).join(identity, same).where(identity.c.profile_id.in_(ids))
        found: dict[str, list[Said]] = defaultdict(list)
        for row in self._connection.execute(asked.order_by(statement.c.source, statement.c.record)):
            found[row.profile_id].append(said_of_row(row))
        return found

    def _spoken_of(self, ids: Sequence[str]) -> set[str]:
        """Return those of `ids` that any source but the supplier speaks about."""
        found: set[str] = set()
        for chunk in chunks(ids):
            others = identity.c.source != _OWN, identity.c.profile_id.in_(chunk)
            found |= {row.profile_id for row in self._connection.execute(select(identity.c.profile_id).where(*others))}
        return found

    def _profiles_of(self, references: Iterable[Reference]) -> dict[Reference, str]:
        found: dict[Reference, str] = {}
        for source, record in references:
            asked = select(identity.c.profile_id).where(identity.c.source == source, identity.c.record == record)
            if (row := self._connection.execute(asked).first()) is not None:
                found[source, record] = row.profile_id
        return found

    def _digests(self, batch: Sequence[Statement]) -> dict[Reference, str]:
        found: dict[Reference, str] = {}
        for source in {said.source.value for said in batch}:
            records = [said.record for said in batch if said.source == source]
            asked = select(statement.c.record, statement.c.digest)
            asked = asked.where(statement.c.source == source, statement.c.record.in_(records))
            found.update({(source, row.record): row.digest for row in self._connection.execute(asked)})
        return found

    def _heads_of(self, ids: Sequence[str]) -> dict[str, Row[Any]]:
        asked = _heads().where(head.c.id.in_(ids))
        return {row.id: row for row in self._connection.execute(asked)}

    def _heads_after(self, sequence: int) -> list[Row[Any]]:
        asked = _heads().where(head.c.sequence > sequence).order_by(head.c.sequence).limit(_BATCH)
        return list(self._connection.execute(asked))

    def _seen(self) -> int:
        asked = select(follower.c.sequence).where(follower.c.name == _FOLLOWER)
        return int(self._connection.execute(asked).scalar() or 0)


def said_of_row(row: Row[Any]) -> Said:
    """Return a row of the statement table as a value."""
    fields = json.loads(row.content)
    return Said(Source(row.source), row.record, fields, row.file, row.place, row.stated, row.ended)


def _heads() -> Any:
    asked = select(head.c.id, head.c.sequence, revision.c.content, revision.c.source)
    return asked.join(revision, revision.c.sequence == head.c.sequence).where(head.c.kind == RecordKind.PROFILE.value)


def _own_statement(id: str, content: Mapping[str, Any]) -> Statement:
    fields = {name: value for name, value in content.items() if name != "id"}
    return Statement(Source.SUPPLIER, id, fields, Origin("the supplier", id), id)


def _fields(profile: Profile) -> dict[str, Any]:
    said: dict[str, Any] = profile.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    return said


def _source_of(composed: Composition) -> str:
    return MERGED + ", ".join(composed.sources)


def _reference(said: Statement) -> Reference:
    return said.source.value, said.record


def _digest(fields: Mapping[str, Any], ended: bool) -> str:
    return hashlib.sha256(json.dumps([fields, ended], ensure_ascii=False, sort_keys=True).encode()).hexdigest()
