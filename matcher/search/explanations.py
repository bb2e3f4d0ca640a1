"""Explanations: what a search shows, first only as numbers, then in words.

A process that has the index and the model can compute the numbers without the store. `to_result` and `to_match` add the
words from the profiles in the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matcher.index.codes import regions_in
from matcher.records import Match, Need, Profile, SearchResult, size_of, supplier_kind
from matcher.records.policy import Band, band_of
from matcher.scoring import PARTS
from matcher.search.quotes import QuotedPassage, Quotes, quotes_of
from matcher.search.ranking import Ranking
from matcher.search.reasons import MatchFacts, SearchedNeed, place_of, reasons_for
from matcher.search.verdict import verdict_on


@dataclass(frozen=True)
class ExplainedCandidate:
    """A candidate to show: the sequence number of its revision, its score, the parts of the score, and quotes.

    `worked` has one bit for each region of the past work.
    """

    sequence: int
    score: float
    probability: float
    parts: tuple[float, ...]
    quotes: tuple[QuotedPassage, ...]
    worked: int

    def to_match(self, rank: int, need: SearchedNeed, profile: Profile) -> Match:
        """Return the match of `need` at `rank`. `profile` must be the revision that was indexed."""
        quotes, band = Quotes(profile, self.quotes), band_of(self.probability)
        facts = MatchFacts(need, quotes, regions_in(self.worked), is_likely=band is not Band.UNLIKELY)
        return Match(
            rank=rank,
            profile_id=profile.id,
            name=profile.name,
            sector=supplier_kind(profile),
            size=size_of(profile),
            place=place_of(profile, facts.worked),
            score=self.score,
            probability=self.probability,
            band=band,
            reasons=reasons_for(facts),
            contributions=dict(zip(PARTS, self.parts, strict=True)),
            evidence=tuple(evidence for _, evidence in quotes.distinct),
        )


@dataclass(frozen=True)
class ExplainedSearch:
    """The candidates to show, best first, with counts of profiles considered, eligible, and excluded by each filter.

    `on` is the day of the search, in days since 1970.
    """

    on: int
    sequence: int
    model: str
    considered: int
    eligible: int
    excluded: dict[str, int]
    candidates: tuple[ExplainedCandidate, ...]

    def to_result(self, need: Need, profiles: Mapping[int, Profile]) -> SearchResult:
        """Return the result for `need`. `profiles` holds the revisions shown, by sequence number."""
        searched = SearchedNeed.of(need, self.on)
        bands = [band_of(candidate.probability) for candidate in self.candidates]
        return SearchResult(
            need_id=need.id,
            sequence=self.sequence,
            model=self.model,
            considered=self.considered,
            eligible=self.eligible,
            excluded=self.excluded,
            verdict=verdict_on(bands),
            results=tuple(
                candidate.to_match(rank, searched, profiles[candidate.sequence])
                for rank, candidate in enumerate(self.candidates, start=1)
            ),
        )


def explain(ranking: Ranking, top: int) -> ExplainedSearch:
    """Return the best `top` candidates of `ranking` with the explanations of their scores."""
    index, eligible, candidates, scored = ranking.index, ranking.eligible, ranking.candidates, ranking.scored
    order = ranking.order[:top]
    worked = np.bitwise_or.reduceat(candidates.piece_columns["regions"], candidates.piece_starts)[order]
    sequences = index.profiles.sequence[candidates.profiles[order]].tolist()
    return ExplainedSearch(
        on=ranking.query.facts.on,
        sequence=index.sequence,
        model=f"{ranking.model.name}-{ranking.model.version}",
        considered=eligible.considered,
        eligible=eligible.count,
        excluded=eligible.excluded,
        candidates=tuple(
            ExplainedCandidate(
                sequence, float(scored.scores[i]), probability, tuple(scored.parts[i].tolist()),
                quotes_of(index, candidates, scored, int(i)), bits,
            )
            for i, sequence, probability, bits in zip(
                order, sequences, ranking.probabilities[order].tolist(), worked.tolist(), strict=True
            )
        ),
    )  # fmt: skip


def shown_revisions(searches: Sequence[ExplainedSearch]) -> list[int]:
    """Return the sequence numbers of the revisions that `searches` show, without duplicates."""
    return list(dict.fromkeys(candidate.sequence for search in searches for candidate in search.candidates))
