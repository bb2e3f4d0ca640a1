"""Supplier names in forms that can be compared, and the keys by which a supplier can be recognised."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from matcher.foundations.register_numbers import NUMBERS, number_keys, register_of
from matcher.records.text import normalize

_LEGAL_FORMS: Final = {
    "limited": "limited",
    "ltd": "limited",
    "plc": "plc",
    "public limited company": "plc",
    "llp": "llp",
    "limited liability partnership": "llp",
    "cic": "cic",
    "community interest company": "cic",
    "cio": "cio",
    "charitable incorporated organisation": "cio",
}
_FORM: Final = re.compile(rf" (?:{'|'.join(sorted(_LEGAL_FORMS, key=len, reverse=True))})$")
_TRADING: Final = re.compile(r"\b(?:t/a|t/as|trading as)\b.*$", re.I | re.S)
_GENERIC_WORDS: Final = re.compile(r"\b(?:ltd|limited|plc|llp|cic|the|uk|charity|trust|company|services|group|of)\b")


def split_legal_form(name: str) -> tuple[str, str]:
    """Return `name` in lower case without punctuation or legal form, and the legal form, or "" if there is none.

    "The Steady-Steps Ltd." gives "steady steps" and "limited". The first part is empty if `name` has no Latin letter
    or digit.
    """
    text = normalize("NFKD", _TRADING.sub("", name) or name).casefold().replace("&", " and ")
    text = "".join(character for character in text if not unicodedata.combining(character))
    text = re.sub(r"(?<=[a-z0-9])[.'’](?=[a-z])", "", text)  # C.I.C., people's
    words = re.sub(r"[^a-z0-9]+", " ", text).strip()
    words = words.removeprefix("the ").removesuffix(" the")
    form = _FORM.search(words)
    core = words[: form.start()] if form else words
    return core or words, _LEGAL_FORMS[form.group().strip()] if form else ""


def without_legal_form(name: str) -> str:
    """Return `name` in a form that ignores differences in case, accents, punctuation and legal form.

    "The Steady-Steps Ltd." and "steady steps" have the same form.
    """
    return split_legal_form(name)[0] or name.casefold()


def without_generic_words(name: str) -> str:
    """Return `name` in a form that is likely to be the same in every register that lists the organisation.

    Legal forms and words such as "trust" and "services" are removed anywhere in the name. A name that consists only
    of such words is kept whole.
    """
    plain = re.sub(r"[^a-z0-9 ]", " ", name.lower().replace("&", " and "))
    return " ".join(_GENERIC_WORDS.sub(" ", plain).split()) or name.lower()


def keys_of(fields: Mapping[str, Any], party: str | None = None) -> tuple[str, ...]:
    """Return the keys for a statement or profile that has `fields`.

    The keys are the register numbers, the publisher's own number `party`, the name, and the first half of the postcode.
    """
    keys = list(number_keys(fields.get("identifiers") or {}))
    if party:
        keys.append(f"party:{party}")
    if name := fields.get("name"):
        core, form = split_legal_form(name)
        keys.append(f"name:{core}:{form}")
    if postcode := fields.get("postcode"):
        keys.append(f"place:{postcode.split()[0]}")
    return tuple(keys)


def keys_in_any_form(key: str) -> list[str]:
    """Return the keys for the name in `key` without a legal form and with each legal form."""
    stem = key.rpartition(":")[0]
    return [f"{stem}:{form}" for form in ("", *sorted(set(_LEGAL_FORMS.values())))]


def is_number(key: str) -> bool:
    """Return whether `key` is a register number."""
    return key.partition(":")[0] in NUMBERS


def numbers_conflict(first: set[str], second: set[str]) -> bool:
    """Return whether two key sets belong to different suppliers, because one register gave them different numbers."""
    mine, theirs = _by_register(first), _by_register(second)
    return any(not mine[register] & theirs[register] for register in mine.keys() & theirs.keys())


def _by_register(keys: set[str]) -> dict[str, set[str]]:
    numbers: dict[str, set[str]] = {}
    for key in filter(is_number, keys):
        numbers.setdefault(register_of(key), set()).add(key)
    return numbers
