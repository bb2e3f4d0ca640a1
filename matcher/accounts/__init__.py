"""Accounts: the users of the service, how they authenticate, and which records they own."""

from matcher.accounts.accounts import Accounts, Member, Organisation
from matcher.accounts.caller import LOCAL_OPERATOR, Caller
from matcher.accounts.claims import Claim, Claims, ClaimState
from matcher.accounts.idempotency import CreatedRecord, IdempotencyKeys
from matcher.accounts.keys import ApiKey, Keys, NewKey
from matcher.accounts.last_used import LastUsed
from matcher.accounts.ownership import OwnedRecord, Ownership
from matcher.accounts.roles import OrganisationKind, Role
from matcher.accounts.sessions import NewSession, Sessions

__all__ = [
    "LOCAL_OPERATOR",
    "Accounts",
    "ApiKey",
    "Caller",
    "Claim",
    "ClaimState",
    "Claims",
    "CreatedRecord",
    "IdempotencyKeys",
    "Keys",
    "Member",
    "NewKey",
    "NewSession",
    "Organisation",
    "OrganisationKind",
    "OwnedRecord",
    "Ownership",
    "Role",
    "Sessions",
    "LastUsed",
]
