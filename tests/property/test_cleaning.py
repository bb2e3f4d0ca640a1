"""Cleaning of text: clean text stays unchanged, and hostile text takes time linear in its length."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matcher.foundations.errors import InvalidInput
from matcher.records import Need, Profile, parse
from matcher.records.text import clean

# Escapes, nested and truncated; tags, nested and truncated; characters that are dropped or composed.
PIECES = (
    "&", "amp", "amp;", "&amp;", "&amp", "&AMP;", "AMP;", "#38;", "#38", "#038;", "#x26;", "&#x26;", "&#X0026", ";",
    "lt;", "&lt;", "gt;", "&gt;", "nbsp;", "&nbsp;", "&#13;", "&#10;", "&#0;", "&#x200b;", "#x200b;", "&notit;", "&#9",
    "<", ">", "<p", "<p>", "</p>", "<br/>", "<b ", "p", " ", "\n", "\r\n", "\t", "\0", "\x85", "\u200b", "\u037e",
    "e\u0301", "\u0301", "rn", "rnrn", ".", ":", ")", "A", "(", "7", "café", "\ud800", "\u2028",
)  # fmt: skip
marked_up = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@given(marked_up | st.text(max_size=60))
@example("<p " * 60 + ">" * 60)
@example("&#x26;#x26;am\0p;#38&#x200b;;amp;" * 30)
def test_cleaning_again_changes_nothing(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert once == once.strip()
    assert "\0" not in once


@given(st.lists(st.sampled_from(["amp;", "#38;", "#x26;", "AMP;", "#0038;"]), max_size=12))
def test_nested_escapes_are_undone(layers: list[str]) -> None:
    assert clean("R&" + "".join(layers) + "D costs &" + "".join(layers) + "pound;5") == "R&D costs £5"


@pytest.mark.parametrize(
    "unit",
    [
        "amp;",
        "#38;",
        "#x26;",
        "amp",
        "#38",
        "am\0p;",
        "#x200b;amp;",
        "&amp;lt;b",
        "<p ",
        "<p >",
        " \n",
        "rn",
        "&#9",
        "0",
    ],
)
@pytest.mark.parametrize("closed", ["", ">"])
def test_cleaning_takes_time_linear_in_the_length(unit: str, closed: str) -> None:
    text = "&" + unit * (100_000 // len(unit))
    started = time.process_time()
    clean(text + closed * 10_000)
    assert time.process_time() - started < 2


def test_a_character_number_may_have_any_length() -> None:
    assert clean("a &#" + "9" * 10_000 + "; b") == "a \ufffd b"
    assert clean("a &#" + "0" * 10_000 + "65; b") == "a A b"


def test_a_text_far_over_its_limit_is_refused_before_cleaning() -> None:
    for text in ("&amp;" * 400_000, "<p " * 700_000):
        for value in ({"summary": text}, {"name": text}, {"capabilities": [{"title": "T", "outcomes": [text]}]}):
            started = time.process_time()
            with pytest.raises(InvalidInput, match=r"should have at most [15]00"):
                parse(Profile, {"id": "a", "name": "A", **value})
            assert time.process_time() - started < 0.1
    with pytest.raises(InvalidInput, match="should have at most 100000 characters"):
        Need.from_text("&amp;" * 400_000)


def test_a_text_that_is_within_its_limit_without_markup_is_accepted() -> None:
    assert parse(Profile, {"id": "a", "name": "<b>A</b>" * 100, "summary": "&amp;"}).name == " ".join("A" * 100)
