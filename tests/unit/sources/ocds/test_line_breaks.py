"""Lost line breaks are restored where they are certain, and nowhere else."""

from __future__ import annotations

import pytest

from matcher.sources.ocds.line_breaks import restore_line_breaks


@pytest.mark.parametrize(
    ("published", "restored"),
    [
        ("First.rnrnSecond", "First.\n\nSecond"),
        ("no full stoprnrnSecond", "no full stop\n\nSecond"),
        ("a concernrnrnNext", "a concern\n\nNext"),
        ("modernrnrnrnNext", "modern\n\n\nNext"),
        ("Lots.rnrnLot 1 - CarsrnLot 2 - Vans", "Lots.\n\nLot 1 - Cars\nLot 2 - Vans"),
        ("done.rn      rn      More", "done.\n      \n      More"),
        ("violence.rnrnrn- Build", "violence.\n\n\n- Build"),
        ("Requirements.rn2.2. The", "Requirements.\n2.2. The"),
        ("described in rndetail.rnEnd", "described in \ndetail.\nEnd"),
        ("one\\n\\ntwo\\r\\nthree", "one\n\ntwo\nthree"),
    ],
)
def test_a_certain_line_break_is_restored(published: str, restored: str) -> None:
    assert restore_line_breaks(published) == restored


@pytest.mark.parametrize(
    "text",
    [
        "A modern return to Northern Ireland concerns us. Learn more",
        "Blackburn Rovers, Hebburn, Redburn",
        "the RN and RNIB",
        "C:\\new\\table",
        "govern",
        "",
    ],
)
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert restore_line_breaks(text) == text


def test_words_that_end_in_rn_keep_it_in_a_text_with_lost_line_breaks() -> None:
    text = restore_line_breaks("Intro.rnrnNorthern  Ireland, modern  care, return\nto WesternIsles")
    assert text == "Intro.\n\nNorthern  Ireland, modern  care, return\nto WesternIsles"
