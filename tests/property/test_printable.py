"""No control character enters a record: PostgreSQL refuses NUL, and the others are invisible."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any, Final

import pytest

from api.openapi.examples import CONTACT, NEED, PROFILE
from matcher.foundations.errors import InvalidInput
from matcher.records import Contact, Filters, Need, Profile, Record, parse

FILTERS: Final = {
    "sectors": ["charity"],
    "regions": ["London"],
    "accreditations": ["DSPT"],
    "size": "sme",
    "identifiers": ["charity:1000003"],
}
FULL: Final[dict[type[Record], dict[str, Any]]] = {Profile: PROFILE, Need: NEED, Contact: CONTACT, Filters: FILTERS}
HIDDEN: Final = ("\0", "\x07", "\x7f", "\x9b", "\u200b", "\u202e", "\ue000")


def spoilt(value: Any, hidden: str, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield copies of `value` with `hidden` inside or at the end of one text, each with the path of that text."""
    if isinstance(value, str):
        yield path, value[:1] + hidden + value[1:]
        yield path, value + hidden
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from ((where, {**value, name: bad}) for where, bad in spoilt(part, hidden, f"{path}.{name}"))
    elif isinstance(value, list):
        for n, part in enumerate(value):
            yield from ((at, [*value[:n], bad, *value[n + 1 :]]) for at, bad in spoilt(part, hidden, f"{path}.{n}"))


@pytest.mark.parametrize("hidden", HIDDEN, ids=ascii)
@pytest.mark.parametrize("kind", FULL, ids=lambda kind: kind.__name__)
def test_an_invisible_character_is_dropped_or_refused(kind: type[Record], hidden: str) -> None:
    tried = list(spoilt(FULL[kind], hidden))
    assert len(tried) >= 6
    for field, value in tried:
        try:
            record = parse(kind, value)
        except InvalidInput:
            continue
        stored = repr(record.model_dump(mode="json"))
        assert ascii(hidden)[1:-1] not in ascii(stored).replace("\\\\", "\\"), field


def test_the_hidden_characters_are_invisible() -> None:
    assert {unicodedata.category(character) for character in HIDDEN} == {"Cc", "Cf", "Co"}


def test_lists_from_a_closed_vocabulary_are_limited() -> None:
    many = {"sectors": ["charity"] * 201}
    for kind, value, field in (
        (Filters, many, "sectors"),
        (Filters, {"regions": ["London"] * 201}, "regions"),
        (Need, {"id": "n", "title": "T", "requirements": many}, "requirements.sectors"),
        (Need, {"id": "n", "title": "T", "requirements": {"regions": ["London"] * 201}}, "requirements.regions"),
        (Profile, {"id": "p", "name": "P", "coverage": {"regions": ["London"] * 201}}, "coverage.regions"),
    ):
        with pytest.raises(InvalidInput, match="at most 200") as refused:
            parse(kind, value)
        assert refused.value.place.field == field
