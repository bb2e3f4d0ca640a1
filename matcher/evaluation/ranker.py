"""Systems that can be evaluated: any system that ranks a register's profiles for a need."""

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
    """The answer to one need: a score for each profile in `ids`.

    `scores` (higher is better) and `probabilities` (of winning, if the ranker gives them) have shape (retrieved,).
    The order of `ids` does not matter. Equal scores are ties, and profiles that are not in `ids` rank last.
    """

    ids: Sequence[str]
    scores: Floats
    probabilities: Floats | None = None

    def over(self, positions: Mapping[str, int]) -> Floats:
        """Return one score for each profile in the register, shape (profiles,), with -inf for profiles not in `ids`.

        `positions` maps each profile id to its position in the register, counting from 0.

        Raises:
            MatcherError: a profile is listed twice or is not in the register, or the numbers of ids and scores
                differ.

        """
        if len(set(self.ids)) != len(self.ids) or len(self.ids) != len(self.scores):
            raise MatcherError("a ranker returned a profile twice, or did not return one score per profile")
        if unknown := [profile_id for profile_id in self.ids if profile_id not in positions]:
            raise MatcherError(f"a ranker returned {unknown[0]}, which is not in the register")
        scores = np.full(len(positions), -np.inf)
        scores[[positions[profile_id] for profile_id in self.ids]] = self.scores
        return scores


class Ranker(Protocol):
    """Ranks the profiles in the register that the ranker was built over."""

    def rank(self, need: Need) -> RankedProfiles:
        """Return profiles and their scores for `need`: either all profiles or only the best."""
        ...


class ProfileScorer(Protocol):
    """Scores every profile in a register against a text, as a lexical or dense index does."""

    def scores(self, query: str) -> Floats:
        """Return one score per profile in register order, shape (profiles,), with -inf for profiles not retrieved."""
        ...


@dataclass(frozen=True)
class TextRanker:
    """Ranks profiles by the scores that `scorer` gives them for the need's text.

    `ids` are the profile ids in register order.
    """

    ids: tuple[str, ...]
    scorer: ProfileScorer

    def rank(self, need: Need) -> RankedProfiles:
        """Return every profile with its score."""
        return RankedProfiles(self.ids, self.scorer.scores(query_of(need)))


@dataclass(frozen=True)
class System:
    """A named system to evaluate. `build` builds the system's ranker over a register."""

    name: str
    build: Callable[[Sequence[Profile]], Ranker]


def text_system(name: str, build_scorer: Callable[[Sequence[Profile]], ProfileScorer]) -> System:
    """Return a system that ranks with a scorer built over the register by `build_scorer`."""

    def build(profiles: Sequence[Profile]) -> Ranker:
        return TextRanker(tuple(profile.id for profile in profiles), build_scorer(profiles))

    return System(name, build)
