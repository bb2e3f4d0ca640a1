"""Accounts: who uses the service, how they prove it, and which records are theirs."""

from matcher.accounts.accounts import Accounts, Member, Organisation
from matcher.accounts.caller import ANYONE_HERE, Caller
from matcher.accounts.claims import Claim, Claims, ClaimState
from matcher.accounts.idempotency import Creations
from matcher.accounts.keys import ApiKey, Keys, NewKey
from matcher.accounts.last_used import Uses
from matcher.accounts.ownership import Ownership, Owning
from matcher.accounts.roles import OrganisationKind, Role
from matcher.accounts.sessions import NewSession, Sessions

__all__ = [
    "ANYONE_HERE",
    "Accounts",
    "ApiKey",
    "Caller",
    "Claim",
    "ClaimState",
    "Claims",
    "Creations",
    "Keys",
    "Member",
    "NewKey",
    "NewSession",
    "Organisation",
    "OrganisationKind",
    "Owning",
    "Ownership",
    "Role",
    "Sessions",
    "Uses",
]
