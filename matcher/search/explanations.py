"""Explanations: what a search shows, first only as numbers, then in words.

A process that has the index and the model can compute the numbers without the store. `to_result`, `to_match` and
`to_evidence` add the words from the profiles in the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.foundations.arrays import Rows
from matcher.index import Eligible, Index, highest
from matcher.records import Evidence, Match, Profile, SearchResult
from matcher.records.policy import LEAST_QUOTED_SHARE, QUOTES, band_of
from matcher.scoring import BASE, PARTS, AdditiveModel, Candidates, Scored
from matcher.texts.passages import PassageKind, piece_passages, source_of

# The number of decimal places for similarities and shares in quotes.
_DIGITS: Final = 6


@dataclass(frozen=True)
class QuotedPassage:
    """A passage to quote from a profile.

    Attributes:
        kind, part: the piece of the profile, as in `Passage`.
        place: the position of the passage in the piece.
        similarity: the cosine of the passage and the whole need.
        share: the piece's share of the profile's pooled strength.

    """

    kind: PassageKind
    part: int
    place: int
    similarity: float
    share: float

    def to_evidence(self, profile: Profile) -> Evidence:
        """Return the passage with its text. `profile` must be the revision that was indexed."""
        passage = piece_passages(profile, self.kind, self.part)[self.place]
        return Evidence(
            text=passage.text,
            source=source_of(profile, passage),
            similarity=self.similarity,
            share=self.share,
        )


@dataclass(frozen=True)
class ExplainedCandidate:
    """A candidate to show: the sequence number of its revision, its score, the parts of the score, and quotes."""

    sequence: int
    score: float
    probability: float
    parts: tuple[float, ...]
    quotes: tuple[QuotedPassage, ...]

    def to_match(self, rank: int, profile: Profile) -> Match:
        """Return the match at `rank`. `profile` must be the revision that was indexed."""
        return Match(
            rank=rank,
            profile_id=profile.id,
            name=profile.name,
            sector=profile.sector,
            score=self.score,
            probability=self.probability,
            band=band_of(self.probability),
            contributions=dict(zip(PARTS, self.parts, strict=True)),
            evidence=tuple(quote.to_evidence(profile) for quote in self.quotes),
        )


@dataclass(frozen=True)
class ExplainedSearch:
    """The candidates to show, best first, with counts of profiles considered, eligible, and excluded by each filter."""

    sequence: int
    model: str
    considered: int
    eligible: int
    excluded: dict[str, int]
    candidates: tuple[ExplainedCandidate, ...]

    def to_result(self, need_id: str, profiles: Mapping[int, Profile]) -> SearchResult:
        """Return the result for a need. `profiles` holds the revisions shown, by sequence number."""
        ranked = enumerate(self.candidates, start=1)
        return SearchResult(
            need_id=need_id,
            sequence=self.sequence,
            model=self.model,
            considered=self.considered,
            eligible=self.eligible,
            excluded=self.excluded,
            results=tuple(candidate.to_match(rank, profiles[candidate.sequence]) for rank, candidate in ranked),
        )


def explain(
    index: Index, eligible: Eligible, model: AdditiveModel, candidates: Candidates, scored: Scored, order: Rows
) -> ExplainedSearch:
    """Return the candidates at the positions `order`, best first, with the explanations of their scores."""
    sequences = index.profiles.sequence[candidates.profiles[order]].tolist()
    probabilities = model.probability(scored.scores[order]).tolist()
    return ExplainedSearch(
        sequence=index.sequence,
        model=f"{model.name}-{model.version}",
        considered=eligible.considered,
        eligible=eligible.count,
        excluded=eligible.excluded,
        candidates=tuple(
            ExplainedCandidate(
                sequence, float(scored.scores[i]), probability, tuple(scored.parts[i].tolist()),
                quotes_of(index, candidates, scored, int(i)),
            )
            for i, sequence, probability in zip(order, sequences, probabilities, strict=True)
        ),
    )  # fmt: skip


def quotes_of(index: Index, candidates: Candidates, scored: Scored, i: int) -> tuple[QuotedPassage, ...]:
    """Return quotes from candidate `i`: the closest passage from each of the pieces with the largest shares.

    At most `QUOTES` pieces are quoted. Each piece after the first needs a share of at least `LEAST_QUOTED_SHARE`.
    """
    pieces = _group(candidates.piece_starts, i, len(candidates.passage_starts))
    quotes: list[QuotedPassage] = []
    for piece in pieces[highest(scored.shares[pieces], pieces, QUOTES)]:
        if scored.shares[piece] < LEAST_QUOTED_SHARE and quotes:
            break
        rows = _group(candidates.passage_starts, piece, len(candidates.passages))
        bodies = rows[~candidates.title[rows]]
        row = bodies[np.argmax(candidates.cosines[bodies, 0] + candidates.bm25[bodies, 0])]
        indexed = index.passages.piece[candidates.passages[row]]
        quotes.append(
            QuotedPassage(
                PassageKind(index.pieces.kind[indexed]),
                int(index.pieces.part[indexed]),
                int(row - rows[0]),
                round(float(candidates.cosines[row, 0]), _DIGITS),
                round(float(scored.shares[piece]), _DIGITS),
            )
        )
    return tuple(quotes)


def shown_revisions(searches: Sequence[ExplainedSearch]) -> list[int]:
    """Return the sequence numbers of the revisions that `searches` show, without duplicates."""
    return list(dict.fromkeys(candidate.sequence for search in searches for candidate in search.candidates))


def strongest_reasons(match: Match, count: int) -> list[str]:
    """Return the `count` parts that change the score of `match` most, in words, such as "meaning +2.31".

    The base, which all matches share, and parts that add nothing are left out.
    """
    parts = [(name, value) for name, value in match.contributions.items() if name != BASE and value]
    strongest = sorted(parts, key=lambda part: -abs(part[1]))[:count]
    return [f"{name.replace('_', ' ')} {value:+.2f}" for name, value in strongest]


def _group(starts: Rows, i: int, total: int) -> Rows:
    """Return the rows of group `i`. A group ends at the start of the next; the last group ends at row `total`."""
    return np.arange(starts[i], starts[i + 1] if i + 1 < len(starts) else total)
