"""Excerpts end between words, and clauses lose their numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.texts.excerpts import clauses_of, excerpt


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Falls", "Falls"),
        (" Falls\n classes ", "Falls classes"),
        ("Falls classes, in halls", "Falls classes …"),
        ("Falls classesxx in halls", "Falls …"),
        ("Fallsclassesinvillagehalls", "Fallsclassesin …"),
    ],
)
def test_an_excerpt(text: str, shown: str) -> None:
    assert excerpt(text, 14) == shown


@given(st.text(max_size=80), st.integers(1, 40))
def test_an_excerpt_begins_as_the_text_does(text: str, most: int) -> None:
    shown, line = excerpt(text, most), " ".join(text.split())
    assert shown == line or (shown.endswith(" …") and line.startswith(shown.removesuffix(" …")))
    assert len(shown.removesuffix(" …")) <= most


def test_clauses() -> None:
    text = "1) To teach; (a) to feed the old.\n\n2. Really? iv) Yes."
    assert clauses_of(text) == ["To teach", "to feed the old", "Really?", "Yes"]
    assert clauses_of("A good life. I. Newton") == ["A good life", "Newton"]
    assert clauses_of(" . ;") == []
