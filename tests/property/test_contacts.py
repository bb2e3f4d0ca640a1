"""Contact details are redacted whatever surrounds them, and redacting a text again changes nothing."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from matcher.foundations.personal_data import has_contact_details, redact
from matcher.records.text import clean
from matcher.sources.ocds.line_breaks import restore_line_breaks
from tests.support.notices import EMAIL, PHONES

around = st.text(alphabet=st.sampled_from("ab RN.,;:()[]<>/\n\t-–@'\"&rn "), max_size=12)


@given(around, st.sampled_from((EMAIL, *PHONES)), around)
def test_a_contact_detail_is_redacted_in_any_context(before: str, detail: str, after: str) -> None:
    text = redact(clean(restore_line_breaks(f"{before} {detail} {after}")))[0]
    assert detail not in text
    assert not re.search(r"\d{3} ?\d{3}", text)


@given(st.lists(st.one_of(around, st.sampled_from((EMAIL, *PHONES)), st.text(max_size=20)), max_size=6))
@example(["@", EMAIL])
def test_a_redacted_text_is_not_changed_again(parts: list[str]) -> None:
    once = redact(clean(restore_line_breaks(" ".join(parts))))[0]
    assert redact(clean(once))[0] == clean(once)
    assert not has_contact_details(clean(once))
