"""A need as a search sees it: its facts, computed once for all matches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from matcher.index import terms_of
from matcher.records import Need, Region
from matcher.records.places import regions_needed
from matcher.texts.copies import CopyDetector
from matcher.texts.passages import query_of


@dataclass(frozen=True)
class SearchedNeed:
    """A need with the facts that reasons refer to.

    Attributes:
        need: the need.
        on: the day of the search, in days since 1970. Accreditations must be valid on this day.
        regions: the regions of the need or, if they are unknown, the regions that it requires.
        text: recognises copies of the text of the need.
        terms: the lexical terms of the need.

    """

    need: Need
    on: int
    regions: frozenset[Region]
    text: CopyDetector
    terms: frozenset[str]

    @classmethod
    def of(cls, need: Need, on: int) -> Self:
        """Return `need` with its facts for a search on day `on`, in days since 1970."""
        text = query_of(need)
        regions = regions_needed(need) or frozenset(need.requirements.regions)
        return cls(need, on, regions, CopyDetector.of(text), frozenset(terms_of(text)))

    def closest(self, texts: Iterable[str]) -> str:
        """Return the first of the texts that share most lexical terms with the need, or "" if there are no texts."""
        return max(texts, key=lambda text: len(self.terms & set(terms_of(text))), default="")
