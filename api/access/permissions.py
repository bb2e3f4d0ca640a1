"""The table of permissions: which role may use which route, and on which records.

The service does not start unless every route has a row. No other code decides who may use a route: the guard
(`api/access/guard.py`) checks the row before the body of a request is read, and handlers only use the access that the
guard grants.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

from matcher.accounts import Caller, Role
from matcher.foundations.errors import MatcherError


class AccessScope(IntEnum):
    """The records that a role reaches through a route. A caller's scope is the widest among the caller's roles.

    NONE: the role may not use the route. OWN: records of the caller's organisation. PUBLISHED: records of the caller's
    organisation, and every other record that is not a draft. ALL: every record.
    """

    NONE = 0
    OWN = 1
    PUBLISHED = 2
    ALL = 3


class Subject(StrEnum):
    """What the id in the path of a route identifies."""

    PROFILE = "profile"
    NEED = "need"
    REGISTRATION = "registration"
    DECISION = "decision"
    PROGRAMME = "programme"


@dataclass(frozen=True)
class Permission:
    """The scope of each role on a route.

    `subject` says what the id in the path of the route identifies, or is None for a path without an id.
    """

    supplier: AccessScope
    commissioner: AccessScope
    programme: AccessScope
    auditor: AccessScope
    administrator: AccessScope
    subject: Subject | None = field(default=None, kw_only=True)

    def for_caller(self, caller: Caller) -> AccessScope:
        """Return the widest scope of the roles of `caller`, or NONE if `caller` has no role."""
        return max((self.for_role(role) for role in caller.roles), default=AccessScope.NONE)

    def for_role(self, role: Role) -> AccessScope:
        """Return the scope of `role`."""
        scope: AccessScope = getattr(self, role.value)
        return scope


_, OWN, PUBLISHED, ALL = AccessScope.NONE, AccessScope.OWN, AccessScope.PUBLISHED, AccessScope.ALL

# Routes that need no authentication.
PUBLIC: Final = frozenset(
    {"openapi", "read_documentation", "read_problem", "read_health", "read_readiness", "begin_sign_in", "end_sign_in"}
)

PERMISSIONS: Final[dict[str, Permission]] = {
    # Columns: supplier, commissioner, programme, auditor, administrator.
    # Anyone with an account may read profiles. Only the owner may change one. A new profile starts as a registration.
    "read_profile": Permission(ALL, ALL, ALL, ALL, ALL, subject=Subject.PROFILE),
    "read_profile_history": Permission(ALL, ALL, ALL, ALL, ALL, subject=Subject.PROFILE),
    "put_profile": Permission(OWN, _, _, _, ALL, subject=Subject.PROFILE),
    "withdraw_profile": Permission(OWN, _, _, _, ALL, subject=Subject.PROFILE),
    "erase_profile_contact": Permission(OWN, _, _, _, ALL, subject=Subject.PROFILE),
    "read_profile_completeness": Permission(OWN, _, _, ALL, ALL, subject=Subject.PROFILE),
    "export_profile": Permission(OWN, _, _, ALL, ALL, subject=Subject.PROFILE),
    "list_opportunities": Permission(OWN, _, _, ALL, ALL, subject=Subject.PROFILE),
    "read_alert": Permission(OWN, _, _, ALL, ALL, subject=Subject.PROFILE),
    "put_alert": Permission(OWN, _, _, _, ALL, subject=Subject.PROFILE),
    "remove_alert": Permission(OWN, _, _, _, ALL, subject=Subject.PROFILE),
    # A supplier claims a profile; the administrator decides the claim.
    "claim_profile": Permission(ALL, _, _, _, _),
    "list_claims": Permission(OWN, _, _, ALL, ALL),
    "decide_claim": Permission(_, _, _, _, ALL),
    # Only the organisation that is registering sees a profile before it is confirmed.
    "create_registration": Permission(ALL, _, _, _, ALL),
    "list_registrations": Permission(OWN, _, _, ALL, ALL),
    "read_registration": Permission(OWN, _, _, ALL, ALL, subject=Subject.REGISTRATION),
    "preview_registration": Permission(OWN, _, _, ALL, ALL, subject=Subject.REGISTRATION),
    "put_registration": Permission(OWN, _, _, _, ALL, subject=Subject.REGISTRATION),
    "discard_registration": Permission(OWN, _, _, _, ALL, subject=Subject.REGISTRATION),
    "confirm_registration": Permission(OWN, _, _, _, ALL, subject=Subject.REGISTRATION),
    # Anyone with an account may read published needs. Only the owner may change one.
    "list_needs": Permission(PUBLISHED, PUBLISHED, PUBLISHED, ALL, ALL),
    "read_need": Permission(PUBLISHED, PUBLISHED, PUBLISHED, ALL, ALL, subject=Subject.NEED),
    "read_need_history": Permission(PUBLISHED, PUBLISHED, PUBLISHED, ALL, ALL, subject=Subject.NEED),
    "create_need": Permission(_, ALL, ALL, _, ALL),
    "put_need": Permission(_, OWN, OWN, _, ALL, subject=Subject.NEED),
    "publish_need": Permission(_, OWN, OWN, _, ALL, subject=Subject.NEED),
    "withdraw_need": Permission(_, OWN, OWN, _, ALL, subject=Subject.NEED),
    # A search changes nothing. The caller must be allowed to see the need that the search is for.
    "search": Permission(PUBLISHED, PUBLISHED, PUBLISHED, ALL, ALL),
    # Members who look for partners save decisions. Their organisation and auditors may read those decisions.
    "keep_decision": Permission(_, PUBLISHED, PUBLISHED, _, ALL),
    "list_decisions": Permission(_, OWN, OWN, ALL, ALL),
    "read_decision": Permission(_, OWN, OWN, ALL, ALL, subject=Subject.DECISION),
    "note_decision": Permission(_, OWN, OWN, _, ALL, subject=Subject.DECISION),
    "replay_decision": Permission(_, OWN, OWN, ALL, ALL, subject=Subject.DECISION),
    "read_ledger_head": Permission(_, ALL, ALL, ALL, ALL),
    "verify_ledger": Permission(_, _, _, ALL, ALL),
    "export_ledger": Permission(_, _, _, ALL, ALL),
    # Erasing words cannot be undone.
    "redact_words": Permission(_, _, _, _, ALL),
    # Regional programmes and commissioners start runs. Their organisation and auditors may read those runs.
    "start_programme": Permission(_, PUBLISHED, PUBLISHED, _, ALL),
    "upload_programme": Permission(_, PUBLISHED, PUBLISHED, _, ALL),
    "preview_upload": Permission(_, ALL, ALL, _, ALL),
    "list_programmes": Permission(_, OWN, OWN, ALL, ALL),
    "read_programme": Permission(_, OWN, OWN, ALL, ALL, subject=Subject.PROGRAMME),
    "watch_programme": Permission(_, OWN, OWN, ALL, ALL, subject=Subject.PROGRAMME),
    "pause_programme": Permission(_, OWN, OWN, _, ALL, subject=Subject.PROGRAMME),
    "resume_programme": Permission(_, OWN, OWN, _, ALL, subject=Subject.PROGRAMME),
    "cancel_programme": Permission(_, OWN, OWN, _, ALL, subject=Subject.PROGRAMME),
    "read_programme_results": Permission(_, OWN, OWN, ALL, ALL, subject=Subject.PROGRAMME),
    # Metrics, for people who monitor the service.
    "read_metrics": Permission(_, _, _, ALL, ALL),
    # The caller's own details and session.
    "read_caller": Permission(ALL, ALL, ALL, ALL, ALL),
    "begin_session": Permission(ALL, ALL, ALL, ALL, ALL),
    "end_session": Permission(ALL, ALL, ALL, ALL, ALL),
}


def check(names: Iterable[str]) -> None:
    """Check that the table has a row for each of the routes `names`, and no other rows.

    Raises:
        MatcherError: a route has no row, or a row has no route.

    """
    routes = set(names)
    if missing := routes - PUBLIC - set(PERMISSIONS):
        raise MatcherError(f"the table of permissions has no row for: {', '.join(sorted(missing))}")
    if unused := (PUBLIC | set(PERMISSIONS)) - routes:
        raise MatcherError(f"the table of permissions has rows without a route: {', '.join(sorted(unused))}")
