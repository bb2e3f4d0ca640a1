"""Copies of a text are recognised in spite of small changes; shared phrases are not copies."""

from __future__ import annotations

import pytest

from matcher.texts.copies import LONG_RUN, CopyDetector, is_near_copy

TEXT = "A service that helps older people who fall at home to get strong again and to stay out of hospital"
LONG = f"{TEXT}. {' '.join(f'word{n}' for n in range(100))}"


@pytest.mark.parametrize(
    ("text", "other", "near"),
    [
        ("Falls classes 1. Held in halls", "falls CLASSES 2, held in halls", True),
        ("Falls classes", "Falls classes for men", False),
        (TEXT, TEXT.replace("older", "elderly"), True),
        (TEXT, "Meals for older people who are at home", False),
        ("2024", "2024", True),
        ("2024", "2025", False),
        ("日本", "日本", True),
        ("", "Falls", False),
    ],
)
def test_near_copies(text: str, other: str, near: bool) -> None:
    assert is_near_copy(text, other) is near
    assert is_near_copy(other, text) is near


def test_a_long_run_of_words_repeats_a_text() -> None:
    words = TEXT.split()
    run, shorter = " ".join(words[:LONG_RUN]), " ".join(words[: LONG_RUN - 1])
    assert CopyDetector.of(LONG).is_repeated_by(f"We run: {run.upper()} – and more")
    assert not CopyDetector.of(LONG).is_repeated_by(f"We run: {shorter} and more")


def test_most_of_a_short_text_repeats_it() -> None:
    detector = CopyDetector.of("Help for older people who fall at home")
    assert detector.is_repeated_by("We offer help for older people who fall at night")
    assert not detector.is_repeated_by("Our help for older people is friendly")


@pytest.mark.parametrize("text", ["", "Falls prevention", "Falls prevention for older people at home"])
def test_a_text_of_a_few_words_cannot_be_copied(text: str) -> None:
    assert not CopyDetector.of(text).is_repeated_by(text)
