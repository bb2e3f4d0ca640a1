"""Excerpts: the first words of a text, and its clauses."""

from __future__ import annotations

import re
from typing import Final

_CLAUSE_END: Final = re.compile(r"(?<=[.!?;])\s+|\n+")
# The number of a list item at the start of a clause, such as "1)", "(a)" or "2.".
_ITEM_NUMBER: Final = re.compile(r"^(?:\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[).]\s*)+", re.IGNORECASE)


def excerpt(text: str, most: int) -> str:
    """Return `text` on one line, cut between words to at most `most` characters, with " …" added if it was cut."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    cut = line[: most + 1].rsplit(" ", 1)[0] if " " in line[: most + 1] else line[:most]
    return cut[:most].rstrip(" ,;:-–—") + " …"


def clauses_of(text: str) -> list[str]:
    """Return the sentences of `text` and their parts between semicolons, without item numbers and final points."""
    clauses = (_ITEM_NUMBER.sub("", clause.strip()).strip(" .;") for clause in _CLAUSE_END.split(text))
    return [clause for clause in clauses if clause]
