"""The rules for the order of events in a decision."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from matcher.foundations.errors import Conflict, InvalidInput, Unavailable
from matcher.ledger import GENESIS, Decision, Entry, EntryContent, Event

STEPS = (Event.SHORTLIST, Event.INVITE, Event.ENGAGE, Event.AWARD)


def entry(event: Event, profile: str | None = None) -> Entry:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    content = EntryContent(
        number=1, decision="d1", event=event, recorded_at=now, by="x", previous=GENESIS, profile=profile, reason="r"
    )
    return Entry.seal(content)


def after(*events: Event) -> Decision:
    return Decision.of([entry(Event.SEARCH), *(entry(event, "p") for event in events)])


def test_steps_may_be_skipped_but_not_repeated_or_undone() -> None:
    for i, before in enumerate(STEPS):
        for j, step in enumerate(STEPS):
            after().check(step, "p", None)
            after(before).check(step, "other", None)
            if j > i:
                after(before).check(step, "p", None)
                continue
            with pytest.raises(Conflict, match=r"p cannot be .* in decision d1: it is") as refused:
                after(before).check(step, "p", None)
            assert refused.value.remedy == ("This event is already recorded" if i == j else refused.value.remedy)


def test_a_rejected_profile_must_be_shortlisted_again_first() -> None:
    for step in STEPS:
        after(step).check(Event.REJECT, "p", "reason")
    rejected = after(Event.AWARD, Event.REJECT)
    rejected.check(Event.SHORTLIST, "p", None)
    for step in (Event.INVITE, Event.ENGAGE, Event.AWARD, Event.REJECT):
        with pytest.raises(Conflict, match="it is rejected"):
            rejected.check(step, "p", "reason")
    assert rejected.status_by_profile() == {"p": Event.REJECT}


def test_a_closed_decision_accepts_no_event() -> None:
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
        (Event.SEARCH, "p", None, "opens a new decision"),
        (Event.REJECT, "p", None, "reason: a rejection needs a reason"),
        (Event.REJECT, "p", "", "reason: a rejection needs a reason"),
        (Event.AWARD, None, None, "profile: the event award needs a profile"),
        (Event.CLOSE, "p", None, "closing applies to the whole decision"),
    ],
)
def test_an_event_without_its_required_fields_is_refused(
    event: Event, profile: str | None, reason: str | None, problem: str
) -> None:
    with pytest.raises(InvalidInput, match=problem):
        after().check(event, profile, reason)


def test_a_decision_without_its_search_has_been_altered() -> None:
    with pytest.raises(Unavailable, match="has been altered"):
        _ = after().search
