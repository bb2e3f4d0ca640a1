"""An organisation, a member and a key for every role, and records that belong to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from matcher.accounts import Accounts, Keys, OrganisationKind, Ownership, Role
from matcher.records import Identifiers, Need, Profile
from matcher.registration import Directory, Registrations
from matcher.store import RecordKind, Store

KINDS = {
    Role.SUPPLIER: OrganisationKind.SUPPLIER,
    Role.COMMISSIONER: OrganisationKind.COMMISSIONER,
    Role.PROGRAMME: OrganisationKind.PROGRAMME,
    Role.AUDITOR: OrganisationKind.OVERSIGHT,
    Role.ADMINISTRATOR: OrganisationKind.OPERATOR,
}


@dataclass(frozen=True)
class Person:
    """A member with a key. Send `headers` to use the key."""

    organisation_id: str
    member_id: str
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@dataclass
class People:
    """A person in each role, and two more to own the records that belong to another organisation."""

    store: Store
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.accounts = Accounts(self.store.database)
        self.keys = Keys(self.store.database)
        self.ownership = Ownership(self.store.database)
        self.registrations = Registrations(self.store, Directory(self.store))
        self.roles = {role: self.person(role) for role in Role}
        self.other_supplier = self.person(Role.SUPPLIER)
        self.other_commissioner = self.person(Role.COMMISSIONER)

    def person(self, role: Role, *, charity: str | None = None) -> Person:
        """Add an organisation with a member in `role`."""
        id = f"{role.value}-{next(self._numbers)}"
        self.accounts.add_organisation(id, name=f"Body {id}", kind=KINDS[role], charity=charity)
        member = self.accounts.add_member(id, name="A. Person", roles=[role])
        return Person(id, member.id, self.keys.create(member.id).text)

    def profile(self, owner: Person | None) -> str:
        """Add a profile owned by `owner`, or by nobody if `owner` is None, and return its id."""
        number = next(self._numbers)
        id = f"profile-{number:06}"
        with self.store.writing() as writer:
            writer.put(Profile(id=id, name=f"Steps {number}", summary="classes"))
        if owner is not None:
            self.ownership.assign(RecordKind.PROFILE, id, owner.organisation_id)
        return id

    def need(self, owner: Person | None, *, draft: bool) -> str:
        """Add a need owned by `owner`, or by nobody if `owner` is None, and return its id."""
        id = f"need-{next(self._numbers):06}"
        with self.store.writing() as writer:
            writer.put(Need(id=id, title="Fewer falls"))
        if owner is not None:
            self.ownership.assign(RecordKind.NEED, id, owner.organisation_id, draft=draft)
        return id

    def registration(self, owner: Person) -> str:
        """Start a registration and return its id."""
        number = next(self._numbers)
        profile = Profile(
            id="new", name=f"Paces {number}", summary="classes", identifiers=Identifiers(charity=f"2{number:06}")
        )
        return self.registrations.start(profile, None, owner.organisation_id).id

    def absent_id(self) -> str:
        """Return an id that no record has."""
        return f"absent-{next(self._numbers):06}"

    def invalid_keys(self, role: Role) -> dict[str, str]:
        """Return invalid keys for `role`, by the reason why each is invalid."""
        member = self.roles[role].member_id
        expired = self.keys.create(member, life=timedelta(microseconds=1)).text
        revoked = self.keys.create(member)
        self.keys.revoke(revoked.key.prefix)
        return {"expired": expired, "revoked": revoked.text, "unknown": expired[:-1] + "x", "no key at all": "mk_1_2"}
