"""The problem types: unique, and titled in plain English."""

from __future__ import annotations

import re

import pytest

from api.problems.catalogue import CONFLICT, NOT_PERMITTED, NOT_SIGNED_IN, PROBLEM_TYPES, ProblemType

# Words that leave it unclear who or what is meant.
VAGUE = {"it", "one", "ones", "that", "what", "who", "whom", "whose", "whoever", "there", "here", "this", "anything"}


def test_problem_types_are_unique() -> None:
    for values in zip(*((kind.slug, kind.status, kind.title) for kind in PROBLEM_TYPES), strict=True):
        assert len(set(values)) == len(PROBLEM_TYPES)


@pytest.mark.parametrize(
    ("problem_type", "title"),
    [
        (NOT_SIGNED_IN, "Authentication required"),
        (NOT_PERMITTED, "Not permitted"),
        (CONFLICT, "Conflicts with the record's state"),
    ],
)
def test_titles_use_the_standard_terms(problem_type: ProblemType, title: str) -> None:
    assert problem_type.title == title


@pytest.mark.parametrize("problem_type", PROBLEM_TYPES, ids=lambda problem_type: problem_type.slug)
def test_titles_are_plain_english(problem_type: ProblemType) -> None:
    words = re.findall(r"[a-z']+", problem_type.title.lower())
    assert problem_type.title[0].isupper()
    assert not problem_type.title.endswith(".")
    assert 1 < len(words) <= 6
    assert not VAGUE & set(words)


@pytest.mark.parametrize("problem_type", PROBLEM_TYPES, ids=lambda problem_type: problem_type.slug)
def test_meanings_are_sentences_that_say_what_to_do(problem_type: ProblemType) -> None:
    assert problem_type.meaning[0].isupper()
    assert problem_type.meaning.endswith((".", "…"))
    assert problem_type.meaning != problem_type.title
