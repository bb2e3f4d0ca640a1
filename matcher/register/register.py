"""Register: one profile a supplier, made of everything that is stated about it, and where each part comes from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update

from matcher.foundations.errors import Conflict, InvalidInput, NotFound
from matcher.register.composition import compose
from matcher.register.identity import MERGED, free_id
from matcher.register.schema import apart, identity, statement
from matcher.register.session import Session, said_of_row
from matcher.sources.ocds.parties import proposed_id
from matcher.sources.statement import LICENCES, Source
from matcher.store import Store
from matcher.store.rows import insert_into


@dataclass(frozen=True)
class Provenance:
    """Who says one part of a profile (`field`, a dotted path): the source and its number for it, where it was read
    and on what terms, when it was stated, and by which rule and evidence it was taken to be of this supplier.
    """

    field: str
    source: str
    record: str
    file: str
    place: str
    licence: str
    stated: date | None
    rule: str
    evidence: str


class Register:
    """The register of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def follow(self) -> None:
        """See to the profiles that were put directly; see `Session.follow`."""
        with self._store.writing() as writer:
            session = Session(writer)
            session.follow()
            session.finish()

    def provenance(self, profile_id: str) -> tuple[Provenance, ...]:
        """Return where each part of a profile comes from, in the order of its fields.

        Raises:
            NotFound: there is no such profile.

        """
        found = self._store.profile(profile_id)
        same = (identity.c.source == statement.c.source) & (identity.c.record == statement.c.record)
        asked = select(statement, identity.c.rule, identity.c.evidence).join(identity, same)
        with self._store.reading() as connection:
            rows = connection.execute(asked.where(identity.c.profile_id == profile_id)).all()
        if not found.source.startswith(MERGED):  # nobody else speaks, or the supplier has spoken last
            content = found.record.model_dump(mode="json", exclude_defaults=True, exclude_none=True, exclude={"id"})
            return tuple(_own(name, found.source, profile_id) for name in sorted(content))
        why = {(row.source, row.record): (row.rule, row.evidence) for row in rows}
        return tuple(
            Provenance(
                path,
                said.source.value,
                said.record,
                said.file,
                said.place,
                LICENCES.get(said.source, ""),
                said.stated,
                *why[said.source.value, said.record],
            )
            for path, said in compose(profile_id, [said_of_row(row) for row in rows]).said_by
        )

    def split(self, profile_id: str, records: Sequence[tuple[str, str]]) -> str:
        """Put statements (source, record) that are not about a profile's supplier apart from it, for good, and
        return the id of the profile that they make instead.

        Raises:
            NotFound: one of them is not known to be about that profile.
            InvalidInput: there are none, or they are the supplier's own words.

        """
        with self._store.writing() as writer:
            session = Session(writer)
            session.follow()
            references = sorted(set(records))
            _check(profile_id, references)
            fields: dict[str, str] = {}
            for source, record in references:
                asked = select(statement.c.content, identity.c.profile_id).join(
                    identity, (identity.c.source == statement.c.source) & (identity.c.record == statement.c.record)
                )
                row = writer.connection.execute(
                    asked.where(statement.c.source == source, statement.c.record == record)
                ).first()
                if row is None or row.profile_id != profile_id:
                    raise NotFound(
                        f"{source} says nothing about {profile_id!r} under {record!r}",
                        remedy="Ask for the provenance of the profile: it names every source and record",
                    )
                fields = fields or _named(row.content)
            if not fields:
                raise Conflict(
                    "none of these statements names a supplier", remedy="Put one apart with them that has a name"
                )
            new = free_id(writer.connection, _another(fields, profile_id))
            for source, record in references:
                here = identity.c.source == source, identity.c.record == record
                values = {"profile_id": new, "rule": "split", "evidence": f"put apart from {profile_id}"}
                writer.connection.execute(update(identity).where(*here).values(values))
                row_apart = {"source": source, "record": record, "profile_id": profile_id}
                writer.connection.execute(insert_into(writer.connection, apart).on_conflict_do_nothing(), [row_apart])
            session.touch([profile_id, new])
            session.finish()
        return new


def _own(name: str, source: str, profile_id: str) -> Provenance:
    return Provenance(name, Source.SUPPLIER.value, profile_id, source, profile_id, "", None, "own", "")


def _check(profile_id: str, references: Sequence[tuple[str, str]]) -> None:
    if not references or any(source == Source.SUPPLIER for source, _ in references):
        raise InvalidInput(
            f"what is put apart from {profile_id!r} must be statements of other sources",
            remedy="Name them by source and record, as the provenance of the profile does",
        )


def _named(content: str) -> dict[str, str]:
    fields = json.loads(content)
    return {"name": fields["name"], **(fields.get("identifiers") or {})} if "name" in fields else {}


def _another(fields: dict[str, str], profile_id: str) -> str:
    """Return an id to propose for what is put apart; by its own number where that is not what it was joined by."""
    numbers = {kind: number for kind, number in fields.items() if kind != "name"}
    proposed = proposed_id(fields["name"], numbers)
    return proposed if proposed != profile_id else proposed_id(fields["name"], {})
