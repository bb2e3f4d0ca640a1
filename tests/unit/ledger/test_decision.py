"""What may come after what in a decision."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from matcher.foundations.errors import Conflict, InvalidInput, Unavailable
from matcher.ledger import GENESIS, Decision, Entry, EntryContent, Event

STEPS = (Event.SHORTLIST, Event.INVITE, Event.ENGAGE, Event.AWARD)


def entry(event: Event, profile: str | None = None) -> Entry:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    said = EntryContent(
        number=1, decision="d1", event=event, recorded_at=now, by="x", previous=GENESIS, profile=profile, reason="r"
    )
    return Entry.sealed(said)


def after(*events: Event) -> Decision:
    return Decision.of([entry(Event.SEARCH), *(entry(event, "p") for event in events)])


def test_steps_may_be_left_out_but_neither_repeated_nor_taken_back() -> None:
    for i, before in enumerate(STEPS):
        for j, step in enumerate(STEPS):
            after().check(step, "p", None)
            after(before).check(step, "other", None)
            if j > i:
                after(before).check(step, "p", None)
                continue
            with pytest.raises(Conflict, match=r"p cannot be .* in decision d1: it was") as refused:
                after(before).check(step, "p", None)
            assert refused.value.remedy == ("That is recorded already" if i == j else refused.value.remedy)


def test_a_rejected_profile_is_shortlisted_again_before_anything_else() -> None:
    for step in STEPS:
        after(step).check(Event.REJECT, "p", "reason")
    rejected = after(Event.AWARD, Event.REJECT)
    rejected.check(Event.SHORTLIST, "p", None)
    for step in (Event.INVITE, Event.ENGAGE, Event.AWARD, Event.REJECT):
        with pytest.raises(Conflict, match="it was rejected"):
            rejected.check(step, "p", "reason")
    assert rejected.standing() == {"p": Event.REJECT}


def test_a_closed_decision_takes_nothing() -> None:
    closed = Decision.of([entry(Event.SEARCH), entry(Event.CLOSE)])
    assert closed.closed
    for event in (Event.SHORTLIST, Event.REJECT, Event.AWARD):
        with pytest.raises(Conflict, match="closed"):
            closed.check(event, "p", "reason")
    with pytest.raises(Conflict, match="closed"):
        closed.check(Event.CLOSE, None, None)
    after(Event.SHORTLIST).check(Event.CLOSE, None, None)


@pytest.mark.parametrize(
    ("event", "profile", "reason", "problem"),
    [
        (Event.SEARCH, "p", None, "opens a decision"),
        (Event.REJECT, "p", None, "reason: a rejection needs a reason"),
        (Event.REJECT, "p", "", "reason: a rejection needs a reason"),
        (Event.AWARD, None, None, "profile: award is about a profile"),
        (Event.CLOSE, "p", None, "no one profile"),
    ],
)
def test_what_an_event_needs(event: Event, profile: str | None, reason: str | None, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        after().check(event, profile, reason)


def test_a_decision_without_its_search_is_not_what_was_recorded() -> None:
    with pytest.raises(Unavailable, match="not what was recorded"):
        _ = after().search
