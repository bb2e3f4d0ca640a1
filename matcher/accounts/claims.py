"""Claims: how an organisation gets a profile that came from a public register and belongs to nobody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, insert, select, update

from matcher.accounts.accounts import Organisation
from matcher.accounts.ownership import Ownership
from matcher.accounts.secrets import make_id
from matcher.accounts.tables import claim
from matcher.foundations.errors import Conflict, NotFound
from matcher.records import Profile
from matcher.store import RecordKind, Store


class ClaimState(StrEnum):
    """What became of a claim."""

    WAITING = "waiting"
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True)
class Claim:
    """An organisation's word that a profile is its own."""

    id: str
    profile_id: str
    organisation_id: str
    state: ClaimState
    made_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None


class Claims:
    """All claims. A register number that the administrator has checked decides at once; others wait for a person,
    since the number of a company is known to everybody.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._database = store.database
        self._ownership = Ownership(store.database)

    def submit(self, profile: Profile, organisation: Organisation) -> Claim:
        """Claim a profile; a claim that is waiting already is returned as it is.

        Raises:
            Conflict: the profile has an owner.

        """
        now = datetime.now(UTC)
        # The store's writers take turns, so that of two claims that come at once one is granted.
        with self._store.writing(), self._database.joining() as connection:
            if (owning := self._ownership.of(RecordKind.PROFILE, profile.id)) and owning.organisation_id:
                own = owning.organisation_id == organisation.id
                whose = "your organisation's already" if own else "kept by another organisation"
                raise Conflict(
                    f"the profile {profile.id!r} is {whose}", remedy="Ask the administrator if this is wrong"
                )
            for made in self.by_organisation(organisation.id):
                if made.profile_id == profile.id and made.state is ClaimState.WAITING:
                    return made
            made = Claim(make_id("claim"), profile.id, organisation.id, ClaimState.WAITING, now)
            if _is_proved(profile, organisation):
                made = replace(made, state=ClaimState.GRANTED, decided_at=now)
                self._ownership.assign(RecordKind.PROFILE, profile.id, organisation.id)
            connection.execute(insert(claim).values(**vars(made) | {"state": made.state.value}))
        return made

    def all(self) -> list[Claim]:
        """Return all claims, the oldest first."""
        return self._rows(select(claim))

    def by_organisation(self, organisation_id: str) -> list[Claim]:
        """Return the claims of an organisation, the oldest first."""
        return self._rows(select(claim).where(claim.c.organisation_id == organisation_id))

    def on_profile(self, profile_id: str) -> list[Claim]:
        """Return the claims on a profile, the oldest first."""
        return self._rows(select(claim).where(claim.c.profile_id == profile_id))

    def _rows(self, asked: Select[Any]) -> list[Claim]:
        with self._database.reading() as connection:
            return [_claim(row) for row in connection.execute(asked.order_by(claim.c.made_at, claim.c.id))]

    def decide(self, id: str, *, grant: bool, by: str | None) -> Claim:
        """Grant or refuse a claim that is waiting, and return it.

        Raises:
            NotFound: there is no such claim.
            Conflict: it is decided otherwise, or the profile has got an owner since.

        """
        state = ClaimState.GRANTED if grant else ClaimState.REFUSED
        with self._store.writing(), self._database.joining() as connection:
            found = next((made for made in self.all() if made.id == id), None)
            if found is None:
                raise NotFound(f"there is no claim {id!r}", remedy="Give the id of a claim as it is listed")
            if found.state is state:
                return found
            owning = self._ownership.of(RecordKind.PROFILE, found.profile_id)
            if found.state is not ClaimState.WAITING or (grant and owning and owning.organisation_id):
                raise Conflict(
                    "the claim is decided, or its profile has an owner by now", remedy="Read the claims again"
                )
            decided = replace(found, state=state, decided_at=datetime.now(UTC), decided_by=by)
            change = {"state": state.value, "decided_at": decided.decided_at, "decided_by": by}
            connection.execute(update(claim).where(claim.c.id == id).values(change))
            if grant:
                self._ownership.assign(RecordKind.PROFILE, found.profile_id, found.organisation_id)
        return decided


def _is_proved(profile: Profile, organisation: Organisation) -> bool:
    numbers = profile.identifiers
    pairs = ((numbers.charity, organisation.charity), (numbers.company, organisation.company))
    return any(given is not None and given == checked for given, checked in pairs)


def _claim(row: Row[Any]) -> Claim:
    return Claim(**row._asdict() | {"state": ClaimState(row.state)})
