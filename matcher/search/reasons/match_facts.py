"""Match facts: everything that the sentences about one match are made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from matcher.records import Profile, Region
from matcher.search.quotes import Quotes
from matcher.search.reasons.reach import Reach, reach_of
from matcher.search.reasons.searched_need import SearchedNeed
from matcher.texts.excerpts import excerpt

# The maximum number of characters of a quote or a name in a sentence.
MAX_QUOTE: Final = 100
_NUMBERS: Final = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class MatchFacts:
    """The need, the profile and the quoted passages of one match.

    Attributes:
        searched: the need.
        quotes: the quoted passages, with the revision of the profile that was indexed.
        worked: the regions of the past work.
        is_likely: whether the match is better than unlikely.

    """

    searched: SearchedNeed
    quotes: Quotes
    worked: frozenset[Region]
    is_likely: bool

    @property
    def profile(self) -> Profile:
        """The profile."""
        return self.quotes.profile

    @cached_property
    def reach(self) -> Reach | None:
        """How the places of the supplier relate to the place of the need, or None if the need has no known place."""
        target = self.searched.regions
        return reach_of(self.profile, self.worked, target) if target else None


def quoted(text: str) -> str:
    """Return the first words of `text` in quotation marks, or "" if `text` is empty."""
    return f"“{excerpt(text, MAX_QUOTE)}”" if text else ""


def in_words(number: int) -> str:
    """Return `number` as a word if it has one digit, else in digits. Zero is "none"."""
    return _NUMBERS[number] if number < len(_NUMBERS) else f"{number:,}"


def listed(names: list[str], last: str) -> str:
    """Return `names` as a list, such as "a, b or c", where `last` joins the last name."""
    return excerpt(f" {last} ".join(filter(None, (", ".join(names[:-1]), names[-1]))), MAX_QUOTE) if names else ""
