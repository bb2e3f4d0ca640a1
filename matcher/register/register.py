"""The register: one profile per supplier, composed from all statements about it, with the origin of each part."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update

from matcher.foundations.errors import Conflict, InvalidInput, NotFound
from matcher.register.composition import StoredStatement, compose
from matcher.register.identity import MERGED, Reference, unused_id
from matcher.register.notices import latest_of, merged_releases
from matcher.register.schema import apart, identity, release, statement
from matcher.register.session import Session, statement_of_row
from matcher.sources.catalogue import source_named, source_of_notice
from matcher.sources.ocds.parties import proposed_id
from matcher.sources.statement import SUPPLIER, Tally
from matcher.store import Store, Writer
from matcher.store.rows import insert_into


@dataclass(frozen=True)
class Provenance:
    """The origin of one part of a profile or a need.

    `field` is the dotted path of the part. `source` and `record` identify the statement that the part comes
    from. `file` and `place` say where the statement was read. `licence` is the licence under which the statement may be
    used, and `stated` is the date of the statement, if known. `rule` and `evidence` say how the statement was matched
    to this supplier. `basis` says whether the value in this part is stated, derived or estimated, and how, if known.
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
    basis: str = ""


class Register:
    """The register in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def follow(self) -> None:
        """Process profiles that have been written directly since the last run. See `Session.follow`."""
        with self._store.writing() as writer:
            session = Session(writer)
            session.follow()
            session.finish()

    def provenance(self, profile_id: str) -> tuple[Provenance, ...]:
        """Return the origin of each part of a profile.

        Raises:
            NotFound: no profile has the id `profile_id`.

        """
        revision = self._store.profile(profile_id)
        same = (identity.c.source == statement.c.source) & (identity.c.record == statement.c.record)
        query = select(statement, identity.c.rule, identity.c.evidence).join(identity, same)
        with self._store.reading() as connection:
            rows = connection.execute(query.where(identity.c.profile_id == profile_id)).all()
        if not revision.source.startswith(MERGED):  # last written by the supplier
            content = revision.record.model_dump(mode="json", exclude_defaults=True, exclude_none=True, exclude={"id"})
            return tuple(
                Provenance(name, SUPPLIER, profile_id, revision.source, profile_id, "", None, "own", "")
                for name in sorted(content)
            )
        reasons = {(row.source, row.record): (row.rule, row.evidence) for row in rows}
        return tuple(
            Provenance(
                path,
                part.source,
                part.record,
                part.file,
                part.place,
                source_named(part.source).licence,
                part.stated,
                *reasons[part.source, part.record],
                basis=_basis(path, part),
            )
            for path, part in compose(profile_id, [statement_of_row(row) for row in rows]).parts
        )

    def need_provenance(self, need_id: str) -> tuple[Provenance, ...]:
        """Return the origin of each field of a need: the notices it was read from, or where it was written.

        Raises:
            NotFound: no need has the id `need_id`.

        """
        revision = self._store.need(need_id)
        content = revision.record.model_dump(mode="json", exclude_defaults=True, exclude_none=True, exclude={"id"})
        with self._store.reading() as connection:
            rows = connection.execute(select(release).where(release.c.ocid == need_id).order_by(release.c.id)).all()
        if not rows:
            return tuple(
                Provenance(name, SUPPLIER, need_id, revision.source, need_id, "", None, "own", "")
                for name in sorted(content)
            )
        process, latest, source = merged_releases(rows, Tally()), latest_of(rows), source_of_notice(need_id)
        basis = str(process.value or "")
        return tuple(
            Provenance(
                name,
                source,
                latest.id,
                latest.file,
                latest.place,
                source_named(source).licence,
                None,
                "ocid",
                f"{len(rows)} releases",
                basis=basis if name == "value" else "",
            )
            for name in sorted(content)
        )

    def split(self, profile_id: str, records: Sequence[Reference]) -> str:
        """Move statements about another supplier out of a profile, permanently. Return the id of their new profile.

        `records` gives the source and record number for each statement.

        Raises:
            NotFound: a statement is unknown, or is about another profile.
            InvalidInput: `records` is empty or includes a statement by the supplier.
            Conflict: none of the statements names a supplier.

        """
        with self._store.writing() as writer:
            session = Session(writer)
            session.follow()
            references = sorted(set(records))
            if not references or any(source == SUPPLIER for source, _ in references):
                raise InvalidInput(
                    "only statements from sources other than the supplier can be split off",
                    remedy=f"Enter the source and record of each, as shown by: matcher provenance {profile_id}",
                )
            new = unused_id(writer.connection, _id_for_split(_names(writer, profile_id, references), profile_id))
            for source, record in references:
                is_listed = identity.c.source == source, identity.c.record == record
                values = {"profile_id": new, "rule": "split", "evidence": f"split from {profile_id}"}
                writer.connection.execute(update(identity).where(*is_listed).values(values))
                row = {"source": source, "record": record, "profile_id": profile_id}
                writer.connection.execute(insert_into(writer.connection, apart).on_conflict_do_nothing(), [row])
            session.touch([profile_id, new])
            session.finish()
        return new


def _basis(path: str, part: StoredStatement) -> str:
    """Return the basis of the value in the part of a profile at `path`, or "" if it is not known."""
    is_work = path.startswith("track_record.")
    return str((part.fields.get("basis") or {}).get("track_record.value", "")) if is_work else ""


def _names(writer: Writer, profile_id: str, references: Sequence[Reference]) -> dict[str, str]:
    """Return the name and register numbers from the first statement in `references` that has a name.

    Raises:
        NotFound: a statement is unknown, or is not about the profile `profile_id`.
        Conflict: none of the statements has a name.

    """
    names: dict[str, str] = {}
    same = (identity.c.source == statement.c.source) & (identity.c.record == statement.c.record)
    for source, record in references:
        query = select(statement.c.content, identity.c.profile_id).join(identity, same)
        row = writer.connection.execute(query.where(statement.c.source == source, statement.c.record == record)).first()
        if row is None or row.profile_id != profile_id:
            raise NotFound(
                f"{source} has no statement about {profile_id!r} with record {record!r}",
                remedy=f"List all sources and records with: matcher provenance {profile_id}",
            )
        names = names or _names_in(row.content)
    if not names:
        raise Conflict("none of these statements names a supplier", remedy="Include a statement that has a name")
    return names


def _names_in(content: str) -> dict[str, str]:
    fields = json.loads(content)
    return {"name": fields["name"], **(fields.get("identifiers") or {})} if "name" in fields else {}


def _id_for_split(names: dict[str, str], profile_id: str) -> str:
    """Propose an id for the new profile, based on its register number or, if that gives `profile_id`, on its name."""
    numbers = {register: number for register, number in names.items() if register != "name"}
    proposed = proposed_id(names["name"], numbers)
    return proposed if proposed != profile_id else proposed_id(names["name"], {})
