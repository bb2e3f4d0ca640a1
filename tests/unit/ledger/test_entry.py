"""An entry is checked when read and identifies no person, and its hash covers its canonical text."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest

from matcher.foundations.errors import InvalidInput, Unavailable
from matcher.ledger import GENESIS, Entry, EntryContent, Event
from matcher.ledger.entry import attribution, canonical_json, impersonal

CONTENT = EntryContent(
    number=2,
    decision="d1",
    event=Event.REJECT,
    recorded_at=datetime(2026, 6, 1, 9, 30, tzinfo=UTC),
    by="icb-qwo",
    previous=GENESIS,
    profile="café/1",
    reason="No cover",
)


def test_the_hash_covers_the_canonical_text() -> None:
    entry = Entry.seal(CONTENT)
    assert entry.text == (
        '{"by":"icb-qwo","decision":"d1","event":"reject","number":2,'
        f'"previous":"{GENESIS}","profile":"café/1","reason":"No cover","recorded_at":"2026-06-01T09:30:00Z"}}'
    )
    assert entry.hash == hashlib.sha256(entry.text.encode()).hexdigest()
    assert canonical_json(json.loads(entry.text)) == entry.text
    assert entry.to_json() == {**json.loads(entry.text), "hash": entry.hash}


def test_a_stored_entry_reads_back_unchanged() -> None:
    entry = Entry.seal(CONTENT)
    assert Entry.read(2, "d1", "reject", entry.text, entry.hash) == entry


def test_a_saved_entry_is_read_whatever_the_detector_of_contact_details_finds_in_it() -> None:
    entry = Entry.seal(CONTENT.model_copy(update={"by": "key:07700900123", "reason": "Ask anna (at) health.org"}))
    assert Entry.read(2, "d1", "reject", entry.text, entry.hash) == entry


@pytest.mark.parametrize(
    "change",
    [
        {"number": 3},
        {"decision": "d2"},
        {"event": "award"},
        {"text": Entry.seal(CONTENT).text.replace("No", "no")},
        {"text": Entry.seal(CONTENT).text.encode()},
        {"hash": GENESIS},
    ],
)
def test_an_altered_entry_is_refused(change: dict[str, object]) -> None:
    entry = Entry.seal(CONTENT)
    row = {"number": 2, "decision": "d1", "event": "reject", "text": entry.text, "hash": entry.hash, **change}
    with pytest.raises(Unavailable, match=r"has been altered.*ledger verify"):
        Entry.read(**row)  # type: ignore[arg-type]


def test_an_entry_with_an_unknown_field_is_named() -> None:
    text = canonical_json({**json.loads(Entry.seal(CONTENT).text), "mood": "good"})
    with pytest.raises(InvalidInput, match="ledger entry 2, mood"):
        Entry.read(2, "d1", "reject", text, hashlib.sha256(text.encode()).hexdigest())


@pytest.mark.parametrize(
    "text",
    [
        "Ask anna.field@example.org",
        "Ask anna (at) health.org",
        "+353 1 555 0123",
        "call 0113 496 0000",
        "+44 113 496 0000",
        "on (0113) 496 0000",
        "07700900123 today",
    ],
)
def test_text_that_identifies_a_person_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="do not belong in the ledger"):
        impersonal(text)
    with pytest.raises(InvalidInput, match=r"reason: .*telephone number.*does not identify a person"):
        attribution("icb-qwo", text)


@pytest.mark.parametrize(
    "text",
    [
        "Charity 1000003, company 02324869, CPV 85100000", "From 01-02-2026 to 2026-03-31", "£5,000,000 a year",
        "30 % of 12,000 residents @ home", "At 09:30 on 1.2.2026",
    ],
)  # fmt: skip
def test_numbers_that_identify_no_person_are_accepted(text: str) -> None:
    assert impersonal(text) == text
    assert attribution("key:7f3a", text).reason == text


@pytest.mark.parametrize("by", ["", " ", "Anna Field", "anna@example.org", "-x", "x" * 129, "a\nb"])
def test_an_actor_that_is_not_an_identifier_is_refused(by: str) -> None:
    with pytest.raises(InvalidInput, match=r"^by: .*never a person"):
        attribution(by)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_an_empty_or_long_reason_is_refused(reason: str) -> None:
    with pytest.raises(InvalidInput, match=r"^reason: "):
        attribution("icb-qwo", reason)
