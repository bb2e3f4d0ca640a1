"""Registrations: draft profiles that only their organisation can see, until the organisation confirms them.

Registrations are not stored as revisions, so no search or replay sees a draft, and discarding a draft deletes it.
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
from matcher.records.redaction import check_impersonal
from matcher.register import Session
from matcher.registration.completeness import completeness_of
from matcher.registration.directory import Directory, Likeness, SimilarProfile
from matcher.registration.tables import registration
from matcher.store import Put, RecordKind, Store, Writer
from matcher.store.erasures import ErasureKind, Erasures
from matcher.store.revisions import canonical

_SOURCE: Final = "registration"


@dataclass(frozen=True)
class Registration:
    """A draft profile with its contact and owner. `number` starts at 1 and goes up by 1 with each change.

    `organisation_id` is None if the operator owns the registration.
    """

    profile: Profile
    contact: Contact | None
    organisation_id: str | None
    number: int
    changed_at: datetime

    @property
    def id(self) -> str:
        """The id of the registration, which later becomes the id of the profile."""
        return self.profile.id


class Registrations:
    """The registrations of all organisations. A profile with contact details in its texts is refused."""

    def __init__(self, store: Store, directory: Directory) -> None:
        self._store = store
        self._directory = directory
        self._ownership = Ownership(store.database)

    def start(self, profile: Profile, contact: Contact | None, organisation_id: str | None) -> Registration:
        """Save a new registration under an id derived from the supplier's name. The id in `profile` is ignored.

        Raises:
            InvalidInput: a text of the profile contains contact details.

        """
        check_impersonal(profile)
        draft = profile.model_copy(update={"id": make_record_id(profile.name, "supplier")})
        started = Registration(draft, contact, organisation_id, 1, datetime.now(UTC))
        row = {"id": started.id, "organisation_id": organisation_id, **_row(started)}
        with self._store.database.joining() as connection:
            connection.execute(insert(registration).values(**row))
        return started

    def read(self, id: str) -> Registration:
        """Return the registration `id`.

        Raises:
            NotFound: no registration has this id.

        """
        with self._store.database.reading() as connection:
            row = connection.execute(select(registration).where(registration.c.id == id)).one_or_none()
        if row is None:
            raise absent(id)
        return _registration(row)

    def owner(self, id: str) -> tuple[str | None] | None:
        """Return a tuple that holds the owner (None for the operator), or None if no registration has this id."""
        with self._store.database.reading() as connection:
            query = select(registration.c.organisation_id).where(registration.c.id == id)
            row = connection.execute(query).one_or_none()
        return (row[0],) if row else None

    def all(self) -> list[Registration]:
        """Return all registrations, sorted by id."""
        return self._rows(select(registration))

    def of(self, organisation_id: str | None) -> list[Registration]:
        """Return the registrations owned by an organisation (None for the operator), sorted by id."""
        owned = registration.c.organisation_id.is_not_distinct_from(organisation_id)
        return self._rows(select(registration).where(owned))

    def _rows(self, query: Select[Any]) -> list[Registration]:
        with self._store.database.reading() as connection:
            return [_registration(row) for row in connection.execute(query.order_by(registration.c.id))]

    def revise(self, profile: Profile, contact: Contact | None) -> Registration:
        """Replace the profile of the registration with the same id. If `contact` is None, keep the stored contact.

        Raises:
            NotFound: no registration has this id.
            InvalidInput: a text of the profile contains contact details.

        """
        check_impersonal(profile)
        current = self.read(profile.id)
        revised = replace(
            current,
            profile=profile,
            contact=contact or current.contact,
            number=current.number + 1,
            changed_at=datetime.now(UTC),
        )
        with self._store.database.joining() as connection:
            connection.execute(update(registration).where(registration.c.id == profile.id).values(**_row(revised)))
        return revised

    def discard(self, id: str) -> None:
        """Delete a registration and its contact.

        Raises:
            NotFound: no registration has this id.

        """
        with self._store.database.joining():
            if not self._remove(id):
                raise absent(id)
            Erasures(self._store.database).record(ErasureKind.REGISTRATION, id)
        self._store.database.empty_log()

    def check_numbers(self, profile: Profile) -> None:
        """Check that no other profile shares a register number with `profile`.

        Raises:
            Conflict: another profile shares a register number.

        """
        _check_new([other for other in self.similar(profile) if other.likeness is Likeness.IDENTIFIER], ())

    def follow(self) -> None:
        """Update the directory. The first update takes a while, so call this method before writing to the store."""
        self._directory.follow()

    def similar(self, profile: Profile) -> list[SimilarProfile]:
        """Return the profiles in the register that may describe the same supplier."""
        return self._directory.similar(profile)

    def confirm(self, writer: Writer, id: str, *, distinct_from: Sequence[str] = ()) -> tuple[Profile, Put]:
        """Turn a registration into a profile in the register, in the transaction of `writer`.

        Args:
            writer: an open writer of the store.
            id: the id of the registration.
            distinct_from: ids of profiles that have the same name but describe other suppliers.

        Raises:
            NotFound: no registration has this id.
            InvalidInput: a required part of the profile is missing.
            Conflict: the supplier is already in the register, or a profile with the same name is not in
                `distinct_from`.

        """
        confirmed = self.read(id)
        _check_complete(confirmed.profile)
        others = self.similar(confirmed.profile)
        _check_new(others, distinct_from)
        session = Session(writer)
        session.keep_separate(id, [other.profile_id for other in others])
        [put] = session.put_own([(confirmed.profile, confirmed.contact)], source=_SOURCE)
        self._ownership.assign(RecordKind.PROFILE, id, confirmed.organisation_id)
        self._remove(id)
        return confirmed.profile, put

    def _remove(self, id: str) -> bool:
        with self._store.database.joining() as connection:
            return connection.execute(delete(registration).where(registration.c.id == id)).rowcount > 0


def absent(id: str) -> NotFound:
    """Return the error for a registration that does not exist."""
    return NotFound(
        f"there is no registration {id!r}",
        remedy="Check the id. Use the id that was returned when you started the registration",
    )


def _check_complete(profile: Profile) -> None:
    if lacking := [missing for missing in completeness_of(profile).missing if missing.required]:
        first = lacking[0]
        raise InvalidInput(
            "is required to confirm the registration", remedy=first.advice, place=Place(field=first.field)
        )


def _check_new(similar: list[SimilarProfile], distinct_from: Sequence[str]) -> None:
    for other in similar:
        if other.likeness is Likeness.IDENTIFIER:
            raise Conflict(
                f"the profile {other.profile_id!r} ({other.name}) has one of your register numbers",
                remedy=f"If it is yours, claim it with POST /v1/profiles/{other.profile_id}/claim",
            )
        if other.profile_id not in distinct_from:
            raise Conflict(
                f"the profile {other.profile_id!r} has the same name ({other.name})",
                remedy=f"If it is yours, claim it with POST /v1/profiles/{other.profile_id}/claim. "
                "If not, add its id to distinct_from",
            )


def _row(draft: Registration) -> dict[str, Any]:
    contact = draft.contact.model_dump(exclude_none=True) if draft.contact else {}
    return {
        "number": draft.number,
        "content": canonical(draft.profile)[0],
        "contact": json.dumps(contact) if contact else None,
        "changed_at": draft.changed_at,
    }


def _registration(row: Row[Any]) -> Registration:
    place = Place(file=f"registration {row.id}")
    # Not validated again: an earlier version may have accepted an address that this version refuses.
    contact = Contact.model_construct(**json.loads(row.contact)) if row.contact else None
    profile = parse(Profile, json.loads(row.content), place=place)
    return Registration(profile, contact, row.organisation_id, row.number, row.changed_at)
