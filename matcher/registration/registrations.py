"""Registrations: profiles in the making, seen by their organisation only, until it confirms them.

They stand outside the revisions, so that nobody's search and no replay ever sees a profile that was not
meant yet, and what was discarded is gone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row, Select, delete, insert, select, update

from matcher.accounts import Ownership
from matcher.accounts.secrets import make_record_id
from matcher.foundations.errors import Conflict, InvalidInput, NotFound, Place
from matcher.records import Contact, Profile, parse
from matcher.register import Session
from matcher.registration.completeness import completeness_of
from matcher.registration.directory import Directory, Likeness, SimilarProfile
from matcher.registration.tables import registration
from matcher.store import Put, RecordKind, Store, Writer
from matcher.store.revisions import canonical

_SOURCE: Final = "registration"


@dataclass(frozen=True)
class Registration:
    """A profile in the making: its content, whom to write to, whose it is, and how often it was changed."""

    profile: Profile
    contact: Contact | None
    organisation_id: str | None
    number: int
    changed_at: datetime

    @property
    def id(self) -> str:
        """The id, which the profile will have."""
        return self.profile.id


class Registrations:
    """The registrations of all organisations, and their confirmation."""

    def __init__(self, store: Store, directory: Directory) -> None:
        self._store = store
        self._directory = directory
        self._ownership = Ownership(store.database)

    def start(self, profile: Profile, contact: Contact | None, organisation_id: str | None) -> Registration:
        """Keep a new registration under an id made from the name; that of `profile` is not used."""
        begun = profile.model_copy(update={"id": make_record_id(profile.name, "supplier")})
        made = Registration(begun, contact, organisation_id, 1, datetime.now(UTC))
        with self._store.database.joining() as connection:
            connection.execute(insert(registration).values(id=made.id, organisation_id=organisation_id, **_row(made)))
        return made

    def read(self, id: str) -> Registration:
        """Return the registration `id`.

        Raises:
            NotFound: there is none.

        """
        with self._store.database.reading() as connection:
            row = connection.execute(select(registration).where(registration.c.id == id)).one_or_none()
        if row is None:
            raise absent(id)
        return _registration(row)

    def owner(self, id: str) -> tuple[str | None] | None:
        """Return whose the registration is, in a tuple of one; None where there is none."""
        with self._store.database.reading() as connection:
            asked = select(registration.c.organisation_id).where(registration.c.id == id)
            row = connection.execute(asked).one_or_none()
        return (row[0],) if row else None

    def all(self) -> list[Registration]:
        """Return all registrations in the order of their ids."""
        return self._rows(select(registration))

    def of(self, organisation_id: str | None) -> list[Registration]:
        """Return the registrations of an organisation in the order of their ids."""
        mine = registration.c.organisation_id.is_not_distinct_from(organisation_id)
        return self._rows(select(registration).where(mine))

    def _rows(self, asked: Select[Any]) -> list[Registration]:
        with self._store.database.reading() as connection:
            return [_registration(row) for row in connection.execute(asked.order_by(registration.c.id))]

    def revise(self, profile: Profile, contact: Contact | None) -> Registration:
        """Change a registration; without a contact, the one kept stays.

        Raises:
            NotFound: there is none of this id.

        """
        before = self.read(profile.id)
        made = replace(before, profile=profile, contact=contact or before.contact, number=before.number + 1)
        made = replace(made, changed_at=datetime.now(UTC))
        with self._store.database.joining() as connection:
            mine = registration.c.id == profile.id
            connection.execute(update(registration).where(mine).values(**_row(made)))
        return made

    def discard(self, id: str) -> None:
        """Remove a registration, its contact with it.

        Raises:
            NotFound: there is none.

        """
        if not self._remove(id):
            raise absent(id)
        self._store.database.empty_log()

    def check_numbers(self, profile: Profile) -> None:
        """Check that no other profile has a register number of this one.

        Raises:
            Conflict: one has.

        """
        _check_new([found for found in self.similar(profile) if found.likeness is Likeness.IDENTIFIER], ())

    def follow(self) -> None:
        """Bring the directory up to date. After a start that takes a while, which no writer should wait for."""
        self._directory.follow()

    def similar(self, profile: Profile) -> list[SimilarProfile]:
        """Return who in the register may be the same supplier."""
        return self._directory.similar(profile)

    def confirm(self, writer: Writer, id: str, *, distinct_from: Sequence[str] = ()) -> tuple[Profile, Put]:
        """Turn a registration into a profile of the register, in the writer's transaction.

        Args:
            distinct_from: ids of profiles of a similar name that are known to be of others.

        Raises:
            NotFound: there is no such registration.
            InvalidInput: something is missing that a confirmation needs.
            Conflict: the supplier is in the register already, or a profile of its name has not been ruled out.

        """
        made = self.read(id)
        _check_complete(made.profile)
        others = self.similar(made.profile)
        _check_new(others, distinct_from)
        session = Session(writer)
        session.keep_separate(id, [other.profile_id for other in others])
        [put] = session.put_own([(made.profile, made.contact)], source=_SOURCE)
        self._ownership.assign(RecordKind.PROFILE, id, made.organisation_id)
        self._remove(id)
        return made.profile, put

    def _remove(self, id: str) -> bool:
        with self._store.database.joining() as connection:
            return connection.execute(delete(registration).where(registration.c.id == id)).rowcount > 0


def absent(id: str) -> NotFound:
    """Return the error that says there is no such registration."""
    return NotFound(f"there is no registration {id!r}", remedy="Check the id: it was given when the registration began")


def _check_complete(profile: Profile) -> None:
    if lacking := [missing for missing in completeness_of(profile).missing if missing.required]:
        first = lacking[0]
        raise InvalidInput("is needed for a confirmation", remedy=first.advice, place=Place(field=first.field))


def _check_new(similar: list[SimilarProfile], distinct_from: Sequence[str]) -> None:
    for found in similar:
        if found.likeness is Likeness.IDENTIFIER:
            raise Conflict(
                f"a register number of yours stands in the profile {found.profile_id!r} ({found.name})",
                remedy=f"If it is yours, claim it with POST /v1/profiles/{found.profile_id}/claim",
            )
        if found.profile_id not in distinct_from:
            raise Conflict(
                f"the profile {found.profile_id!r} has the same name ({found.name})",
                remedy=f"If it is yours, claim it with POST /v1/profiles/{found.profile_id}/claim; "
                "if not, name its id in distinct_from",
            )


def _row(made: Registration) -> dict[str, Any]:
    contact = made.contact.model_dump(exclude_none=True) if made.contact else {}
    return {
        "number": made.number,
        "content": canonical(made.profile)[0],
        "contact": json.dumps(contact) if contact else None,
        "changed_at": made.changed_at,
    }


def _registration(row: Row[Any]) -> Registration:
    place = Place(file=f"registration {row.id}")
    contact = parse(Contact, json.loads(row.contact), place=place) if row.contact else None
    profile = parse(Profile, json.loads(row.content), place=place)
    return Registration(profile, contact, row.organisation_id, row.number, row.changed_at)
