"""Decision: a kept search and what was decided on it; and the rules on what may come after what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from matcher.foundations.errors import Conflict, InvalidInput, NotFound, Place
from matcher.ledger.entry import Entry, Event, RecordedSearch, changed

# What the last event on a profile may have been for the next one to be recorded; None: there was none yet.
# Steps may be left out and never go back, except by a rejection; who was rejected may be shortlisted again.
_AFTER: Final[dict[Event, frozenset[Event | None]]] = {
    Event.SHORTLIST: frozenset({None, Event.REJECT}),
    Event.INVITE: frozenset({None, Event.SHORTLIST}),
    Event.ENGAGE: frozenset({None, Event.SHORTLIST, Event.INVITE}),
    Event.AWARD: frozenset({None, Event.SHORTLIST, Event.INVITE, Event.ENGAGE}),
    Event.REJECT: frozenset({None, Event.SHORTLIST, Event.INVITE, Event.ENGAGE, Event.AWARD}),
}
_WORDS: Final = {
    Event.SHORTLIST: "shortlisted",
    Event.REJECT: "rejected",
    Event.INVITE: "invited",
    Event.ENGAGE: "engaged",
    Event.AWARD: "awarded",
}


@dataclass(frozen=True)
class Decision:
    """The entries of a decision: the search that opened it, then what was noted."""

    opening: Entry
    notes: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Decision:
        """Return the decision with these entries, the first one its search."""
        return cls(entries[0], tuple(entries[1:]))

    @property
    def id(self) -> str:
        """The id under which it is kept."""
        return self.opening.statement.decision

    @property
    def search(self) -> RecordedSearch:
        """The search that opened it."""
        if (search := self.opening.statement.search) is None:  # the search itself was removed
            raise changed(self.opening.statement.number)
        return search

    @property
    def closed(self) -> bool:
        """Whether nothing more can be noted."""
        return any(note.statement.event is Event.CLOSE for note in self.notes)

    def standing(self) -> dict[str, Event]:
        """Return the last event on each profile, in the order in which the profiles were first noted."""
        said = [note.statement for note in self.notes]
        return {note.profile: note.event for note in said if note.profile is not None}

    def check(self, event: Event, profile: str | None, reason: str | None) -> None:
        """Check that `event` may come next; whether `profile` is a candidate is left to the caller.

        Raises:
            InvalidInput: the event lacks a profile or a reason, has one too many, or is a search.
            Conflict: the decision is closed, or the event cannot follow the last one on the profile.

        """
        _check_form(event, profile, reason)
        if self.closed:
            raise Conflict(f"decision {self.id} is closed", remedy="Keep a new search, which opens a new decision")
        before = self.standing().get(profile or "")
        if event is not Event.CLOSE and before not in _AFTER[event]:
            raise _out_of_turn(self.id, event, str(profile), before)

    def to_json(self) -> dict[str, Any]:
        """Return it in short, as a JSON value."""
        opening, search = self.opening.statement, self.search
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
            "standing": {profile: event.value for profile, event in self.standing().items()},
        }


def _check_form(event: Event, profile: str | None, reason: str | None) -> None:
    if event is Event.SEARCH:
        raise InvalidInput(
            "a search opens a decision",
            remedy="Keep one with: matcher search --keep --by ACTOR",
            place=Place(field="event"),
        )
    if event is Event.CLOSE and profile is not None:
        raise InvalidInput(
            "closing is about no one profile", remedy="Leave the profile out", place=Place(field="profile")
        )
    if event is not Event.CLOSE and profile is None:
        raise InvalidInput(f"{event.value} is about a profile", remedy="Name one", place=Place(field="profile"))
    if event is Event.REJECT and not reason:
        raise InvalidInput("a rejection needs a reason", remedy="Give one", place=Place(field="reason"))


def _out_of_turn(decision: str, event: Event, profile: str, before: Event | None) -> Conflict:
    if before is event:
        remedy = "That is recorded already"
    elif before is Event.REJECT:
        remedy = "Shortlist it first"
    else:
        remedy = "To go back, reject it with a reason, then shortlist it again"
    was = _WORDS[before] if before else "not yet considered"
    return Conflict(f"{profile} cannot be {_WORDS[event]} in decision {decision}: it was {was}", remedy=remedy)


def no_candidate(decision: str, profile: str) -> Conflict:
    """Return the error that says a profile was not among the candidates."""
    return Conflict(
        f"{profile} was not among the candidates of decision {decision}",
        remedy="Keep a search that finds it, which opens a decision of its own",
    )


def no_decision(id: str) -> NotFound:
    """Return the error that says there is no such decision."""
    return NotFound(f"there is no decision {id!r}", remedy="See those there are with: matcher ledger list")
