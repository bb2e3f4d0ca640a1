"""Records are cleaned, then validated. Each error names the field and gives a remedy."""

from __future__ import annotations

import time
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from matcher.foundations.errors import InvalidInput, Place
from matcher.records import Filters, Match, Need, Profile, Record, Region, Sector, parse
from matcher.records.fields import REMEDIES
from matcher.records.text import clean
from matcher.records.vocabulary import find_region
from tests.support.strategies import needs, profiles

marked_up = st.lists(
    st.sampled_from(
        ["&", "amp;", "&lt;", "<p>", "<", ">", "#38;", "e", "\u0301", "\x00", "\u200b", "\r\n", " ", "rn", ".", "A"]
    ),
    max_size=14,
).map("".join)


CLEANED = {
    "Cafe\u0301": "Café",
    "a\x00b\u200bc\ufeff": "abc",
    "Health &amp; care": "Health & care",
    "Health &amp;amp; care": "Health & care",
    "<p>One</p><br/>two": "One two",
    "a < b and b > a": "a < b and b > a",
    " a \t b \r\n\r\n\r\n c ": "a b\nc",
    "\ud800x": "x",
}


@pytest.mark.parametrize(("given_text", "cleaned"), CLEANED.items())
def test_cleaning(given_text: str, cleaned: str) -> None:
    assert clean(given_text) == cleaned


@given(st.text() | marked_up)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == once.strip()
    assert not any(unicodedata.category(sign) in {"Cc", "Cf", "Cs"} for sign in once if sign != "\n")


@pytest.mark.parametrize(
    "text", ["&" + "amp;" * 50_000, "<p " * 40_000 + ">" * 40_000, "&#38;" * 40_000, "\n " * 90_000]
)
def test_cleaning_hostile_text_is_fast(text: str) -> None:
    start = time.process_time()
    clean(text)
    assert time.process_time() - start < 5


@given(profiles() | needs())
def test_a_record_survives_a_round_trip_through_json(record: Profile | Need) -> None:
    assert parse(type(record), record.model_dump(mode="json", exclude_none=True)) == record
    assert hash(record) == hash(parse(type(record), record.model_dump(mode="json")))
    with pytest.raises(ValidationError):
        setattr(record, "id", "other")  # noqa: B010


def value_of(field: str, value: object) -> Any:
    """Return the parsed value of the profile field with the dotted path `field`."""
    inner: object = value
    names = field.split(".")
    for name in reversed(names[1:]):
        inner = [inner] if name == "0" else {name: inner}
        if name in ("expires", "cpv", "date"):
            inner = {**inner, "scheme": "S"} if name == "expires" else {**inner, "title": "T"}  # type: ignore[dict-item]
    found: Any = parse(Profile, {"id": "p", "name": "N", names[0]: inner})
    for name in names:
        found = found[int(name)] if name.isdigit() else getattr(found, name)
    return found


GOOD: dict[str, list[tuple[Any, Any]]] = {
    "postcode": [
        ("ls11 5qn", "LS11 5QN"),
        ("LS115QN", "LS11 5QN"),
        ("sw1a1aa", "SW1A 1AA"),
        ("LS11", "LS11"),
        ("M1", "M1"),
    ],
    "capabilities.0.cpv": [(["85100000-0", "85100000"], ("85100000",))],
    "identifiers.charity": [("SC037738", "SC037738"), ("sc 037738", "SC037738"), ("1000003-1", "1000003-1")],
    "identifiers.company": [("02324869", "02324869"), ("oc301540", "OC301540")],
    "coverage.regions": [(["eastern", "THE NORTH WEST"], (Region.EAST_OF_ENGLAND, Region.NORTH_WEST))],
    "turnover": [(0, 0.0), (1.5, 1.5)],
    "sector": [("cic", Sector.CIC)],
}
BAD: dict[str, list[Any]] = {
    "postcode": ["", "LS11 5Q", "11 5QN", "LS11 5QNN", 5, "nowhere"],
    "capabilities.0.cpv": [["8510000"], ["85100000-"], [85100000], "85100000"],
    "accreditations.0.expires": ["2026-2-1", "2026-02-30", "01/02/2026", "", 20260201],
    "track_record.0.date": ["soon", "2026-13-01"],
    "identifiers.charity": ["12", "SC03773", 1000003],
    "identifiers.cqc": ["1-12", "101640235"],
    "coverage.regions": [["Atlantis"], [7]],
    "turnover": [-1, "1", True, float("nan"), 1e16],
    "employees": [-1, 1.0, "5", 10**9],
    "sector": ["guild", "", None],
    "name": ["", "---", " \u200b ", 5, "x" * 501],
    "id": ["", "a b", "-a", "x" * 513, "a\n"],
}


@pytest.mark.parametrize(("field", "value", "expected"), [(f, v, e) for f, cases in GOOD.items() for v, e in cases])
def test_a_valid_value_is_accepted(field: str, value: object, expected: object) -> None:
    assert value_of(field, value) == expected


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in BAD.items() for value in values])
def test_an_invalid_value_is_refused_with_its_field_and_remedy(field: str, value: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        value_of(field, value)
    assert str(refused.value.place.field).startswith(field)
    assert refused.value.remedy == REMEDIES[field.split(".")[-1]]
    assert len(str(refused.value)) < 600


def test_the_wording_of_an_error() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(Profile, {"id": "p", "name": 5, "turnover": "x"}, place=Place("a.jsonl", 3))
    assert str(refused.value) == (
        "a.jsonl, line 3, name: must be text (and 1 more in this record). "
        "Enter a name of 1 to 500 characters that contains at least one word"
    )


@pytest.mark.parametrize("kind", [Profile, Need, Filters])
@pytest.mark.parametrize("value", [None, [], "text", 5])
def test_a_record_must_be_an_object(kind: type[Record], value: object) -> None:
    with pytest.raises(InvalidInput, match="must be an object"):
        parse(kind, value)


@pytest.mark.parametrize("region", Region)
def test_regions_are_found_in_any_spelling(region: Region) -> None:
    for text in (region.value, region.value.upper(), f"  the {region.value.lower()} region, England "):
        assert find_region(text) is region
    assert find_region("") is None


def test_the_parts_of_a_score_must_add_up() -> None:
    fields = {"rank": 1, "profile_id": "p", "name": "N", "sector": "cic", "contributions": {"a": 0.1, "b": 0.2}}
    fields |= {"probability": 0.5, "band": "strong"}
    assert Match(**fields, score=0.1 + 0.2).score == pytest.approx(0.3)
    with pytest.raises(ValidationError, match="do not add up"):
        Match(**fields, score=0.31)


@given(st.text(max_size=1_200))
def test_a_search_text_becomes_a_need_with_all_its_words(text: str) -> None:
    try:
        need = Need.from_text(text)
    except InvalidInput:
        assert not any(sign.isalnum() for sign in clean(text))
    else:
        assert "".join(f"{need.title}{need.description}".split()) == "".join(clean(text).split())
