"""Caller: who asks, once it is proved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from matcher.accounts.roles import Role


@dataclass(frozen=True)
class Caller:
    """Who asks: their organisation and member id (None for whoever sits at an installation without accounts)
    and roles. `csrf` is what a browser must repeat with a change, None where the proof was a key.
    """

    roles: frozenset[Role]
    organisation_id: str | None = None
    member_id: str | None = None
    csrf: str | None = None


# Whoever reaches a service that is bound to its own machine has the machine, and so the database.
LOCAL_OPERATOR: Final = Caller(frozenset({Role.ADMINISTRATOR}))
