"""Match: one profile in the ranked answer to a need, with the parts of its score and its evidence."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from matcher.records.parsing import Record
from matcher.records.policy import Band
from matcher.records.vocabulary import Sector


class Evidence(Record):
    """A passage that earned part of the score: its words, where in the profile they stand, its cosine with the
    need, and the share that its piece of the profile has in the pooled evidence.
    """

    text: str
    source: str
    similarity: float
    share: float


class Match(Record):
    """A ranked profile. `score` is exactly the sum of `contributions`, added in their order.

    `probability` is the share of comparable pairs of need and supplier in which the supplier won; `band` puts
    it in a word.
    """

    rank: int
    profile_id: str
    name: str
    sector: Sector
    score: float
    probability: float
    band: Band
    contributions: dict[str, float]
    evidence: tuple[Evidence, ...] = ()

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if abs(sum(self.contributions.values()) - self.score) > 1e-9:
            raise ValueError(f"the contributions of {self.profile_id} do not add up to its score")
        return self


class SearchResult(Record):
    """The ranked answer to one need, and what it was computed from.

    `considered` counts the live profiles, `eligible` those that passed every filter, `excluded` those each
    filter alone would leave out. `sequence` and `model` name the data and the scoring model.
    """

    need_id: str
    sequence: int
    model: str
    considered: int
    eligible: int
    excluded: dict[str, int]
    results: tuple[Match, ...]
