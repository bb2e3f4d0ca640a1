"""Abbreviations in any text: no word is lost, a second call changes nothing, and the work is linear in the length."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.foundations import reference_tables
from matcher.foundations.reference_tables import terms
from matcher.texts import language
from matcher.texts.language import related, spelled_out

FORMS = [form for term in terms() for form in term.forms]

FORM = st.sampled_from(FORMS)
WRITTEN = st.one_of(
    FORM,
    FORM.map(str.upper),
    FORM.map(str.lower),
    st.sampled_from([word for form in FORMS for word in form.split()]),
    st.sampled_from([f"({term.full})" for term in terms()]),
    st.sampled_from(["CHARITABLE OBJECTIVES", "TO PROVIDE", "for the people of", "&", "e.g.", "_", "’s", "s"]),
    st.text(max_size=6),
)
JOIN = st.sampled_from([" ", " ", " ", "-", ", ", ". ", ".", "\n", "/", "", "'", "; ", " & ", "("])
TEXT = st.lists(st.tuples(WRITTEN, JOIN), max_size=30).map(lambda pairs: "".join(a + b for a, b in pairs))


@given(TEXT)
def test_spelling_out_twice_changes_nothing(text: str) -> None:
    once = spelled_out(text)
    assert spelled_out(once) == once


@given(TEXT)
def test_the_original_text_stays_in_order(text: str) -> None:
    rest = iter(spelled_out(text))
    assert all(letter in rest for letter in text)


@given(TEXT)
def test_each_full_form_is_added_at_most_once(text: str) -> None:
    longer = len(spelled_out(text)) - len(text)
    known = [term for term in terms() if term.short and term.short.lower() in text.lower()]
    assert 0 <= longer <= sum(len(f" ({term.full})") for term in known)


@given(TEXT)
def test_related_forms_come_from_the_table_each_once(text: str) -> None:
    forms = related(text)
    assert set(forms) <= set(FORMS)
    assert len(forms) == len(set(forms))
    assert related(text) == forms


ADVERSE = [
    "plain words without any term. ",
    "CAMHS ",
    "camhs,",
    "improving access to psychological ",
    "special educational needs and special educational needs and ",
    "voluntary, community, voluntary, ",
    "& ",
    " ",
    "a.",
    "TO RELIEVE POVERTY ",
    "x",
    "’s-",
]


@pytest.mark.parametrize("work", [spelled_out, related])
@pytest.mark.parametrize("unit", ADVERSE)
def test_work_grows_no_faster_than_the_text(work: Callable[[str], object], unit: str) -> None:
    size = 100_000
    half, whole = (_lines_run(work, (unit * size)[:length]) for length in (size // 2, size))
    assert whole <= 2.1 * half + 1_000
    assert whole <= 60 * size


def _lines_run(work: Callable[[str], object], text: str) -> int:
    """Count the lines of the modules under test that run for `text`, which measures work without a clock."""
    work("")  # builds the vocabulary, which is not part of the work
    modules, lines = {language.__file__, reference_tables.__file__}, 0

    def count(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return count if frame.f_code.co_filename in modules else None

    before = sys.gettrace()
    sys.settrace(count)
    try:
        work(text)
    finally:
        sys.settrace(before)
    return lines
