"""An entry is hashed over one text, checked when it is read, and has no room for a person."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest

from matcher.foundations.errors import InvalidInput, Unavailable
from matcher.ledger import GENESIS, Entry, EntryContent, Event
from matcher.ledger.entry import canonical_json, given, impersonal

SAID = EntryContent(
    number=2,
    decision="d1",
    event=Event.REJECT,
    recorded_at=datetime(2026, 6, 1, 9, 30, tzinfo=UTC),
    by="icb-qwo",
    previous=GENESIS,
    profile="café/1",
    reason="No cover",
)


def test_the_hash_is_that_of_the_text_and_the_text_is_canonical() -> None:
    entry = Entry.sealed(SAID)
    assert entry.text == (
        '{"by":"icb-qwo","decision":"d1","event":"reject","number":2,'
        f'"previous":"{GENESIS}","profile":"café/1","reason":"No cover","recorded_at":"2026-06-01T09:30:00Z"}}'
    )
    assert entry.hash == hashlib.sha256(entry.text.encode()).hexdigest()
    assert canonical_json(json.loads(entry.text)) == entry.text
    assert entry.to_json() == {**json.loads(entry.text), "hash": entry.hash}


def test_a_kept_entry_reads_as_it_was_written() -> None:
    entry = Entry.sealed(SAID)
    assert Entry.read(2, "d1", "reject", entry.text, entry.hash) == entry


@pytest.mark.parametrize(
    "change",
    [
        {"number": 3},
        {"decision": "d2"},
        {"event": "award"},
        {"text": Entry.sealed(SAID).text.replace("No", "no")},
        {"text": Entry.sealed(SAID).text.encode()},
        {"hash": GENESIS},
    ],
)
def test_an_entry_that_is_not_what_was_recorded_is_not_read(change: dict[str, object]) -> None:
    entry = Entry.sealed(SAID)
    row = {"number": 2, "decision": "d1", "event": "reject", "text": entry.text, "hash": entry.hash, **change}
    with pytest.raises(Unavailable, match=r"not what was recorded.*ledger verify"):
        Entry.read(**row)  # type: ignore[arg-type]


def test_an_entry_of_a_newer_program_is_said_to_be_one() -> None:
    text = canonical_json({**json.loads(Entry.sealed(SAID).text), "mood": "good"})
    with pytest.raises(InvalidInput, match="ledger entry 2, mood"):
        Entry.read(2, "d1", "reject", text, hashlib.sha256(text.encode()).hexdigest())


@pytest.mark.parametrize(
    "text",
    ["Ask anna.field@example.org", "call 0113 496 0000", "+44 113 496 0000", "on (0113) 496 0000", "07700900123 today"],
)
def test_what_points_at_a_person_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="never be erased"):
        impersonal(text)
    with pytest.raises(InvalidInput, match=r"reason: .*telephone number.*names no person"):
        given("icb-qwo", text)


@pytest.mark.parametrize(
    "text",
    [
        "Charity 1000003, company 02324869, CPV 85100000", "From 01-02-2026 to 2026-03-31", "£5,000,000 a year",
        "30 % of 12,000 residents @ home", "At 09:30 on 1.2.2026",
    ],
)  # fmt: skip
def test_numbers_that_point_at_nobody_are_taken(text: str) -> None:
    assert impersonal(text) == text
    assert given("key:7f3a", text).reason == text


@pytest.mark.parametrize("by", ["", " ", "Anna Field", "anna@example.org", "-x", "x" * 129, "a\nb"])
def test_an_actor_is_an_opaque_name(by: str) -> None:
    with pytest.raises(InvalidInput, match=r"^by: .*never a person"):
        given(by)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_reason_says_something(reason: str) -> None:
    with pytest.raises(InvalidInput, match=r"^reason: "):
        given("icb-qwo", reason)
