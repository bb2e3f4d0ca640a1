"""The roles of members, and which roles each kind of organisation allows."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """The role of a member. `api/access/permissions.py` lists the permissions for each role."""

    SUPPLIER = "supplier"
    COMMISSIONER = "commissioner"
    PROGRAMME = "programme"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class OrganisationKind(StrEnum):
    """A kind of organisation."""

    SUPPLIER = "supplier"
    COMMISSIONER = "commissioner"
    PROGRAMME = "programme"
    OVERSIGHT = "oversight"
    OPERATOR = "operator"


# For each kind of organisation, the roles that members can have. Because of these limits, nobody can make a supplier's
# member an administrator by mistake. No account both buys and supplies, so that buyers cannot use what they see for
# their own bids.
ROLES_OF: Final[dict[OrganisationKind, frozenset[Role]]] = {
    OrganisationKind.SUPPLIER: frozenset({Role.SUPPLIER}),
    OrganisationKind.COMMISSIONER: frozenset({Role.COMMISSIONER, Role.PROGRAMME}),
    OrganisationKind.PROGRAMME: frozenset({Role.PROGRAMME, Role.COMMISSIONER}),
    OrganisationKind.OVERSIGHT: frozenset({Role.AUDITOR}),
    OrganisationKind.OPERATOR: frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
}
