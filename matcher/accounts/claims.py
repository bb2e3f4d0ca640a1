"""Claims: how an organisation takes over a profile that has no owner, such as one from a public register."""

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
from matcher.foundations.register_numbers import number_keys
from matcher.records import Profile
from matcher.store import RecordKind, Store


class ClaimState(StrEnum):
    """The state of a claim."""

    WAITING = "waiting"
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True)
class Claim:
    """A request by an organisation to take over a profile that has no owner."""

    id: str
    profile_id: str
    organisation_id: str
    state: ClaimState
    made_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None


class Claims:
    """All claims.

    A claim is granted immediately if the profile has a register number that the administrator has checked for the
    organisation. All other claims wait for a person to decide, because anyone can look up a company's number.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._database = store.database
        self._ownership = Ownership(store.database)

    def submit(self, profile: Profile, organisation: Organisation) -> Claim:
        """Claim `profile` for `organisation`. If the same claim is already waiting, return that claim.

        Raises:
            Conflict: the profile already has an owner.

        """
        now = datetime.now(UTC)
        # Only one writer is active at a time, so that at most one of two concurrent claims is granted.
        with self._store.writing(), self._database.joining() as connection:
            if (owned := self._ownership.of(RecordKind.PROFILE, profile.id)) and owned.organisation_id:
                owner = "your organisation" if owned.organisation_id == organisation.id else "another organisation"
                raise Conflict(
                    f"the profile {profile.id!r} already belongs to {owner}",
                    remedy="Ask the administrator if this is wrong",
                )
            for earlier in self.by_organisation(organisation.id):
                if earlier.profile_id == profile.id and earlier.state is ClaimState.WAITING:
                    return earlier
            submitted = Claim(make_id("claim"), profile.id, organisation.id, ClaimState.WAITING, now)
            if _is_verified(profile, organisation):
                submitted = replace(submitted, state=ClaimState.GRANTED, decided_at=now)
                self._ownership.assign(RecordKind.PROFILE, profile.id, organisation.id)
            connection.execute(insert(claim).values(**vars(submitted) | {"state": submitted.state.value}))
        return submitted

    def all(self) -> list[Claim]:
        """Return all claims, oldest first."""
        return self._rows(select(claim))

    def by_organisation(self, organisation_id: str) -> list[Claim]:
        """Return the claims of an organisation, oldest first."""
        return self._rows(select(claim).where(claim.c.organisation_id == organisation_id))

    def on_profile(self, profile_id: str) -> list[Claim]:
        """Return the claims on a profile, oldest first."""
        return self._rows(select(claim).where(claim.c.profile_id == profile_id))

    def _rows(self, query: Select[Any]) -> list[Claim]:
        with self._database.reading() as connection:
            return [_claim(row) for row in connection.execute(query.order_by(claim.c.made_at, claim.c.id))]

    def decide(self, id: str, *, grant: bool, by: str | None) -> Claim:
        """Grant or refuse a waiting claim and return the claim. Repeating an earlier decision changes nothing.

        `by` is the id of the member who decides, or None for the operator.

        Raises:
            NotFound: no claim has this id.
            Conflict: the claim was decided the other way, or the profile already has an owner.

        """
        state = ClaimState.GRANTED if grant else ClaimState.REFUSED
        with self._store.writing(), self._database.joining() as connection:
            current = next((known for known in self.all() if known.id == id), None)
            if current is None:
                raise NotFound(f"there is no claim {id!r}", remedy="Use a claim id from the list of claims")
            if current.state is state:
                return current
            owned = self._ownership.of(RecordKind.PROFILE, current.profile_id)
            if current.state is not ClaimState.WAITING or (grant and owned and owned.organisation_id):
                raise Conflict(
                    "the claim was already decided, or its profile already has an owner",
                    remedy="Read the list of claims again",
                )
            decided = replace(current, state=state, decided_at=datetime.now(UTC), decided_by=by)
            change = {"state": state.value, "decided_at": decided.decided_at, "decided_by": by}
            connection.execute(update(claim).where(claim.c.id == id).values(change))
            if grant:
                self._ownership.assign(RecordKind.PROFILE, current.profile_id, current.organisation_id)
        return decided


def _is_verified(profile: Profile, organisation: Organisation) -> bool:
    checked = {"charity": organisation.charity, "company": organisation.company}
    return not set(number_keys(profile.identifiers.model_dump())).isdisjoint(number_keys(checked))


def _claim(row: Row[Any]) -> Claim:
    return Claim(**row._asdict() | {"state": ClaimState(row.state)})
