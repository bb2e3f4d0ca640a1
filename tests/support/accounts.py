"""An organisation with a member, and a fixed time, for tests."""

from __future__ import annotations

from datetime import UTC, datetime

from matcher.accounts import Accounts, OrganisationKind
from matcher.store import Store

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


def member_of(store: Store, id: str = "steps", kind: OrganisationKind = OrganisationKind.SUPPLIER) -> str:
    accounts = Accounts(store.database)
    accounts.add_organisation(id, name="Steady Steps", kind=kind, charity="1000003")
    return accounts.add_member(id, name="A. Person", email="a@steps.example").id
