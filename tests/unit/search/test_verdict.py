"""The verdict on a list, for every mixture of bands."""

from __future__ import annotations

import pytest

from matcher.records.policy import Band
from matcher.search.verdict import verdict_on


@pytest.mark.parametrize(
    ("bands", "verdict"),
    [
        ("", ""),
        ("s", "The first is a strong fit."),
        ("ssp", "The first 2 are strong fits."),
        ("sspu", "The first 2 are strong fits. The possible ones end at place 3."),
        ("su", "The first is a strong fit."),
        ("pp", "No strong fit in this register."),
        ("pu", "No strong fit in this register. The possible ones end at place 1."),
        ("uu", "No strong fit in this register. None of these is likely to fit."),
    ],
)
def test_the_verdict_says_who_is_strong_and_where_the_possible_end(bands: str, verdict: str) -> None:
    words = {"s": Band.STRONG, "p": Band.POSSIBLE, "u": Band.UNLIKELY}
    assert verdict_on([words[letter] for letter in bands]) == verdict
