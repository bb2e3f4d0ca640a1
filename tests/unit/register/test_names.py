"""Comparable forms of names, and the keys of statements."""

from __future__ import annotations

import pytest

from matcher.register.names import (
    keys_in_any_form,
    keys_of,
    numbers_conflict,
    split_legal_form,
    without_generic_words,
    without_legal_form,
)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("The Steady-Steps Ltd.", ("steady steps", "limited")),
        ("Steady Steps C.I.C.", ("steady steps", "cic")),
        ("Steady Steps Ltd t/a Falls Away", ("steady steps", "limited")),
        ("Steady Steps", ("steady steps", "")),
        ("Limited", ("limited", "")),
        ("Ωμέγα", ("", "")),
    ],
)
def test_the_legal_form_is_split_off(name: str, parts: tuple[str, str]) -> None:
    assert split_legal_form(name) == parts


def test_generic_words_distinguish_names_only_without_their_legal_form() -> None:
    one, other = "Falls Clinic Trust Ltd", "Falls Clinic"
    assert without_generic_words(one) == without_generic_words(other)
    assert without_legal_form(one) != without_legal_form(other)


def test_the_keys_of_a_statement() -> None:
    fields = {"identifiers": {"company": "07654321"}, "name": "Steady Ltd", "postcode": "LS1 4AB"}
    assert keys_of(fields, "GB-CFS-1") == ("company:07654321", "party:GB-CFS-1", "name:steady:limited", "place:LS1")
    assert "name:steady:" in keys_in_any_form("name:steady:limited")


def test_different_numbers_from_one_register_conflict() -> None:
    assert numbers_conflict({"company:1", "charity:2"}, {"company:3", "charity:2"})
    assert not numbers_conflict({"company:1"}, {"charity:2", "name:x:"})
    assert not numbers_conflict({"company:1", "company:3"}, {"company:3"})
