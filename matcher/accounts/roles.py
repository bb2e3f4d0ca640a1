"""Roles: what a member is here to do, and which kinds of organisation may have members who do it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a member is here to do. What each may ask of the service is one table, `api/access/permissions.py`."""

    SUPPLIER = "supplier"
    COMMISSIONER = "commissioner"
    PROGRAMME = "programme"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class OrganisationKind(StrEnum):
    """What an organisation is to this service."""

    SUPPLIER = "supplier"
    COMMISSIONER = "commissioner"
    PROGRAMME = "programme"
    OVERSIGHT = "oversight"
    OPERATOR = "operator"


# A supplier's member can never be made an administrator by a slip of the hand. Whoever buys never supplies
# under the same account: exposure and award must stay apart.
ROLES_OF: Final[dict[OrganisationKind, frozenset[Role]]] = {
    OrganisationKind.SUPPLIER: frozenset({Role.SUPPLIER}),
    OrganisationKind.COMMISSIONER: frozenset({Role.COMMISSIONER, Role.PROGRAMME}),
    OrganisationKind.PROGRAMME: frozenset({Role.PROGRAMME, Role.COMMISSIONER}),
    OrganisationKind.OVERSIGHT: frozenset({Role.AUDITOR}),
    OrganisationKind.OPERATOR: frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
}
