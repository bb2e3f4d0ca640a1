"""Permissions: the one table of who may ask what. Every route has a row; the service does not start without it.

Nothing else decides: `api/access/guard.py` reads a row before the body of a request is read, and a handler only
passes on what it was given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from matcher.accounts import Caller, Role
from matcher.foundations.errors import MatcherError


class Reach(IntEnum):
    """How far a role reaches with a route; whoever has several roles reaches as far as the widest.

    NONE: refused. OWN: records of one's organisation. PUBLISHED: those, and what is no longer a draft.
    ALL: every record.
    """

    NONE = 0
    OWN = 1
    PUBLISHED = 2
    ALL = 3


class Subject(StrEnum):
    """What the id in a route's path names."""

    PROFILE = "profile"
    NEED = "need"
    REGISTRATION = "registration"
    DECISION = "decision"
    PROGRAMME = "programme"


@dataclass(frozen=True)
class Permission:
    """How far each role reaches with a route, and what the id of its path names, None without one."""

    supplier: Reach
    commissioner: Reach
    programme: Reach
    auditor: Reach
    administrator: Reach
    subject: Subject | None = None

    def reach(self, caller: Caller) -> Reach:
        """Return how far `caller` reaches."""
        return max((self.of(role) for role in caller.roles), default=Reach.NONE)

    def of(self, role: Role) -> Reach:
        """Return how far a role reaches."""
        reach: Reach = getattr(self, role.value)
        return reach


_, OWN, SEEN, ALL = Reach.NONE, Reach.OWN, Reach.PUBLISHED, Reach.ALL

# Routes that ask nobody who they are.
PUBLIC: Final = frozenset(
    {"openapi", "read_documentation", "read_problem", "read_health", "read_readiness", "begin_sign_in", "end_sign_in"}
)

PERMISSIONS: Final[dict[str, Permission]] = {
    # In the order: supplier, commissioner, programme, auditor, administrator.
    # Profiles are read by everybody who has an account, and changed by their owner. A new one starts as a registration.
    "read_profile": Permission(ALL, ALL, ALL, ALL, ALL, Subject.PROFILE),
    "read_profile_history": Permission(ALL, ALL, ALL, ALL, ALL, Subject.PROFILE),
    "put_profile": Permission(OWN, _, _, _, ALL, Subject.PROFILE),
    "withdraw_profile": Permission(OWN, _, _, _, ALL, Subject.PROFILE),
    "erase_profile_contact": Permission(OWN, _, _, _, ALL, Subject.PROFILE),
    "read_profile_completeness": Permission(OWN, _, _, ALL, ALL, Subject.PROFILE),
    "export_profile": Permission(OWN, _, _, ALL, ALL, Subject.PROFILE),
    "list_opportunities": Permission(OWN, _, _, ALL, ALL, Subject.PROFILE),
    "read_alert": Permission(OWN, _, _, ALL, ALL, Subject.PROFILE),
    "put_alert": Permission(OWN, _, _, _, ALL, Subject.PROFILE),
    "remove_alert": Permission(OWN, _, _, _, ALL, Subject.PROFILE),
    # A claim is made by the organisation that has no profile yet, and decided by whoever runs the register.
    "claim_profile": Permission(ALL, _, _, _, _),
    "list_claims": Permission(OWN, _, _, ALL, ALL),
    "decide_claim": Permission(_, _, _, _, ALL),
    # Profiles in the making are seen by their organisation.
    "create_registration": Permission(ALL, _, _, _, ALL),
    "list_registrations": Permission(OWN, _, _, ALL, ALL),
    "read_registration": Permission(OWN, _, _, ALL, ALL, Subject.REGISTRATION),
    "preview_registration": Permission(OWN, _, _, ALL, ALL, Subject.REGISTRATION),
    "put_registration": Permission(OWN, _, _, _, ALL, Subject.REGISTRATION),
    "discard_registration": Permission(OWN, _, _, _, ALL, Subject.REGISTRATION),
    "confirm_registration": Permission(OWN, _, _, _, ALL, Subject.REGISTRATION),
    # Needs are seen by everybody once they are published, and changed by the organisation that has them.
    "list_needs": Permission(SEEN, SEEN, SEEN, ALL, ALL),
    "read_need": Permission(SEEN, SEEN, SEEN, ALL, ALL, Subject.NEED),
    "read_need_history": Permission(SEEN, SEEN, SEEN, ALL, ALL, Subject.NEED),
    "create_need": Permission(_, ALL, ALL, _, ALL),
    "put_need": Permission(_, OWN, OWN, _, ALL, Subject.NEED),
    "publish_need": Permission(_, OWN, OWN, _, ALL, Subject.NEED),
    "withdraw_need": Permission(_, OWN, OWN, _, ALL, Subject.NEED),
    # A search changes nothing; the need that it names must be one that the caller may see.
    "search": Permission(SEEN, SEEN, SEEN, ALL, ALL),
    # Decisions are kept by whoever searches for partners, seen by their organisation, and open to scrutiny.
    "keep_decision": Permission(_, SEEN, SEEN, _, ALL),
    "list_decisions": Permission(_, OWN, OWN, ALL, ALL),
    "read_decision": Permission(_, OWN, OWN, ALL, ALL, Subject.DECISION),
    "note_decision": Permission(_, OWN, OWN, _, ALL, Subject.DECISION),
    "replay_decision": Permission(_, OWN, OWN, ALL, ALL, Subject.DECISION),
    "read_ledger_head": Permission(_, ALL, ALL, ALL, ALL),
    "verify_ledger": Permission(_, _, _, ALL, ALL),
    "export_ledger": Permission(_, _, _, ALL, ALL),
    # Programmes are run by regional programmes and commissioners, and seen by their organisation.
    "start_programme": Permission(_, SEEN, SEEN, _, ALL),
    "upload_programme": Permission(_, SEEN, SEEN, _, ALL),
    "preview_upload": Permission(_, ALL, ALL, _, ALL),
    "list_programmes": Permission(_, OWN, OWN, ALL, ALL),
    "read_programme": Permission(_, OWN, OWN, ALL, ALL, Subject.PROGRAMME),
    "watch_programme": Permission(_, OWN, OWN, ALL, ALL, Subject.PROGRAMME),
    "pause_programme": Permission(_, OWN, OWN, _, ALL, Subject.PROGRAMME),
    "resume_programme": Permission(_, OWN, OWN, _, ALL, Subject.PROGRAMME),
    "cancel_programme": Permission(_, OWN, OWN, _, ALL, Subject.PROGRAMME),
    "read_programme_results": Permission(_, OWN, OWN, ALL, ALL, Subject.PROGRAMME),
    # Figures of the running service, for whoever watches over it.
    "read_metrics": Permission(_, _, _, ALL, ALL),
    # Oneself.
    "read_caller": Permission(ALL, ALL, ALL, ALL, ALL),
    "begin_session": Permission(ALL, ALL, ALL, ALL, ALL),
    "end_session": Permission(ALL, ALL, ALL, ALL, ALL),
}


def check(names: Iterable[str]) -> None:
    """Check that the table has each of the routes `names`, and no other.

    Raises:
        MatcherError: it has not.

    """
    named = set(names)
    if unknown := named - PUBLIC - set(PERMISSIONS):
        raise MatcherError(f"the table of permissions has no row for: {', '.join(sorted(unknown))}")
    if unused := (PUBLIC | set(PERMISSIONS)) - named:
        raise MatcherError(f"the table of permissions names what is no route: {', '.join(sorted(unused))}")
