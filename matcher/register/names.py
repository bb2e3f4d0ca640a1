"""Names: when two names of suppliers are the same, and the keys by which a statement can be recognised."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

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
_TRADING: Final = re.compile(r"\b(?:t/a|t/as|trading as)\b.*$", re.I)
# Numbers that only one supplier can have, the most telling first.
NUMBERS: Final = ("charity", "company", "cqc", "ods", "ppon")


def normal_name(name: str) -> tuple[str, str]:
    """Return a name in small letters without punctuation and its legal form, and that form ("" where none)."""
    text = unicodedata.normalize("NFKD", _TRADING.sub("", name) or name).casefold().replace("&", " and ")
    text = "".join(character for character in text if not unicodedata.combining(character))
    text = re.sub(r"(?<=[a-z0-9])[.'’](?=[a-z])", "", text)  # C.I.C., people's
    words = re.sub(r"[^a-z0-9]+", " ", text).strip()
    words = words.removeprefix("the ").removesuffix(" the")
    form = _FORM.search(words)
    core = words[: form.start()] if form else words
    return core or words, _LEGAL_FORMS[form.group().strip()] if form else ""


def keys_of(fields: Mapping[str, Any], party: str | None = None) -> tuple[str, ...]:
    """Return the keys of a statement or profile: its register numbers, its publisher's number, its name, and the
    outward part of its postcode.
    """
    given = fields.get("identifiers") or {}
    keys = [f"{kind}:{given[kind]}" for kind in NUMBERS if given.get(kind)]
    if party:
        keys.append(f"party:{party}")
    if name := fields.get("name"):
        core, form = normal_name(name)
        keys.append(f"name:{core}:{form}")
    if postcode := fields.get("postcode"):
        keys.append(f"place:{postcode.split()[0]}")
    return tuple(keys)


def same_core(key: str) -> list[str]:
    """Return the keys of all names that differ from this name's at most in their legal form."""
    stem = key.rpartition(":")[0]
    return [f"{stem}:{form}" for form in ("", *sorted(set(_LEGAL_FORMS.values())))]


def is_number(key: str) -> bool:
    """Whether a key is a register number."""
    return key.partition(":")[0] in NUMBERS


def conflict(first: set[str], second: set[str]) -> bool:
    """Whether two sets of keys cannot be of one supplier: a register gave them different numbers."""
    mine, theirs = _numbers(first), _numbers(second)
    return any(mine[kind] and theirs[kind] and not mine[kind] & theirs[kind] for kind in mine.keys() & theirs.keys())


def _numbers(keys: set[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for kind, _, number in (key.partition(":") for key in keys if is_number(key)):
        found.setdefault(kind, set()).add(number)
    return found
