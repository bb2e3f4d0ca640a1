"""A decision: a saved search, the events that follow it, and the rules for the order of events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from matcher.foundations.errors import Conflict, InvalidInput, NotFound, Place
from matcher.ledger.entry import Entry, Event, RecordedSearch, altered

# The events that each event may directly follow for the same profile. None means that the profile has no event yet.
# Steps may be skipped. The only way back is a rejection, after which the profile may be shortlisted again.
_AFTER: Final[dict[Event, frozenset[Event | None]]] = {
    Event.SHORTLIST: frozenset({None, Event.REJECT}),
    Event.INVITE: frozenset({None, Event.SHORTLIST}),
    Event.ENGAGE: frozenset({None, Event.SHORTLIST, Event.INVITE}),
    Event.AWARD: frozenset({None, Event.SHORTLIST, Event.INVITE, Event.ENGAGE}),
    Event.REJECT: frozenset({None, Event.SHORTLIST, Event.INVITE, Event.ENGAGE, Event.AWARD}),
}
_PAST_TENSE: Final = {
    Event.SHORTLIST: "shortlisted",
    Event.REJECT: "rejected",
    Event.INVITE: "invited",
    Event.ENGAGE: "engaged",
    Event.AWARD: "awarded",
}


@dataclass(frozen=True)
class Decision:
    """The entries of a decision: the search that opened the decision, then the events that followed."""

    opening: Entry
    notes: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Decision:
        """Return the decision with these entries. The first entry must be the search that opened it."""
        return cls(entries[0], tuple(entries[1:]))

    @property
    def id(self) -> str:
        """The id of the decision."""
        return self.opening.content.decision

    @property
    def search(self) -> RecordedSearch:
        """The search that opened the decision.

        Raises:
            Unavailable: the first entry is not a search, so an entry has been removed.

        """
        if (search := self.opening.content.search) is None:
            raise altered(self.opening.content.number)
        return search

    @property
    def closed(self) -> bool:
        """Whether the decision is closed. No more events can be recorded for a closed decision."""
        return any(note.content.event is Event.CLOSE for note in self.notes)

    def status_by_profile(self) -> dict[str, Event]:
        """Return the last event for each profile. The profiles are in the order of their first events."""
        contents = [note.content for note in self.notes]
        return {content.profile: content.event for content in contents if content.profile is not None}

    def check(self, event: Event, profile: str | None, reason: str | None) -> None:
        """Check that `event` may come next. The caller must check that `profile` is a candidate.

        Raises:
            InvalidInput: `event` is a search, lacks a required profile or reason, or has a profile that is not allowed.
            Conflict: the decision is closed, or `event` cannot follow the profile's last event.

        """
        _check_fields(event, profile, reason)
        if self.closed:
            raise Conflict(
                f"decision {self.id} is closed", remedy="To continue, save a new search, which opens a new decision"
            )
        status = self.status_by_profile().get(profile or "")
        if event is not Event.CLOSE and status not in _AFTER[event]:
            raise _out_of_order(self.id, event, str(profile), status)

    def to_json(self) -> dict[str, Any]:
        """Return a summary of the decision as a JSON value."""
        opening, search = self.opening.content, self.search
        return {
            "decision": self.id,
            "recorded_at": opening.recorded_at.isoformat(),
            "by": opening.by,
            "need_id": search.need.id,
            "sequence": search.sequence,
            "model": f"{search.model.name}-{search.model.version}",
            "considered": search.considered,
            "eligible": search.eligible,
            "candidates": search.candidates,
            "shown": list(search.shown),
            "closed": self.closed,
            "standing": {profile: event.value for profile, event in self.status_by_profile().items()},
        }


def _check_fields(event: Event, profile: str | None, reason: str | None) -> None:
    if event is Event.SEARCH:
        raise InvalidInput(
            "a search opens a new decision",
            remedy="Save a search with: matcher search --keep --by ACTOR",
            place=Place(field="event"),
        )
    if event is Event.REDACT:
        raise InvalidInput(
            "a redaction erases a passage", remedy="Use matcher ledger redact", place=Place(field="event")
        )
    if event is Event.CLOSE and profile is not None:
        raise InvalidInput(
            "closing applies to the whole decision", remedy="Leave out the profile", place=Place(field="profile")
        )
    if event is not Event.CLOSE and profile is None:
        raise InvalidInput(
            f"the event {event.value} needs a profile",
            remedy="Use the id of a candidate in the decision",
            place=Place(field="profile"),
        )
    if event is Event.REJECT and not reason:
        raise InvalidInput("a rejection needs a reason", remedy="Give the reason", place=Place(field="reason"))


def _out_of_order(decision: str, event: Event, profile: str, status: Event | None) -> Conflict:
    if status is event:
        remedy = "This event is already recorded"
    elif status is Event.REJECT:
        remedy = "Shortlist it first"
    else:
        remedy = "To go back, reject it with a reason, then shortlist it again"
    current = _PAST_TENSE[status] if status else "not yet considered"
    return Conflict(f"{profile} cannot be {_PAST_TENSE[event]} in decision {decision}: it is {current}", remedy=remedy)


def not_a_candidate(decision: str, profile: str) -> Conflict:
    """Return the error for a profile that is not a candidate in the decision."""
    return Conflict(
        f"{profile} is not a candidate in decision {decision}",
        remedy="Save a new search that finds this profile. Each saved search opens a new decision",
    )


def no_decision(id: str) -> NotFound:
    """Return the error for an unknown decision id."""
    return NotFound(f"no decision has id {id!r}", remedy="To see the decisions, run: matcher ledger list")
