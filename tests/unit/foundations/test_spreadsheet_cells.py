"""Text that a spreadsheet might run as a formula."""

from __future__ import annotations

import pytest

from matcher.foundations.spreadsheet_cells import escape_formula, unescape_formula


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫"])
def test_a_sign_is_led_by_an_apostrophe(sign: str) -> None:
    text = f"{sign}cmd|' /C calc'!A0"
    assert escape_formula(text) == f"'{text}"
    assert unescape_formula(escape_formula(text)) == text
    assert escape_formula(sign) == f"'{sign}"


@pytest.mark.parametrize("value", ["", "Falls = trips", "'quoted'", "– a dash", "é=", None, 5, -5, -1.5, True])
def test_other_values_are_unchanged(value: object) -> None:
    assert escape_formula(value) is value
    if isinstance(value, str):
        assert unescape_formula(value) == value
