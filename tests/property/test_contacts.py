"""Whatever stands around them, contact details leave a text, and what is left is clean for good."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from matcher.foundations.personal_data import scrub
from matcher.records.text import clean
from matcher.sources.ocds.line_breaks import unflatten
from tests.support.notices import EMAIL, PHONES

around = st.text(alphabet=st.sampled_from("ab RN.,;:()[]<>/\n\t-–@'\"&rn "), max_size=12)


@given(around, st.sampled_from((EMAIL, *PHONES)), around)
def test_a_detail_is_never_left(before: str, detail: str, after: str) -> None:
    text = scrub(clean(unflatten(f"{before} {detail} {after}")))[0]
    assert detail not in text
    assert not re.search(r"\d{3} ?\d{3}", text)


@given(st.lists(st.one_of(around, st.sampled_from((EMAIL, *PHONES)), st.text(max_size=20)), max_size=6))
@example(["@", EMAIL])
def test_what_went_through_the_door_goes_through_unchanged(parts: list[str]) -> None:
    once = scrub(clean(unflatten(" ".join(parts))))[0]
    assert scrub(clean(once))[0] == clean(once)
