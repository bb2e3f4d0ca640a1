"""Organisations: who an NHS code or name of the past is today.

What was imported from the ODS comes first; below it stand the reference tables, which know the clinical
commissioning groups of 2021, the integrated care boards, and the academic health science networks by name.
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
    """An organisation: its ODS code ("" where it has none), its name, what it is, whether it still exists."""

    code: str
    name: str
    role: str = ""
    active: bool = True


class Organisations:
    """The organisations that a store and the reference tables know."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def today(self, code_or_name: str) -> tuple[NhsOrganisation, ...]:
        """Return who a code or a name stands for today: the organisation, or all that succeeded it, by code.

        Raises:
            NotFound: neither the store nor the reference tables know it.

        """
        asked = code_or_name.strip()
        if name := health_innovation_networks().get(asked.casefold()):
            return (NhsOrganisation("", name, "health innovation network"),)
        found: dict[str, NhsOrganisation] = {}
        pending, seen = [self._code(asked)], set()
        while pending:
            code = pending.pop()
            if code in seen:
                continue
            seen.add(code)
            successors = self._successors(code)
            pending += [one.code for one in successors]
            if not successors:
                found[code] = self._known(code) or NhsOrganisation(code, code)
        return tuple(found[code] for code in sorted(found))

    def _code(self, asked: str) -> str:
        code = asked.upper()
        if self._known(code):
            return code
        with self._store.reading() as connection:
            row = connection.execute(
                select(organisation.c.code).where(func.lower(organisation.c.name) == asked.lower()).limit(1)
            ).first()
        if by_name := row.code if row else nhs_codes().get(asked.casefold()):
            return str(by_name)
        raise NotFound(
            f"there is no NHS organisation {asked!r}",
            remedy="Give an ODS code or the full name, or import the organisation with: matcher import ods",
        )

    def _known(self, code: str) -> NhsOrganisation | None:
        with self._store.reading() as connection:
            row = connection.execute(select(organisation).where(organisation.c.code == code)).first()
        if row is not None:
            return NhsOrganisation(row.code, row.name, row.role, row.active)
        name, kind = nhs_organisations().get(code, ("", ""))
        return NhsOrganisation(code, name, kind) if name else None

    def _successors(self, code: str) -> list[Succession]:
        """Return who took over last: a board of 2022 may itself have been merged for part of its area."""
        with self._store.reading() as connection:
            rows = connection.execute(select(succession).where(succession.c.code == code)).all()
        links = [Succession(row.successor, row.since) for row in rows]
        links += [Succession(to, since) for old, to, since in nhs_successors() if old == code]
        latest = max((link.since or date.min for link in links), default=date.min)
        return list({link.code: link for link in links if (link.since or date.min) == latest}.values())


def put_organisations(writer: Writer, organisations: Iterable[OdsOrganisation]) -> int:
    """Keep organisations and who succeeded them in the place of what was known of them; return how many are new
    or changed.
    """
    changed = 0
    for batch in chunks(organisations, 250):
        latest = {one.code: one for one in batch}
        before = _present(writer, list(latest))
        new = [one for code, one in latest.items() if before.get(code) != one]
        changed += len(new)
        _write(writer, new)
    return changed


def _present(writer: Writer, codes: list[str]) -> dict[str, OdsOrganisation]:
    links: dict[str, list[Succession]] = {}
    asked = select(succession).where(succession.c.code.in_(codes)).order_by(succession.c.successor)
    for row in writer.connection.execute(asked):
        links.setdefault(row.code, []).append(Succession(row.successor, row.since))
    rows = writer.connection.execute(select(organisation).where(organisation.c.code.in_(codes)))
    return {
        row.code: OdsOrganisation(row.code, row.name, row.active, row.role, tuple(links.get(row.code, ())))
        for row in rows
    }


def _write(writer: Writer, organisations: list[OdsOrganisation]) -> None:
    if not organisations:
        return
    rows = [{"code": one.code, "name": one.name, "active": one.active, "role": one.role} for one in organisations]
    upsert = insert_into(writer.connection, organisation)
    new = {name: upsert.excluded[name] for name in ("name", "active", "role")}
    writer.connection.execute(upsert.on_conflict_do_update(index_elements=["code"], set_=new), rows)
    writer.connection.execute(delete(succession).where(succession.c.code.in_([one.code for one in organisations])))
    links = [
        {"code": one.code, "successor": link.code, "since": link.since}
        for one in organisations
        for link in {link.code: link for link in one.successors}.values()
    ]
    if links:
        writer.connection.execute(insert_into(writer.connection, succession), links)
