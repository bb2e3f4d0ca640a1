"""Identity: which profile a statement is about.

The rules, the first that answers: the statement is known already; a register number is shared; the publisher's own
number of the supplier is; the name is, with its legal form, and no register number contradicts it; between
notices, the name is but for a legal form that one of them leaves out. Two profiles that turn out to share a
number become one, unless both are suppliers' own words or they were put apart by hand. In doubt the supplier gets
a profile of its own: two that are one can be joined later, evidence for what was joined wrongly is gone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, insert, select, update

from matcher.register.names import conflict, is_number, keys_of, same_core
from matcher.register.schema import apart, identity, identity_key
from matcher.sources.statement import REGISTERS, Source, Statement
from matcher.store.revisions import RecordKind
from matcher.store.rows import chunks, insert_into
from matcher.store.schema import head, revision

Reference = tuple[str, str]  # source, record
# How a revision that was composed here begins its source.
MERGED = "merged: "


class Identities:
    """What is known of who is who, for one batch of statements and what may be about the same suppliers."""

    def __init__(self, connection: Connection, statements: Sequence[Statement]) -> None:
        self._connection = connection
        self.touched: set[str] = set()
        self.counts: Counter[str] = Counter()
        self._keys = {_reference(said): keys_of(said.fields, said.party) for said in statements}
        self._known = self._identities(self._keys)
        self._apart = self._set_apart(self._keys)
        wanted = {key for keys in self._keys.values() for one in keys for key in _wanted(one)}
        self._profiles: dict[str, set[str]] = defaultdict(set)  # those that have a key
        self._keys_of: dict[str, set[str]] = defaultdict(set)  # the keys that a profile has
        self._load(wanted)
        self._own = self._owned(self._keys_of)
        self._rows: list[dict[str, str]] = []
        self._key_rows: list[dict[str, str]] = []

    def resolve(self, said: Statement) -> str | None:
        """Return the profile that a statement is about, None where it is about none that is known and makes none."""
        reference, keys = _reference(said), self._keys[_reference(said)]
        numbered = [id for key in keys if is_number(key) for id in sorted(self._profiles.get(key, ()), key=self._first)]
        numbered = [id for id in dict.fromkeys(numbered) if self._may_join(reference, id, set(keys))]
        if said.source is Source.SUPPLIER:
            return self._claim(said, keys, numbered)
        profile_id = self._known.get(reference)
        if profile_id is None:
            found = self._by_number(numbered, keys) or self._by_party(reference, keys) or self._by_name(said, keys)
            if found is None and (said.known_only or said.ended):
                self.counts["not of a known supplier"] += 1
                return None
            profile_id, rule, evidence = found or (self._free(said.proposed), "first", "")
            self.counts["suppliers new" if rule == "first" else f"joined by {rule}"] += 1
            self._add(reference, profile_id, rule, evidence)
        self._learn(reference, profile_id, keys)
        for other in numbered:
            profile_id = self._join(profile_id, other)
        return profile_id

    def _claim(self, said: Statement, keys: tuple[str, ...], numbered: list[str]) -> str:
        """Make a profile its supplier's own, and let it take over those that sources made of the same supplier."""
        id, reference = said.record, _reference(said)
        if reference not in self._known:
            self._add(reference, id, "own", "")
        self._own.add(id)
        self._learn(reference, id, keys)
        for other in numbered:
            self._join(id, other)
        if found := self._by_name(said, keys):
            self._join(id, found[0], found[1], found[2])
        return id

    def finish(self) -> None:
        """Write what was found out."""
        if self._rows:
            self._connection.execute(insert(identity), self._rows)
        references = {(row["source"], row["record"]) for row in self._key_rows}
        _forget_keys(self._connection, references)
        if self._key_rows:
            self._connection.execute(
                insert_into(self._connection, identity_key).on_conflict_do_nothing(), self._key_rows
            )
        self._rows, self._key_rows = [], []

    def _by_number(self, numbered: list[str], keys: tuple[str, ...]) -> tuple[str, str, str] | None:
        if not numbered:
            return None
        shared = next(key for key in keys if is_number(key) and numbered[0] in self._profiles.get(key, ()))
        return numbered[0], "number", shared

    def _by_party(self, reference: Reference, keys: tuple[str, ...]) -> tuple[str, str, str] | None:
        for key in keys:
            if key.startswith("party:"):
                found = [id for id in self._profiles.get(key, ()) if self._may_join(reference, id, set(keys))]
                if len(found) == 1:
                    return found[0], "publisher's number", key
        return None

    def _by_name(self, said: Statement, keys: tuple[str, ...]) -> tuple[str, str, str] | None:
        key = next((key for key in keys if key.startswith("name:")), None)
        if key is None:
            return None
        exact = [id for id in self._profiles.get(key, ()) if self._may_join(_reference(said), id, set(keys))]
        exact = [
            id for id in exact if self._is_near(said, key, id, set(keys)) and id != self._known.get(_reference(said))
        ]
        if len(exact) > 1:
            exact = [id for id in exact if not any(map(is_number, self._keys_of[id]))]
        if len(exact) == 1:
            return exact[0], "name", key
        if exact or said.source in REGISTERS or said.source is Source.SUPPLIER or " " not in key:
            return None
        form = key.rpartition(":")[2]
        others = {
            id for other in same_core(key) for id in self._profiles.get(other, ()) if not form or other[-1] == ":"
        }
        loose = [id for id in sorted(others) if self._may_join(_reference(said), id, set(keys))]
        return (loose[0], "name without its legal form", key) if len(loose) == 1 else None

    def _is_near(self, said: Statement, key: str, profile_id: str, keys: set[str]) -> bool:
        """Whether a name of a register may be that of a profile: many charities are called alike, so without a
        legal form the places must agree where both are known.
        """
        theirs = {one for one in self._keys_of[profile_id] if one.startswith("place:")}
        mine = {one for one in keys if one.startswith("place:")}
        registered = said.source in REGISTERS or any(map(is_number, self._keys_of[profile_id]))
        return bool(not registered or not key.endswith(":") or not mine or not theirs or mine & theirs)

    def _may_join(self, reference: Reference, profile_id: str, keys: set[str]) -> bool:
        return profile_id not in self._apart.get(reference, ()) and not conflict(keys, self._keys_of[profile_id])

    def _join(self, first: str, second: str, rule: str = "number", evidence: str = "") -> str:
        """Make two profiles of one supplier one, and return its id."""
        keep, gone = sorted((first, second), key=self._first)
        if keep == gone or gone in self._own or conflict(self._keys_of[keep], self._keys_of[gone]):
            return first
        if self._are_apart(keep, gone):
            return first
        self.finish()
        shared = sorted(key for key in self._keys_of[keep] & self._keys_of[gone] if is_number(key))
        new = {"profile_id": keep, "rule": rule, "evidence": evidence or ", ".join(shared)}
        self._connection.execute(update(identity).where(identity.c.profile_id == gone).values(new))
        for key in self._keys_of.pop(gone):
            self._profiles[key].discard(gone)
            self._profiles[key].add(keep)
            self._keys_of[keep].add(key)
        self._known = {reference: keep if id == gone else id for reference, id in self._known.items()}
        self.touched |= {keep, gone}
        self.counts["profiles joined"] += 1
        return keep

    def _are_apart(self, first: str, second: str) -> bool:
        asked = (
            select(apart.c.profile_id)
            .join(identity, (identity.c.source == apart.c.source) & (identity.c.record == apart.c.record))
            .where(identity.c.profile_id.in_((first, second)), apart.c.profile_id.in_((first, second)))
        )
        return self._connection.execute(asked).first() is not None

    def _first(self, profile_id: str) -> tuple[bool, bool, str]:
        """What comes first gives a joined profile its id: a supplier's own, then one named by a register."""
        return profile_id not in self._own, not profile_id.startswith("gb-"), profile_id

    def _add(self, reference: Reference, profile_id: str, rule: str, evidence: str) -> None:
        self._known[reference] = profile_id
        source, record = reference
        row = {"source": source, "record": record, "profile_id": profile_id, "rule": rule, "evidence": evidence}
        self._rows.append(row)

    def _learn(self, reference: Reference, profile_id: str, keys: tuple[str, ...]) -> None:
        source, record = reference
        self._key_rows += [{"key": key, "source": source, "record": record} for key in keys]
        self._keys_of[profile_id] |= set(keys)
        for key in keys:
            self._profiles[key].add(profile_id)

    def _free(self, proposed: str) -> str:
        """Return the id for a new profile: the one proposed, or that with a number where it is taken."""
        number, id = 1, proposed
        while id in self._keys_of or _is_taken(self._connection, id):
            number += 1
            id = f"{proposed}-{number}"
        return id

    def _identities(self, references: Iterable[Reference]) -> dict[Reference, str]:
        found: dict[Reference, str] = {}
        for source, records in _by_source(references).items():
            for chunk in chunks(records):
                asked = select(identity).where(identity.c.source == source, identity.c.record.in_(chunk))
                found.update({(source, row.record): row.profile_id for row in self._connection.execute(asked)})
        return found

    def _set_apart(self, references: Iterable[Reference]) -> dict[Reference, set[str]]:
        found: dict[Reference, set[str]] = defaultdict(set)
        for source, records in _by_source(references).items():
            for chunk in chunks(records):
                for row in self._connection.execute(
                    select(apart).where(apart.c.source == source, apart.c.record.in_(chunk))
                ):
                    found[source, row.record].add(row.profile_id)
        return found

    def _load(self, wanted: set[str]) -> None:
        same = (identity.c.source == identity_key.c.source) & (identity.c.record == identity_key.c.record)
        ids: set[str] = set(self._known.values())
        for chunk in chunks(sorted(wanted)):
            asked = select(identity.c.profile_id).join(identity_key, same).where(identity_key.c.key.in_(chunk))
            ids |= {row.profile_id for row in self._connection.execute(asked.distinct())}
        for chunk in chunks(sorted(ids)):
            asked_keys = select(identity.c.profile_id, identity_key.c.key).join(identity_key, same)
            for row in self._connection.execute(asked_keys.where(identity.c.profile_id.in_(chunk)).distinct()):
                self._keys_of[row.profile_id].add(row.key)
                self._profiles[row.key].add(row.profile_id)

    def _owned(self, ids: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for chunk in chunks(sorted(ids)):
            asked = select(identity.c.profile_id).where(
                identity.c.source == Source.SUPPLIER.value, identity.c.profile_id.in_(chunk)
            )
            found |= {row.profile_id for row in self._connection.execute(asked)}
        return found


def forget(connection: Connection, references: Iterable[Reference]) -> None:
    """Remove who the statements of `references` are about, and what they are recognised by."""
    references = list(references)
    _forget_keys(connection, references)
    for source, records in _by_source(references).items():
        for chunk in chunks(records):
            connection.execute(delete(identity).where(identity.c.source == source, identity.c.record.in_(chunk)))


def free_id(connection: Connection, proposed: str) -> str:
    """Return an id for a new profile that no profile has, nor had by its supplier's own words."""
    number, id = 1, proposed
    while _is_taken(connection, id):
        number += 1
        id = f"{proposed}-{number}"
    return id


def _forget_keys(connection: Connection, references: Iterable[Reference]) -> None:
    for source, records in _by_source(references).items():
        for chunk in chunks(records):
            gone = identity_key.c.source == source, identity_key.c.record.in_(chunk)
            connection.execute(delete(identity_key).where(*gone))


def _is_taken(connection: Connection, id: str) -> bool:
    stated = connection.execute(select(identity.c.record).where(identity.c.profile_id == id).limit(1)).first()
    put = connection.execute(
        select(revision.c.source)
        .join(head, head.c.sequence == revision.c.sequence)
        .where(head.c.kind == RecordKind.PROFILE.value, head.c.id == id)
    ).first()
    return stated is not None or (put is not None and not put.source.startswith(MERGED))


def _by_source(references: Iterable[Reference]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for source, record in sorted(set(references)):
        found[source].append(record)
    return found


def _reference(said: Statement) -> Reference:
    return said.source.value, said.record


def _wanted(key: str) -> list[str]:
    return same_core(key) if key.startswith("name:") else [] if key.startswith("place:") else [key]
