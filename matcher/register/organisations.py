"""NHS organisations: find the current organisations for an NHS code or name, which may be out of date.

Imported ODS data takes precedence. The reference tables add the clinical commissioning groups of 2021, the integrated
care boards and, by name only, the academic health science networks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, func, select

from matcher.foundations.errors import NotFound
from matcher.foundations.reference_tables import (
    health_innovation_networks,
    nhs_codes,
    nhs_organisations,
    nhs_successors,
)
from matcher.register.schema import organisation, succession
from matcher.sources.ods import OdsOrganisation, Succession
from matcher.store import Store, Writer
from matcher.store.rows import chunks, insert_into


@dataclass(frozen=True)
class NhsOrganisation:
    """An organisation: its ODS code ("" if it has none), its name, its role, and whether it still exists."""

    code: str
    name: str
    role: str = ""
    active: bool = True


class Organisations:
    """The organisations in a store and in the reference tables."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def current(self, code_or_name: str) -> tuple[NhsOrganisation, ...]:
        """Return the organisation with the given code or name, or the latest successors of one that was replaced.

        Successors are sorted by code. The result is empty if every chain of successors forms a loop.

        Raises:
            NotFound: the code or name is in neither the store nor the reference tables.

        """
        query = code_or_name.strip()
        if name := health_innovation_networks().get(query.casefold()):
            return (NhsOrganisation("", name, "health innovation network"),)
        organisations: dict[str, NhsOrganisation] = {}
        pending, seen = [self._code(query)], set()
        while pending:
            code = pending.pop()
            if code in seen:
                continue
            seen.add(code)
            successors = self._successors(code)
            pending += [successor.code for successor in successors]
            if not successors:
                organisations[code] = self._lookup(code) or NhsOrganisation(code, code)
        return tuple(organisations[code] for code in sorted(organisations))

    def _code(self, query: str) -> str:
        code = query.upper()
        if self._lookup(code):
            return code
        with self._store.reading() as connection:
            row = connection.execute(
                select(organisation.c.code).where(func.lower(organisation.c.name) == query.lower()).limit(1)
            ).first()
        if by_name := row.code if row else nhs_codes().get(query.casefold()):
            return str(by_name)
        raise NotFound(
            f"there is no NHS organisation {query!r}",
            remedy="Use an ODS code or the full name, or import the organisation with: matcher import ods",
        )

    def _lookup(self, code: str) -> NhsOrganisation | None:
        with self._store.reading() as connection:
            row = connection.execute(select(organisation).where(organisation.c.code == code)).first()
        if row is not None:
            return NhsOrganisation(row.code, row.name, row.role, row.active)
        name, kind = nhs_organisations().get(code, ("", ""))
        return NhsOrganisation(code, name, kind) if name else None

    def _successors(self, code: str) -> list[Succession]:
        """Return only the latest successions, because an organisation may have been reorganised more than once."""
        with self._store.reading() as connection:
            rows = connection.execute(select(succession).where(succession.c.code == code)).all()
        links = [Succession(row.successor, row.since) for row in rows]
        links += [Succession(to, since) for old, to, since in nhs_successors() if old == code]
        latest = max((link.since or date.min for link in links), default=date.min)
        return list({link.code: link for link in links if (link.since or date.min) == latest}.values())


def put_organisations(writer: Writer, organisations: Iterable[OdsOrganisation]) -> int:
    """Store organisations and their successors, replacing earlier data. Return how many are new or changed."""
    changed = 0
    for batch in chunks(organisations, 250):
        latest = {organisation.code: organisation for organisation in batch}
        before = _stored(writer, list(latest))
        new = [organisation for code, organisation in latest.items() if before.get(code) != organisation]
        changed += len(new)
        _write(writer, new)
    return changed


def _stored(writer: Writer, codes: list[str]) -> dict[str, OdsOrganisation]:
    links: dict[str, list[Succession]] = {}
    query = select(succession).where(succession.c.code.in_(codes)).order_by(succession.c.successor)
    for row in writer.connection.execute(query):
        links.setdefault(row.code, []).append(Succession(row.successor, row.since))
    rows = writer.connection.execute(select(organisation).where(organisation.c.code.in_(codes)))
    return {
        row.code: OdsOrganisation(row.code, row.name, row.active, row.role, tuple(links.get(row.code, ())))
        for row in rows
    }


def _write(writer: Writer, organisations: list[OdsOrganisation]) -> None:
    if not organisations:
        return
    rows = [{"code": new.code, "name": new.name, "active": new.active, "role": new.role} for new in organisations]
    upsert = insert_into(writer.connection, organisation)
    values = {name: upsert.excluded[name] for name in ("name", "active", "role")}
    writer.connection.execute(upsert.on_conflict_do_update(index_elements=["code"], set_=values), rows)
    writer.connection.execute(delete(succession).where(succession.c.code.in_([new.code for new in organisations])))
    links = [
        {"code": new.code, "successor": link.code, "since": link.since}
        for new in organisations
        for link in {link.code: link for link in new.successors}.values()
    ]
    if links:
        writer.connection.execute(insert_into(writer.connection, succession), links)
