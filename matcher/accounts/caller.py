"""The authenticated sender of a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from matcher.accounts.roles import Role


@dataclass(frozen=True)
class Caller:
    """The authenticated sender of a request: organisation, member and roles.

    `organisation_id` and `member_id` are None for the operator of a local installation. `csrf` is the token that a
    browser must send with each change, or None if the caller used a key.
    """

    roles: frozenset[Role]
    organisation_id: str | None = None
    member_id: str | None = None
    csrf: str | None = None


# The caller on a local-only service, where anyone who can connect can already reach the database.
LOCAL_OPERATOR: Final = Caller(frozenset({Role.ADMINISTRATOR}))
