"""The roles of members, and the kinds of organisation whose members can have them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """The role of a member. `api/access/permissions.py` lists what each role may do."""

    SUPPLIER = "supplier"
    COMMISSIONER = "commissioner"
    PROGRAMME = "programme"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class OrganisationKind(StrEnum):
    """The kind of an organisation."""

    SUPPLIER = "supplier"
    COMMISSIONER = "commissioner"
    PROGRAMME = "programme"
    OVERSIGHT = "oversight"
    OPERATOR = "operator"


# The roles that members of each kind of organisation can have. Because of these limits, nobody can make a member of a
# supplier an administrator by mistake, and no account both buys and supplies, so that buyers cannot use what they
# see for their own bids.
ROLES_OF: Final[dict[OrganisationKind, frozenset[Role]]] = {
    OrganisationKind.SUPPLIER: frozenset({Role.SUPPLIER}),
    OrganisationKind.COMMISSIONER: frozenset({Role.COMMISSIONER, Role.PROGRAMME}),
    OrganisationKind.PROGRAMME: frozenset({Role.PROGRAMME, Role.COMMISSIONER}),
    OrganisationKind.OVERSIGHT: frozenset({Role.AUDITOR}),
    OrganisationKind.OPERATOR: frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
}
