"""Organisations and their members, managed by the operator of the installation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Row, delete, insert, select, update

from matcher.accounts.roles import ROLES_OF, OrganisationKind, Role
from matcher.accounts.secrets import make_id
from matcher.accounts.tables import api_key, browser_session, member, organisation
from matcher.foundations.errors import Conflict, InvalidInput, NotFound, Place
from matcher.records import Contact, Profile, parse
from matcher.store.database import Database
from matcher.store.erasures import ErasureKind, Erasures

T = TypeVar("T")

_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True)
class Organisation:
    """An organisation that uses the service.

    `charity` and `company` are register numbers that the administrator has checked. If the organisation claims a
    profile with one of these numbers, the claim is granted immediately.
    """

    id: str
    name: str
    kind: OrganisationKind
    charity: str | None
    company: str | None
    created_at: datetime


@dataclass(frozen=True)
class Member:
    """A person, or a program that a person is responsible for. `name` and `email` are None once erased."""

    id: str
    organisation_id: str
    roles: frozenset[Role]
    name: str | None
    email: str | None
    created_at: datetime
    removed_at: datetime | None


class Accounts:
    """The organisations and members in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_organisation(
        self, id: str, *, name: str, kind: OrganisationKind, charity: str | None = None, company: str | None = None
    ) -> Organisation:
        """Add an organisation and return the new `Organisation`.

        Raises:
            InvalidInput: the id, the name or a register number is not valid.
            Conflict: the id is in use.

        """
        if not _ID.fullmatch(id):
            raise InvalidInput(
                f"{id[:70]!r} is not a valid organisation id",
                remedy="Use up to 63 lower-case letters, digits and hyphens. Start with a letter or digit",
                place=Place(field="id"),
            )
        checked = parse(Profile, {"id": id, "name": name, "identifiers": {"charity": charity, "company": company}})
        numbers = checked.identifiers
        added = Organisation(id, checked.name, kind, numbers.charity, numbers.company, datetime.now(UTC))
        with self._database.joining() as connection:
            if connection.scalar(select(organisation.c.id).where(organisation.c.id == id)):
                raise Conflict(f"an organisation {id} already exists", remedy="Choose another id")
            connection.execute(insert(organisation).values(**vars(added) | {"kind": kind.value}))
        return added

    def organisation(self, id: str) -> Organisation:
        """Return the organisation `id`.

        Raises:
            NotFound: no organisation has this id.

        """
        return _single([row for row in self.organisations() if row.id == id], "organisation", id)

    def organisations(self) -> list[Organisation]:
        """Return all organisations, sorted by id."""
        with self._database.reading() as connection:
            rows = connection.execute(select(organisation).order_by(organisation.c.id)).all()
        return [Organisation(**row._asdict() | {"kind": OrganisationKind(row.kind)}) for row in rows]

    def add_member(
        self,
        organisation_id: str,
        *,
        name: str,
        roles: Iterable[Role] = (),
        email: str | None = None,
        subject: str | None = None,
    ) -> Member:
        """Add a member and return the new `Member`.

        If `roles` is empty, the member gets the role that has the same name as the organisation's kind.

        Raises:
            InvalidInput: a role is not allowed for this kind of organisation, `roles` is empty and this kind of
                organisation has no default role, or the name or e-mail address is not valid.
            NotFound: no organisation has this id.

        """
        kind = self.organisation(organisation_id).kind
        assigned = frozenset(roles) or frozenset(role for role in Role if role.value == kind.value)
        _check_roles(kind, assigned)
        contact = parse(Contact, {"name": name, "email": email})
        now = datetime.now(UTC)
        added = Member(make_id("member"), organisation_id, assigned, contact.name, contact.email, now, None)
        with self._database.joining() as connection:
            fields = vars(added) | {"roles": ",".join(sorted(assigned)), "subject": subject}
            connection.execute(insert(member).values(**fields))
        return added

    def members(self, organisation_id: str | None = None) -> list[Member]:
        """Return the members of an organisation, oldest first. If `organisation_id` is None, return all members."""
        query = select(member).order_by(member.c.created_at, member.c.id)
        if organisation_id is not None:
            query = query.where(member.c.organisation_id == organisation_id)
        with self._database.reading() as connection:
            return [_member(row) for row in connection.execute(query)]

    def member(self, id: str) -> Member:
        """Return the member `id`.

        Raises:
            NotFound: no member has this id.

        """
        with self._database.reading() as connection:
            rows = connection.execute(select(member).where(member.c.id == id)).all()
        return _single([_member(row) for row in rows], "member", id)

    def member_by_subject(self, subject: str) -> Member | None:
        """Return the member with this `subject` at the sign-in provider, or None."""
        with self._database.reading() as connection:
            row = connection.execute(select(member).where(member.c.subject == subject)).first()
        return _member(row) if row else None

    def erase_member(self, id: str) -> None:
        """Permanently erase a member's name and e-mail address, revoke the member's keys and end the member's sessions.

        The member's id remains.

        Raises:
            NotFound: no member has this id.

        """
        now = datetime.now(UTC)
        with self._database.joining() as connection:
            erased: dict[str, Any] = {"name": None, "email": None, "subject": None, "removed_at": now}
            if not connection.execute(update(member).where(member.c.id == id).values(erased)).rowcount:
                raise _absent("member", id)
            live = (api_key.c.member_id == id) & api_key.c.revoked_at.is_(None)
            # Members write the labels for their own keys, so a label may hold personal data.
            connection.execute(update(api_key).where(live).values(revoked_at=now))
            connection.execute(update(api_key).where(api_key.c.member_id == id).values(label=""))
            connection.execute(delete(browser_session).where(browser_session.c.member_id == id))
            Erasures(self._database).record(ErasureKind.MEMBER, id)
        self._database.empty_log()


def _check_roles(kind: OrganisationKind, roles: frozenset[Role]) -> None:
    allowed = ROLES_OF[kind]
    if not roles or roles - allowed:
        listed = ", ".join(sorted(roles - allowed)) or "none"
        raise InvalidInput(
            f"{listed} is not a role for members of a {kind.value} organisation",
            remedy=f"Give one or more of: {', '.join(sorted(allowed))}",
            place=Place(field="roles"),
        )


def _member(row: Row[Any]) -> Member:
    roles = frozenset(Role(role) for role in row.roles.split(","))
    return Member(row.id, row.organisation_id, roles, row.name, row.email, row.created_at, row.removed_at)


def _single(rows: list[T], noun: str, id: str) -> T:
    if not rows:
        raise _absent(noun, id)
    return rows[0]


def _absent(noun: str, id: str) -> NotFound:
    return NotFound(f"there is no {noun} {id!r}", remedy="List the ids with: matcher accounts list")
