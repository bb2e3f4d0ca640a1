"""What can be evaluated: anything that ranks the profiles of a register for a need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from matcher.foundations.arrays import Floats
from matcher.foundations.errors import MatcherError
from matcher.records import Need, Profile
from matcher.texts.passages import query_of


@dataclass(frozen=True)
class RankedProfiles:
    """The answer to one need: `scores`, shape (retrieved,), of the profiles `ids`; higher is better.
    `probabilities`, of the same shape, where the ranker says how likely each is to win.

    The order does not matter, equal scores are a tie, and profiles left out come after all others.
    """

    ids: Sequence[str]
    scores: Floats
    probabilities: Floats | None = None

    def over(self, positions: Mapping[str, int]) -> Floats:
        """Return one score for each profile of the register, shape (profiles,), -inf for those left out.

        `positions` gives the place of each profile id in the register, from 0.

        Raises:
            MatcherError: a profile is not of this register or stands in the answer twice.

        """
        if len(set(self.ids)) != len(self.ids) or len(self.ids) != len(self.scores):
            raise MatcherError("a ranker gave a profile twice, or not one score a profile")
        if unknown := [profile_id for profile_id in self.ids if profile_id not in positions]:
            raise MatcherError(f"a ranker gave {unknown[0]}, which is not in the register")
        scores = np.full(len(positions), -np.inf)
        scores[[positions[profile_id] for profile_id in self.ids]] = self.scores
        return scores


class Ranker(Protocol):
    """Ranks the profiles it was built over."""

    def rank(self, need: Need) -> RankedProfiles:
        """Return the profiles that fit `need` with their scores, all of them or the best so many."""
        ...


class ProfileScorer(Protocol):
    """Scores every profile of a register for a text: what a lexical or dense index, or a rival, amounts to."""

    def scores(self, query: str) -> Floats:
        """Return one score a profile, shape (profiles,), in register order; -inf where not retrieved."""
        ...


@dataclass(frozen=True)
class TextRanker:
    """Ranks by the scores of `scorer` for the text of the need. `ids` are the profiles in register order."""

    ids: tuple[str, ...]
    scorer: ProfileScorer

    def rank(self, need: Need) -> RankedProfiles:
        """Return every profile with its score."""
        return RankedProfiles(self.ids, self.scorer.scores(query_of(need)))


@dataclass(frozen=True)
class System:
    """A named way to build a ranker over a register. Nothing is built before `build` is called."""

    name: str
    build: Callable[[Sequence[Profile]], Ranker]


def text_system(name: str, scorer: Callable[[Sequence[Profile]], ProfileScorer]) -> System:
    """Return a contender that ranks by the profile scores which `scorer`, given the register, builds."""

    def build(profiles: Sequence[Profile]) -> Ranker:
        return TextRanker(tuple(profile.id for profile in profiles), scorer(profiles))

    return System(name, build)
