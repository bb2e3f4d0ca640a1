"""Decide which profile a statement is about. The first rule that matches wins:

1. The statement is already assigned to a profile.
2. The statement and a profile share a register number.
3. The statement and a profile share the publisher's own number for the supplier.
4. The statement and a profile share a name and legal form.
5. The statement is from a notice and shares a name with a profile, but only one of the two gives the legal form.

Rules 2 to 5 skip profiles with a conflicting register number. Rules 3 to 5 require exactly one match.
Profiles that turn out to share a register number are joined, unless both were written by suppliers or one was split
from the other. If in doubt, create a new profile: duplicates can be joined later, but a wrong join loses the evidence
needed to undo it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence

from sqlalchemy import Connection, delete, insert, select, update

from matcher.register.names import is_number, keys_in_any_form, keys_of, numbers_conflict
from matcher.register.schema import apart, identity, identity_key
from matcher.sources.catalogue import REGISTERS
from matcher.sources.statement import SUPPLIER, Statement
from matcher.store.revisions import RecordKind
from matcher.store.rows import chunks, insert_into
from matcher.store.schema import head, revision

# The source of a statement and its record number in that source, which together identify the statement.
Reference = tuple[str, str]
# The id of the matching profile, the rule that found it, and the evidence for the match.
ProfileMatch = tuple[str, str, str]
# The prefix of `source` in every revision composed by the register.
MERGED = "merged: "


class Identities:
    """Decides which profile each statement in a batch is about."""

    def __init__(self, connection: Connection, statements: Sequence[Statement]) -> None:
        self._connection = connection
        self.touched: set[str] = set()
        self.counts: Counter[str] = Counter()
        self._keys = {_reference(statement): keys_of(statement.fields, statement.party) for statement in statements}
        self._known = self._assigned_profiles(self._keys)
        self._split_from = self._split_profiles(self._keys)
        self._profiles: dict[str, set[str]] = defaultdict(set)  # profile ids by key
        self._keys_of: dict[str, set[str]] = defaultdict(set)  # keys by profile id
        self._load({form for keys in self._keys.values() for key in keys for form in _forms_to_load(key)})
        self._own = self._own_profiles(self._keys_of)
        self._rows: list[dict[str, str]] = []
        self._key_rows: list[dict[str, str]] = []

    def resolve(self, statement: Statement) -> str | None:
        """Return the id of the profile that `statement` is about, or the id of a new profile if none matches.

        Return None if no profile matches and the statement may not create one. Call `finish` to write the results.
        """
        reference, keys = _reference(statement), self._keys[_reference(statement)]
        numbered = [id for key in keys if is_number(key) for id in sorted(self._profiles.get(key, ()), key=self._rank)]
        numbered = [id for id in dict.fromkeys(numbered) if self._may_join(reference, id, set(keys))]
        if statement.source == SUPPLIER:
            return self._resolve_own(statement, keys, numbered)
        profile_id = self._known.get(reference)
        if profile_id is None:
            match = self._by_number(numbered, keys) or self._by_party(reference, keys) or self._by_name(statement, keys)
            if match is None and (statement.known_only or statement.ended):
                self.counts["not of a known supplier"] += 1
                return None
            profile_id, rule, evidence = match or self._new_profile(statement)
            self.counts["suppliers new" if rule == "first" else f"joined by {rule}"] += 1
            self._assign(reference, profile_id, rule, evidence)
        self._add_keys(reference, profile_id, keys)
        for other in numbered:
            profile_id = self._join(profile_id, other)
        return profile_id

    def _resolve_own(self, statement: Statement, keys: tuple[str, ...], numbered: list[str]) -> str:
        """Join matching profiles from other sources into the profile that the supplier wrote, and return its id."""
        id, reference = statement.record, _reference(statement)
        if reference not in self._known:
            self._assign(reference, id, "own", "")
        self._own.add(id)
        self._add_keys(reference, id, keys)
        for other in numbered:
            self._join(id, other)
        if match := self._by_name(statement, keys):
            self._join(id, *match)
        return id

    def finish(self) -> None:
        """Write the assignments and keys found since the last call."""
        if self._rows:
            self._connection.execute(insert(identity), self._rows)
        references = {(row["source"], row["record"]) for row in self._key_rows}
        _delete_keys(self._connection, references)
        if self._key_rows:
            self._connection.execute(
                insert_into(self._connection, identity_key).on_conflict_do_nothing(), self._key_rows
            )
        self._rows, self._key_rows = [], []

    def _by_number(self, numbered: list[str], keys: tuple[str, ...]) -> ProfileMatch | None:
        if not numbered:
            return None
        shared = next(key for key in keys if is_number(key) and numbered[0] in self._profiles.get(key, ()))
        return numbered[0], "number", shared

    def _by_party(self, reference: Reference, keys: tuple[str, ...]) -> ProfileMatch | None:
        for key in keys:
            if key.startswith("party:"):
                matches = [id for id in self._profiles.get(key, ()) if self._may_join(reference, id, set(keys))]
                if len(matches) == 1:
                    return matches[0], "publisher's number", key
        return None

    def _by_name(self, statement: Statement, keys: tuple[str, ...]) -> ProfileMatch | None:
        key = next((key for key in keys if key.startswith("name:")), None)
        if key is None:
            return None
        reference = _reference(statement)
        exact = [id for id in self._profiles.get(key, ()) if self._may_join(reference, id, set(keys))]
        exact = [
            id for id in exact if self._places_agree(statement, key, id, set(keys)) and id != self._known.get(reference)
        ]
        if len(exact) > 1:
            exact = [id for id in exact if not any(map(is_number, self._keys_of[id]))]
        if len(exact) == 1:
            return exact[0], "name", key
        # A one-word name is too common to match without its legal form.
        if exact or statement.source in REGISTERS or statement.source == SUPPLIER or " " not in key:
            return None
        form = key.rpartition(":")[2]
        variants = [other for other in keys_in_any_form(key) if not form or other.endswith(":")]
        others = {id for other in variants for id in self._profiles.get(other, ())}
        loose = [id for id in sorted(others) if self._may_join(reference, id, set(keys))]
        return (loose[0], "name without its legal form", key) if len(loose) == 1 else None

    def _places_agree(self, statement: Statement, key: str, profile_id: str, keys: set[str]) -> bool:
        """Return whether a statement and a profile with the same name can be joined, judging by their places.

        Different charities often have the same name. If the statement is from a register or the profile has a register
        number, and the name has no legal form, the places must agree unless one of them is unknown.
        """
        profile_places = {key for key in self._keys_of[profile_id] if key.startswith("place:")}
        places = {key for key in keys if key.startswith("place:")}
        is_registered = statement.source in REGISTERS or any(map(is_number, self._keys_of[profile_id]))
        has_form = not key.endswith(":")
        return not is_registered or has_form or not places or not profile_places or bool(places & profile_places)

    def _may_join(self, reference: Reference, profile_id: str, keys: set[str]) -> bool:
        was_split = profile_id in self._split_from.get(reference, ())
        return not was_split and not numbers_conflict(keys, self._keys_of[profile_id])

    def _join(self, first: str, second: str, rule: str = "number", evidence: str = "") -> str:
        """Join two profiles of one supplier and return the id that is kept, or `first` if they must stay separate."""
        kept, removed = sorted((first, second), key=self._rank)
        if (
            kept == removed
            or removed in self._own
            or numbers_conflict(self._keys_of[kept], self._keys_of[removed])
            or self._were_split(kept, removed)
        ):
            return first
        self.finish()
        shared = sorted(key for key in self._keys_of[kept] & self._keys_of[removed] if is_number(key))
        new = {"profile_id": kept, "rule": rule, "evidence": evidence or ", ".join(shared)}
        self._connection.execute(update(identity).where(identity.c.profile_id == removed).values(new))
        for key in self._keys_of.pop(removed):
            self._profiles[key].discard(removed)
            self._profiles[key].add(kept)
            self._keys_of[kept].add(key)
        self._known = {reference: kept if id == removed else id for reference, id in self._known.items()}
        self.touched |= {kept, removed}
        self.counts["profiles joined"] += 1
        return kept

    def _were_split(self, first: str, second: str) -> bool:
        query = (
            select(apart.c.profile_id)
            .join(identity, (identity.c.source == apart.c.source) & (identity.c.record == apart.c.record))
            .where(identity.c.profile_id.in_((first, second)), apart.c.profile_id.in_((first, second)))
        )
        return self._connection.execute(query).first() is not None

    def _rank(self, profile_id: str) -> tuple[bool, bool, str]:
        """Return a sort key. A joined profile keeps the id that sorts first: the supplier's own, then a register's."""
        return profile_id not in self._own, not profile_id.startswith("gb-"), profile_id

    def _assign(self, reference: Reference, profile_id: str, rule: str, evidence: str) -> None:
        self._known[reference] = profile_id
        source, record = reference
        row = {"source": source, "record": record, "profile_id": profile_id, "rule": rule, "evidence": evidence}
        self._rows.append(row)

    def _add_keys(self, reference: Reference, profile_id: str, keys: tuple[str, ...]) -> None:
        source, record = reference
        self._key_rows += [{"key": key, "source": source, "record": record} for key in keys]
        self._keys_of[profile_id] |= set(keys)
        for key in keys:
            self._profiles[key].add(profile_id)

    def _new_profile(self, statement: Statement) -> ProfileMatch:
        return unused_id(self._connection, statement.proposed, self._keys_of), "first", ""

    def _assigned_profiles(self, references: Iterable[Reference]) -> dict[Reference, str]:
        profiles: dict[Reference, str] = {}
        for source, records in _by_source(references).items():
            for chunk in chunks(records):
                query = select(identity).where(identity.c.source == source, identity.c.record.in_(chunk))
                profiles.update({(source, row.record): row.profile_id for row in self._connection.execute(query)})
        return profiles

    def _split_profiles(self, references: Iterable[Reference]) -> dict[Reference, set[str]]:
        """For each statement in `references`, return the ids of the profiles that it was split from."""
        profiles: dict[Reference, set[str]] = defaultdict(set)
        for source, records in _by_source(references).items():
            for chunk in chunks(records):
                query = select(apart).where(apart.c.source == source, apart.c.record.in_(chunk))
                for row in self._connection.execute(query):
                    profiles[source, row.record].add(row.profile_id)
        return profiles

    def _load(self, keys: set[str]) -> None:
        """Load all keys of each profile that has any of `keys` or that a statement in the batch is assigned to."""
        same = (identity.c.source == identity_key.c.source) & (identity.c.record == identity_key.c.record)
        ids: set[str] = set(self._known.values())
        for chunk in chunks(sorted(keys)):
            query = select(identity.c.profile_id).join(identity_key, same).where(identity_key.c.key.in_(chunk))
            ids |= {row.profile_id for row in self._connection.execute(query.distinct())}
        for chunk in chunks(sorted(ids)):
            key_query = select(identity.c.profile_id, identity_key.c.key).join(identity_key, same)
            for row in self._connection.execute(key_query.where(identity.c.profile_id.in_(chunk)).distinct()):
                self._keys_of[row.profile_id].add(row.key)
                self._profiles[row.key].add(row.profile_id)

    def _own_profiles(self, ids: Iterable[str]) -> set[str]:
        """Return those `ids` whose profiles were written by the suppliers themselves."""
        own: set[str] = set()
        for chunk in chunks(sorted(ids)):
            query = select(identity.c.profile_id).where(identity.c.source == SUPPLIER, identity.c.profile_id.in_(chunk))
            own |= {row.profile_id for row in self._connection.execute(query)}
        return own


def forget(connection: Connection, references: Iterable[Reference]) -> None:
    """Delete the identities and keys of the statements in `references`."""
    references = list(references)
    _delete_keys(connection, references)
    for source, records in _by_source(references).items():
        for chunk in chunks(records):
            connection.execute(delete(identity).where(identity.c.source == source, identity.c.record.in_(chunk)))


def unused_id(connection: Connection, proposed: str, reserved: Container[str] = ()) -> str:
    """Return an id for a new profile: `proposed`, with a number added if that id is in use or in `reserved`."""
    number, id = 1, proposed
    while id in reserved or _is_used(connection, id):
        number += 1
        id = f"{proposed}-{number}"
    return id


def _delete_keys(connection: Connection, references: Iterable[Reference]) -> None:
    for source, records in _by_source(references).items():
        for chunk in chunks(records):
            is_listed = identity_key.c.source == source, identity_key.c.record.in_(chunk)
            connection.execute(delete(identity_key).where(*is_listed))


def _is_used(connection: Connection, id: str) -> bool:
    """Return whether `id` is in use: by a statement, or by a profile that was last written outside the register."""
    stated = connection.execute(select(identity.c.record).where(identity.c.profile_id == id).limit(1)).first()
    put = connection.execute(
        select(revision.c.source)
        .join(head, head.c.sequence == revision.c.sequence)
        .where(head.c.kind == RecordKind.PROFILE.value, head.c.id == id)
    ).first()
    return stated is not None or (put is not None and not put.source.startswith(MERGED))


def _by_source(references: Iterable[Reference]) -> dict[str, list[str]]:
    records: dict[str, list[str]] = defaultdict(list)
    for source, record in sorted(set(references)):
        records[source].append(record)
    return records


def _reference(statement: Statement) -> Reference:
    return statement.source, statement.record


def _forms_to_load(key: str) -> list[str]:
    """Return the keys to load for `key`: a name with every legal form, but no place, as a place alone never matches."""
    return keys_in_any_form(key) if key.startswith("name:") else [] if key.startswith("place:") else [key]
