"""Passages: every record has one, none is too long for the encoder, and no word is lost or split."""

from __future__ import annotations

import re
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.records import Lot, Need, Profile, parse
from matcher.texts.passages import (
    PASSAGE_CHARACTERS,
    PassageKind,
    passages_of,
    query_of,
    source_of,
    strip_boilerplate,
    title_of,
)
from tests.support.strategies import needs, profiles

WORD = re.compile(r"\w+")
# Sentences far longer than a passage, in which each word occurs once.
bodies = st.tuples(st.text("abcdé", min_size=1, max_size=40), st.integers(0, 300)).map(
    lambda drawn: " ".join(f"{drawn[0]}{number}" for number in range(drawn[1]))
)
long_titles = st.lists(st.text("abcdé", min_size=1, max_size=40), min_size=1, max_size=12).map(" ".join)


def words_of(profile: Profile) -> set[str]:
    """Return the words of all texts of a profile except its name."""
    texts = [profile.summary]
    for capability in profile.capabilities:
        texts += [capability.title, capability.description, *capability.outcomes]
    for piece in profile.track_record:
        texts += [piece.title, piece.description]
    return {word for text in texts for word in WORD.findall(text)}


def texts_of(kind: PassageKind, **fields: object) -> list[str]:
    """Return the texts of one kind of passage, for a profile with these fields."""
    profile = parse(Profile, {"id": "p", "name": "N", **fields})
    return [passage.text for passage in passages_of(profile) if passage.kind is kind]


def check(profile: Profile) -> None:
    passages = passages_of(profile)
    assert passages
    assert all(passage.text and len(passage.text) <= PASSAGE_CHARACTERS for passage in passages)
    present = {word for passage in passages for word in WORD.findall(passage.text)}
    assert words_of(profile) <= present
    assert passages_of(profile) == passages
    assert all(source_of(profile, passage) for passage in passages)
    assert (passages[0].kind, passages[0].text) == (PassageKind.NAME, profile.name)
    pieces = [piece for piece, _ in groupby(passage.piece for passage in passages)]
    assert len(pieces) == len(set(pieces)), "the passages of a piece are consecutive"
    for kind, part in pieces:
        own = [passage for passage in passages if passage.piece == (kind, part)]
        titles = [passage for passage in own if passage.kind is PassageKind.TRACK_RECORD_TITLE]
        assert len(own) > len(titles), "every piece has a passage besides its title"
        assert len(titles) == (kind is PassageKind.TRACK_RECORD)


@given(profiles())
def test_profiles(profile: Profile) -> None:
    check(profile)


@given(long_titles, bodies, bodies, st.lists(bodies, max_size=3))
def test_long_texts(title: str, summary: str, description: str, outcomes: list[str]) -> None:
    part = {"title": title[:500], "description": description}
    fields = {"summary": summary, "capabilities": [{**part, "outcomes": outcomes}], "track_record": [part]}
    check(parse(Profile, {"id": "p", "name": "N", **fields}))


def test_a_word_longer_than_a_passage_is_split() -> None:
    texts = texts_of(PassageKind.SUMMARY, summary="a" * 2_500)
    assert "".join(texts) == "a" * 2_500
    assert max(map(len, texts)) <= PASSAGE_CHARACTERS


def test_a_profile_without_texts_has_its_name() -> None:
    [passage] = passages_of(Profile(id="p", name="Falls Clinic"))
    assert (passage.kind, passage.text) == (PassageKind.NAME, "Falls Clinic")


def test_each_part_of_a_profile_is_a_piece() -> None:
    fields = {
        "summary": "We help.",
        "capabilities": [{"title": "Meals", "description": "Hot food.", "outcomes": ["Fewer hungry", "More company"]}],
        "track_record": [{"title": "Lunch club", "buyer": "Calder Council", "date": "2024-05-01"}],
    }
    profile = parse(Profile, {"id": "p", "name": "N", **fields})
    assert [(passage.text, source_of(profile, passage)) for passage in passages_of(profile)] == [
        ("N", "name"),
        ("We help", "summary"),
        ("Meals. Hot food", "capability: Meals"),
        ("Meals. Fewer hungry. More company", "outcomes: Meals"),
        ("Lunch club", "track record: Lunch club for Calder Council, 2024-05-01"),
        ("Lunch club", "track record: Lunch club for Calder Council, 2024-05-01"),
    ]
    assert [passage.kind.name for passage in passages_of(profile)][-2:] == ["TRACK_RECORD_TITLE", "TRACK_RECORD"]


@pytest.mark.parametrize("length", [900, 1_000, 1_001, 5_000])
def test_texts_are_split_at_the_ends_of_sentences(length: int) -> None:
    summary = " ".join(["Sentences end here."] * (length // 20))
    texts = texts_of(PassageKind.SUMMARY, summary=summary)
    assert all(text.startswith("Sentences") for text in texts)
    assert all(text.endswith("here.") for text in texts[:-1])
    assert " ".join(texts) == summary.removesuffix(".")


@given(needs())
def test_the_text_of_a_need_has_all_its_words(need: Need) -> None:
    words = WORD.findall(query_of(need))
    assert title_of(need)
    assert set(WORD.findall(" ".join([need.title, need.description, *need.outcomes]))) <= set(words)


@pytest.mark.parametrize(
    "added",
    [
        "Published for completeness, see description for details",
        "PUBLISHED FOR COMPLETENESS SEE DESCRIPTION FOR DETAILS",
        "This contract award predates the launch of the new service and is kept for the record.",
        "This contract award was not published at the time of award.",
        "It has been published for transparency purposes under the new rules.",
        "This is an award notice and this opportunity is now closed.",
        "This is an award notice and this opportunity is now closed. Please see section Award for more.",
        "https://www.example.org/notice?id=7#part",
        "[contact removed]",
    ],
)
def test_text_that_publishers_add_is_removed(added: str) -> None:
    assert strip_boilerplate(added) == ""
    assert strip_boilerplate(f"Falls clinic. {added}") == "Falls clinic"
    assert strip_boilerplate(f"{added} Falls clinic") == "Falls clinic"
    assert query_of(Need(id="n", title="Falls", description=f"A clinic. {added}")) == "Falls. A clinic"
    assert texts_of(PassageKind.SUMMARY, summary=f"A clinic. {added}") == ["A clinic"]
    assert texts_of(PassageKind.SUMMARY, summary=added) == []


def test_white_space_and_punctuation_are_cleaned_up_but_lines_stay() -> None:
    assert strip_boilerplate(" -- Falls\t \u00a0clinic;\nat home – ") == "Falls clinic;\nat home"


@pytest.mark.parametrize("text", ["https://example.org/a", "[contact removed]"])
def test_a_record_that_is_only_boilerplate_keeps_its_title(text: str) -> None:
    need = Need(id="n", title=text)
    assert (title_of(need), query_of(need)) == (text, text)
    work = texts_of(PassageKind.TRACK_RECORD, track_record=[{"title": text}])
    assert work == texts_of(PassageKind.TRACK_RECORD_TITLE, track_record=[{"title": text}]) == [text]
    assert texts_of(PassageKind.CAPABILITY, capabilities=[{"title": text}]) == [text]


@pytest.mark.parametrize("title", ["Charitable objects", "OBJECTS", "activities", "Capabilities", "Services"])
def test_titles_that_name_a_field_of_a_register_are_left_out(title: str) -> None:
    bare = {"title": title, "description": "Hot food", "outcomes": ["Fewer hungry"]}
    assert texts_of(PassageKind.CAPABILITY, capabilities=[bare]) == ["Hot food"]
    assert texts_of(PassageKind.CAPABILITY, capabilities=[{"title": title}]) == [title], (
        "unless there is no description"
    )
    longer = {"title": f"{title} at home", "description": "Hot food"}
    assert texts_of(PassageKind.CAPABILITY, capabilities=[longer]) == [f"{title} at home. Hot food"]


def test_a_body_that_begins_with_its_title_does_not_repeat_it() -> None:
    work = {"title": "Lunch club", "description": "LUNCH CLUB for older people"}
    assert texts_of(PassageKind.TRACK_RECORD, track_record=[work]) == ["LUNCH CLUB for older people"]
    assert query_of(Need(id="n", title="Lunch club", description="Lunch club daily")) == "Lunch club daily"
    assert (
        query_of(Need(id="n", title="Lunch", description="A club", outcomes=("Company",))) == "Lunch. A club\nCompany"
    )


def test_each_passage_of_a_long_text_begins_with_its_title_which_is_also_a_passage() -> None:
    work = {"title": "Lunch club", "description": "Sentences end here. " * 200}
    passages = texts_of(PassageKind.TRACK_RECORD, track_record=[work, work])
    assert len(passages) > 6
    assert all(text.startswith("Lunch club. Sentences") for text in passages)
    assert texts_of(PassageKind.TRACK_RECORD_TITLE, track_record=[work, work]) == ["Lunch club"] * 2


def test_a_need_without_more_text_than_its_title() -> None:
    for description in ("", "Falls clinic", "falls clinic. https://example.org"):
        need = Need(id="n", title="Falls clinic", description=description)
        assert query_of(need).lower() == title_of(need).lower() == "falls clinic"
    need = Need(id="n", title="Falls clinic", description="at home")
    assert (title_of(need), query_of(need)) == ("Falls clinic", "Falls clinic. at home")


def test_the_lots_of_a_short_need_are_searched_as_well() -> None:
    lots = (
        Lot(title="Beds"),
        Lot(description="Loan of hoists"),
        Lot(title="Slings", description="Washing"),
        Lot(id="4"),
    )
    short = Need(id="n", title="Equipment", description="Slings. Washing", lots=lots)
    assert query_of(short) == "Equipment. Slings. Washing\nBeds\nLoan of hoists"
    long = short.model_copy(update={"description": "Equipment for people at home. " * 10})
    assert "Beds" not in query_of(long)
    assert title_of(short) == "Equipment"


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ("Dogs (Animals)", "Dogs"),
        ("Alternative Provider Medical Services (APMS), Bedford", "Alternative Provider Medical Services, Bedford"),
        ("Hand sanitiser [NSS-142] (bulk)", "Hand sanitiser"),
        ("(Falls clinic)", "(Falls clinic)"),
        ("24/7 (out of hours)", "24/7 (out of hours)"),
        ("Support (for carers", "Support (for carers"),
    ],
)
def test_a_title_is_searched_without_its_brackets(title: str, subject: str) -> None:
    need = Need(id="n", title=title)
    assert (title_of(need), query_of(need)) == (subject, title)


@pytest.mark.parametrize(
    ("title", "description", "query", "title_query"),
    [
        ("Falls classes for NHS Calder ICB", "", "Falls classes for", "Falls classes for"),
        ("Falls classes", "The nhs calder icb's plan. NHS Calder ICBs", "Falls classes. plan. NHS Calder ICBs", None),
        ("NHS Calder ICB", "", "NHS Calder ICB", "NHS Calder ICB"),
    ],
    ids=["in the title", "in the text", "nothing else"],
)
def test_the_buyers_name_is_not_searched_for(title: str, description: str, query: str, title_query: str | None) -> None:
    buyer = {"name": "NHS Calder ICB"}
    need = parse(Need, {"id": "n", "title": title, "description": description, "buyer": buyer})
    assert query_of(need) == query
    assert title_of(need) == (title_query or title)


def test_a_short_buyers_name_may_be_a_word_and_stays() -> None:
    need = parse(Need, {"id": "n", "title": "Care at home", "buyer": {"name": "Care"}})
    assert query_of(need) == title_of(need) == "Care at home"
