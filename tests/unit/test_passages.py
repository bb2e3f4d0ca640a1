"""Passages: every record has one, none is too long for the encoder, and no word is lost or torn."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.passages import PASSAGE_CHARACTERS, PassageKind, passages_of, query_of, source_of
from matcher.records import Need, Profile, parse
from tests.strategies import needs, profiles

WORD = re.compile(r"\w+")
# Sentences far longer than a passage, of words that occur once each.
bodies = st.tuples(st.text("abcdé", min_size=1, max_size=40), st.integers(0, 300)).map(
    lambda drawn: " ".join(f"{drawn[0]}{number}" for number in range(drawn[1]))
)
long_titles = st.lists(st.text("abcdé", min_size=1, max_size=40), min_size=1, max_size=12).map(" ".join)


def words_of(profile: Profile) -> set[str]:
    """Return the words of all that a profile says of what it does."""
    texts = [profile.summary]
    for capability in profile.capabilities:
        texts += [capability.title, capability.description, *capability.outcomes]
    for piece in profile.track_record:
        texts += [piece.title, piece.description]
    return {word for text in texts for word in WORD.findall(text)}


def check(profile: Profile) -> None:
    passages = passages_of(profile)
    assert passages
    assert all(passage.text and len(passage.text) <= PASSAGE_CHARACTERS for passage in passages)
    spoken = {word for passage in passages for word in WORD.findall(passage.text)}
    assert words_of(profile) <= spoken
    assert passages_of(profile) == passages
    assert all(source_of(profile, passage) for passage in passages)


@given(profiles())
def test_profiles_of_any_kind(profile: Profile) -> None:
    check(profile)


@given(long_titles, bodies, bodies, st.lists(bodies, max_size=3))
def test_long_texts(title: str, summary: str, description: str, outcomes: list[str]) -> None:
    part = {"title": title[:500], "description": description}
    fields = {"summary": summary, "capabilities": [{**part, "outcomes": outcomes}], "track_record": [part]}
    check(parse(Profile, {"id": "p", "name": "N", **fields}))


def test_a_word_longer_than_a_passage_is_cut_into_several() -> None:
    texts = [passage.text for passage in passages_of(parse(Profile, {"id": "p", "name": "N", "summary": "a" * 2_500}))]
    assert "".join(texts) == "a" * 2_500
    assert max(map(len, texts)) <= PASSAGE_CHARACTERS


def test_what_says_nothing_is_known_by_its_name() -> None:
    [passage] = passages_of(Profile(id="p", name="Falls Clinic"))
    assert (passage.kind, passage.text) == (PassageKind.NAME, "Falls Clinic")


def test_each_part_of_a_profile_speaks_for_itself() -> None:
    fields = {
        "summary": "We help.",
        "capabilities": [{"title": "Meals", "description": "Hot food.", "outcomes": ["Fewer hungry", "More company"]}],
        "track_record": [{"title": "Lunch club", "buyer": "Calder Council", "date": "2024-05-01"}],
    }
    profile = parse(Profile, {"id": "p", "name": "N", **fields})
    assert [(passage.text, source_of(profile, passage)) for passage in passages_of(profile)] == [
        ("We help.", "summary"),
        ("Meals. Hot food.", "capability: Meals"),
        ("Meals. Fewer hungry. More company", "outcomes: Meals"),
        ("Lunch club", "track record: Lunch club for Calder Council, 2024-05-01"),
    ]


@pytest.mark.parametrize("length", [900, 1_000, 1_001, 5_000])
def test_texts_are_cut_at_the_ends_of_sentences(length: int) -> None:
    summary = " ".join(["Sentences end here."] * (length // 20))
    texts = [own.text for own in passages_of(parse(Profile, {"id": "p", "name": "N", "summary": summary}))]
    assert all(text.startswith("Sentences") and text.endswith("here.") for text in texts)
    assert " ".join(texts) == summary


@given(needs())
def test_a_need_is_all_its_words(need: Need) -> None:
    said = WORD.findall(query_of(need))
    assert set(WORD.findall(" ".join([need.title, need.description, *need.outcomes]))) <= set(said)
