"""Every sentence of the reasons, worked out by hand: present, unknown and unmet."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from matcher.index.codes import day_number
from matcher.records import Evidence, Need, Profile, Region, parse
from matcher.records.places import regions_of_record
from matcher.records.policy import MAX_CAUTIONS, MAX_REASONS, QUOTES
from matcher.search.quotes import QuotedPassage, Quotes
from matcher.search.reasons import MatchFacts, SearchedNeed, place_of, reasons_for
from matcher.search.reasons.wording import CAUTIONS, FITTING, QUOTED
from matcher.texts.passages import PassageKind

TODAY = date(2026, 6, 1)
NAME, SUMMARY, CAPABILITY = PassageKind.NAME, PassageKind.SUMMARY, PassageKind.CAPABILITY
OUTCOMES, WORK = PassageKind.OUTCOMES, PassageKind.TRACK_RECORD
FALLS = {"title": "Falls classes", "description": "Held in village halls."}


def work(title: str = "Falls service", **fields: Any) -> dict[str, Any]:
    return {"title": title, **fields}


def quote(kind: PassageKind, part: int = 0, share: float = 0.5) -> QuotedPassage:
    return QuotedPassage(kind, part, 1 if kind is WORK else 0, 0.5, share)


def reasons(need: dict[str, Any], profile: dict[str, Any], *quotes: QuotedPassage, likely: bool = True) -> list[str]:
    needed = parse(Need, {"id": "n", "title": "Falls prevention", **need})
    described = parse(Profile, {"id": "p", "name": "Steady Steps", **profile})
    searched = SearchedNeed.of(needed, day_number(TODAY))
    shown = Quotes(described, quotes or [quote(NAME)])
    return list(reasons_for(MatchFacts(searched, shown, worked_in(described), likely)))


def worked_in(profile: Profile) -> frozenset[Region]:
    return frozenset[Region]().union(*map(regions_of_record, profile.track_record))


def test_a_capability_is_named_by_its_title() -> None:
    assert reasons({}, {"capabilities": [FALLS]}, quote(CAPABILITY)) == [
        "Offers “Falls classes” (capability)",
        "No track record here yet: judged by its capabilities",
    ]


def test_a_title_that_names_a_register_field_is_replaced_by_the_closest_clause() -> None:
    objects = {
        "title": "Charitable objects",
        "description": "1) To relieve poverty; 2) to prevent falls among the old; 3) to keep a hall.",
    }
    assert reasons({}, {"capabilities": [objects]}, quote(CAPABILITY))[0] == (
        "Says of itself: “to prevent falls among the old”"
    )
    assert reasons({"title": "Dogs"}, {"capabilities": [objects]}, quote(CAPABILITY))[0] == (
        "Says of itself: “To relieve poverty”"
    ), "the first clause, if none is closer"
    bare = {"title": "Services"}
    assert reasons({}, {"capabilities": [bare]}, quote(CAPABILITY)) == [
        "No track record here yet: judged by its capabilities"
    ]


def test_a_summary_is_quoted_by_its_closest_sentence() -> None:
    summary = "We are a friendly society. We prevent falls. We sing."
    assert reasons({}, {"summary": summary}, quote(SUMMARY)) == [
        "Says of itself: “We prevent falls”",
        "No track record here yet: judged by its summary",
    ]


def test_an_outcome_is_quoted_with_its_capability() -> None:
    capability = {**FALLS, "outcomes": ["Members like it", "Falls down by 38%"]}
    assert reasons({}, {"capabilities": [capability]}, quote(OUTCOMES))[:2] == [
        "Offers “Falls classes” (capability)",
        "Reports “Falls down by 38%” (outcome)",
    ]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"buyer": "NHS Calder ICB", "date": "2024-10-01"}, "Did “Falls service” for NHS Calder ICB, in 2024"),
        ({"buyer": "NHS Calder ICB"}, "Did “Falls service” for NHS Calder ICB"),
        ({"date": "2024-10-01"}, "Did “Falls service”, in 2024"),
        ({"date": "2027-01-01"}, "Did “Falls service”"),
        ({}, "Did “Falls service”"),
    ],
)
def test_past_work_is_named_with_what_is_known_of_it(fields: dict[str, str], sentence: str) -> None:
    assert reasons({}, {"track_record": [work(**fields)]}, quote(WORK)) == [sentence]


def test_similar_work_counts_buyers() -> None:
    icb, other = {"buyer": "NHS Calder ICB"}, {"buyer": "Calder Council", "date": "2024-02-01"}
    two = [work(**icb, date="2021-01-01"), work("Balance", **other)]
    sentence = "Did similar work for two buyers, last in 2024"
    assert sentence in reasons({}, {"track_record": two}, quote(WORK), quote(WORK, 1))
    assert sentence not in reasons({}, {"track_record": two}, quote(WORK), quote(WORK, 1), likely=False)
    assert sentence not in reasons({}, {"track_record": two}, quote(WORK), quote(WORK, 1, share=0.06)), "not close"
    same = [work(**icb), work("Balance", buyer="NHS  CALDER ICB")]
    assert "Did similar work for NHS Calder ICB twice" in reasons(
        {}, {"track_record": same}, quote(WORK), quote(WORK, 1)
    )
    unnamed = [work(**icb), work("Balance")]
    assert not any("similar" in each for each in reasons({}, {"track_record": unnamed}, quote(WORK), quote(WORK, 1)))
    many = [work(f"Service {n}", buyer=f"Buyer {n}", date="2020-01-01") for n in range(15)]
    quotes = [quote(WORK, n, share=0.06) for n in range(12)]
    assert "Did similar work for several buyers" in reasons({}, {"track_record": many}, *quotes)


def test_a_sentence_about_the_closest_passage_comes_first() -> None:
    profile = {"capabilities": [FALLS], "track_record": [work()]}
    did, offers = "Did “Falls service”", "Offers “Falls classes” (capability)"
    assert reasons({}, profile, quote(CAPABILITY), quote(WORK, share=0.4)) == [offers, did]
    assert reasons({}, profile, quote(WORK), quote(CAPABILITY, share=0.4)) == [did, offers]
    assert reasons({}, profile, quote(WORK), quote(CAPABILITY, share=0.1)) == [did], "much less close"


def test_a_name_alone_says_so() -> None:
    assert reasons({}, {}) == ["Does not say what it does: only its name is known"]
    assert reasons({}, {"summary": "Chess"}) == [
        "Its name is what comes closest to this need",
        "No track record here yet: judged by its summary",
    ]


HERE = {"region": "Yorkshire and The Humber"}
LEEDS, SOUTHWARK = "LS11 5QN", "SE1 7PB"


@pytest.mark.parametrize(
    ("profile", "sentence"),
    [
        ({"coverage": {"national": True}}, "Works nationally"),
        ({"coverage": {"regions": ["North West", "Yorkshire"]}}, "Works in Yorkshire and The Humber"),
        ({"postcode": LEEDS}, "Is based in Yorkshire and The Humber"),
        ({"postcode": SOUTHWARK, "track_record": [work(region="Yorkshire")]}, "Has worked in Yorkshire and The Humber"),
        ({"coverage": {"regions": ["South East", "London"]}, "postcode": LEEDS}, "Works elsewhere: London, South East"),
        ({"postcode": SOUTHWARK}, "Is based elsewhere: London"),
        ({"track_record": [work(region="London")]}, "Past work was elsewhere: London"),
        ({}, "Does not say where it works"),
        (
            {"coverage": {"regions": ["London", "Wales", "Scotland", "South East", "South West"]}},
            "Works elsewhere: London, South East, South West and 2 more regions",
        ),
    ],
)
def test_the_place_of_a_supplier_is_compared_with_that_of_the_need(profile: dict[str, Any], sentence: str) -> None:
    told = reasons(HERE, {"summary": "Falls", **profile})
    assert sentence in told
    places = ("nationally", "works", "Works", "based", "worked", "elsewhere")
    assert [each for each in told if any(word in each for word in places)] == [sentence]
    assert not any(word in each for each in reasons({}, {"summary": "Falls", **profile}) for word in places), "no place"


def test_required_regions_stand_for_the_place_of_a_need_that_states_none() -> None:
    required = {"requirements": {"regions": ["London"]}}
    assert reasons(required, {"postcode": SOUTHWARK, "summary": "Falls"})[1] == "Is based in London"
    missed = reasons({**HERE, **required}, {"postcode": LEEDS, "summary": "Falls"})
    assert "Is not known to work in a region that this need requires: London" in missed
    assert "Is based elsewhere: Yorkshire and The Humber" in reasons(required, {"postcode": LEEDS, "summary": "Falls"})
    assert not any("requires" in each for each in reasons(required, {"postcode": LEEDS, "summary": "Falls"}))


@pytest.mark.parametrize(
    ("schemes", "sentence"),
    [
        (["DSPT", "ISO 9001"], "Holds the accreditations required: Dspt and ISO 9001"),
        (["DSPT"], "Holds one of the two accreditations required, but states no valid ISO 9001"),
        ([], "States no valid Dspt or ISO 9001, which this need requires"),
    ],
)
def test_accreditations(schemes: list[str], sentence: str) -> None:
    required = {"requirements": {"accreditations": ["Dspt", "ISO 9001"]}}
    held = [{"scheme": scheme} for scheme in schemes]
    expired = [{"scheme": "ISO 9001", "expires": "2026-05-31"}]
    assert sentence in reasons(required, {"summary": "Falls", "accreditations": held or expired})
    assert "Holds the accreditation required: DSPT" in reasons(
        {"requirements": {"accreditations": ["DSPT"]}}, {"accreditations": [{"scheme": "dspt"}]}
    )
    assert not any("Holds" in each for each in reasons({}, {"accreditations": held}))


def test_required_sectors() -> None:
    required = {"requirements": {"sectors": ["charity", "cic", "public"]}}
    sentence = "Is not of a kind that this need requires: charity, community interest company or public body"
    assert sentence in reasons(required, {"sector": "mutual"})
    assert sentence not in reasons(required, {"sector": "cic"})


@pytest.mark.parametrize(
    ("turnover", "sentence"),
    [
        (2e5, "Turnover enough for a need of this value"),
        (1e9, "Turnover enough for a need of this value"),
        (199_999, "Turnover about 1.9 times the value of this need"),
        (150_000, "Turnover about 1.5 times the value of this need"),
        (1e5, "Turnover about equal to the value of this need"),
        (99_999, "Turnover below the value of this need"),
        (None, "Turnover not known"),
    ],
)
def test_turnover_is_compared_with_the_value(turnover: float | None, sentence: str) -> None:
    profile = {"summary": "Falls"} if turnover is None else {"summary": "Falls", "turnover": turnover}
    assert [each for each in reasons({"value": 1e5}, profile) if "urnover" in each] == [sentence]
    assert not any("urnover" in each for each in [*reasons({}, profile), *reasons({"value": 0}, profile)])


def test_text_copied_from_the_need_is_told() -> None:
    text = "Exercise and home checks for people over 65 who have fallen or are afraid of falling again at home"
    copies = {"capabilities": [{"title": "Falls", "description": f"We offer: {text.upper()}!"}]}
    sentence = "Its text repeats the words of this need (capability)"
    assert sentence in reasons({"description": text}, copies, quote(CAPABILITY))
    assert sentence not in reasons({"description": "Exercise for people over 65"}, copies, quote(CAPABILITY))
    record = {"track_record": [work(description=text)]}
    assert "Its text repeats the words of this need (track record)" in reasons(
        {"description": text}, record, quote(WORK)
    )


def test_near_copies_are_quoted_once() -> None:
    text = "Twice a week in village halls, led by qualified instructors, for people who are afraid of falling."
    numbered = [{"title": f"Falls classes {n}", "description": text} for n in range(5)]
    other = {"title": "Home checks", "description": "A handyman fits rails."}
    profile = parse(Profile, {"id": "p", "name": "P", "capabilities": [*numbered, other]})
    shown = Quotes(profile, [*(quote(CAPABILITY, n, share=0.16) for n in range(6))]).distinct
    assert [evidence.source for _, evidence in shown] == ["capability: Falls classes 0", "capability: Home checks"]
    assert all(isinstance(evidence, Evidence) for _, evidence in shown)
    assert len(shown) <= QUOTES


def test_strengths_and_cautions_share_the_room() -> None:
    need = {
        **HERE,
        "value": 1e6,
        "requirements": {"accreditations": ["DSPT"], "sectors": ["charity"]},
    }
    profile = {"capabilities": [{**FALLS, "outcomes": ["Falls down"]}], "coverage": {"regions": ["London"]}}
    told = reasons(need, profile, quote(CAPABILITY), quote(OUTCOMES, share=0.4))
    assert told == [
        "Offers “Falls classes” (capability)",
        "Reports “Falls down” (outcome)",
        "States no valid DSPT, which this need requires",
        "Is not of a kind that this need requires: charity",
        "Works elsewhere: London",
        "No track record here yet: judged by its capabilities",
    ]
    assert len(told) == MAX_REASONS
    assert len(told[2:]) == MAX_CAUTIONS


def test_a_long_title_is_cut_between_words() -> None:
    long = "Falls " + "prevention classes " * 20
    [sentence, _] = reasons({}, {"capabilities": [{"title": long}]}, quote(CAPABILITY))
    assert sentence.startswith("Offers “Falls prevention classes ")
    assert sentence.endswith((" classes …” (capability)", " prevention …” (capability)"))
    assert len(sentence) < 130


def test_braces_in_a_title_are_text() -> None:
    assert reasons({}, {"capabilities": [{"title": "{0} {facts}"}]}, quote(CAPABILITY))[0] == (
        "Offers “{0} {facts}” (capability)"
    )


@pytest.mark.parametrize(
    ("profile", "place"),
    [
        ({"coverage": {"national": True}}, "national"),
        ({"coverage": {"regions": ["Wales", "London"]}}, "London, Wales"),
        ({"postcode": LEEDS}, Region.YORKSHIRE_AND_THE_HUMBER.value),
        ({"track_record": [work(region="London")]}, "London"),
        ({}, None),
    ],
)
def test_the_place_in_words(profile: dict[str, Any], place: str | None) -> None:
    described = parse(Profile, {"id": "p", "name": "P", **profile})
    assert place_of(described, worked_in(described)) == place


def test_no_two_rows_have_the_same_sentence() -> None:
    sentences = [row.sentence for row in (*QUOTED, *FITTING, *CAUTIONS)]
    assert len(set(sentences)) == len(sentences)
    assert all(sentence[0].isupper() and not sentence.endswith(".") for sentence in sentences)
