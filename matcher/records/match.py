"""The result of a search: ranked profiles, each with its evidence and the parts of its score."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from matcher.records.parsing import Record
from matcher.records.policy import Band
from matcher.records.vocabulary import Sector, Size


class Evidence(Record):
    """A quoted passage of a profile that contributed to its score.

    `source` says where the passage is in the profile. `similarity` is the cosine similarity of the passage and the
    need. `share`, from 0 to 1, is the part of the profile's pooled strength that comes from the piece that contains
    the passage.
    """

    text: str
    source: str
    similarity: float
    share: float


class Match(Record):
    """A ranked profile. `score` is exactly the sum of `contributions`, added in order.

    `probability` is the share of pairs of a need and a supplier with this score that readers judged suitable. `band` is
    the word for the range that the probability falls in. `reasons` are sentences made from facts of the need and of the
    profile. `size` and `place` are None if they are unknown.
    """

    rank: int
    profile_id: str
    name: str
    sector: Sector
    size: Size | None = None
    place: Annotated[
        str | None, Field(description="Where the supplier works: “national”, or the names of regions.")
    ] = None
    score: float
    probability: float
    band: Band
    reasons: Annotated[
        tuple[str, ...],
        Field(description="Why the supplier fits, strongest first, then what does not fit or is unknown."),
    ] = ()
    contributions: dict[str, float]
    evidence: tuple[Evidence, ...] = ()

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if abs(sum(self.contributions.values()) - self.score) > 1e-9:
            raise ValueError(f"the contributions of {self.profile_id} do not add up to its score")
        return self


class SearchResult(Record):
    """The ranked matches for one need."""

    need_id: str
    sequence: Annotated[int, Field(description="Sequence number of the latest revision searched.")]
    model: Annotated[str, Field(description="Name and version of the scoring model.")]
    considered: Annotated[int, Field(description="Number of current profiles.")]
    eligible: Annotated[int, Field(description="Number of profiles that passed every filter.")]
    excluded: Annotated[dict[str, int], Field(description="Number of profiles that each filter alone excludes.")]
    verdict: Annotated[
        str, Field(description="In words: whether any match is strong, and where the possible ones end.")
    ] = ""
    results: Annotated[tuple[Match, ...], Field(description="Matches, best first.")]
