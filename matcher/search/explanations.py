"""Findings: what a search shows, in numbers alone, without a word of any profile.

A process that has the index and the model can find it without the store; who has the store puts it into words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matcher.foundations.arrays import Rows
from matcher.index import Eligible, Index, highest
from matcher.records import Evidence, Match, Profile, SearchResult
from matcher.records.policy import LEAST_QUOTED_SHARE, QUOTES, band_of
from matcher.scoring.model import PARTS, AdditiveModel, Scored
from matcher.scoring.signals import Candidates
from matcher.texts.passages import PassageKind, piece_passages, source_of


@dataclass(frozen=True)
class QuotedPassage:
    """A passage to quote: the `place`-th of a piece of a profile, its cosine, and the piece's share in the score."""

    kind: PassageKind
    part: int
    place: int
    similarity: float
    share: float

    def worded(self, profile: Profile) -> Evidence:
        """Return the passage itself, from the revision of `profile` that was indexed."""
        passage = piece_passages(profile, self.kind, self.part)[self.place]
        return Evidence(
            text=passage.text,
            source=source_of(profile, passage),
            similarity=self.similarity,
            share=self.share,
        )


@dataclass(frozen=True)
class ExplainedCandidate:
    """A profile that was found: the sequence number of its revision, its score and what adds up to it."""

    sequence: int
    score: float
    probability: float
    parts: tuple[float, ...]
    quotes: tuple[QuotedPassage, ...]

    def worded(self, rank: int, profile: Profile) -> Match:
        """Return the match that this is, at `rank`."""
        return Match(
            rank=rank,
            profile_id=profile.id,
            name=profile.name,
            sector=profile.sector,
            score=self.score,
            probability=self.probability,
            band=band_of(self.probability),
            contributions=dict(zip(PARTS, self.parts, strict=True)),
            evidence=tuple(quote.worded(profile) for quote in self.quotes),
        )


@dataclass(frozen=True)
class Findings:
    """Who was found, highest first, and how many were considered, eligible, and excluded by each filter."""

    sequence: int
    model: str
    considered: int
    eligible: int
    excluded: dict[str, int]
    found: tuple[ExplainedCandidate, ...]

    def worded(self, need_id: str, profiles: Mapping[int, Profile]) -> SearchResult:
        """Return the answer to a need; `profiles` holds the revisions found, by sequence number."""
        return SearchResult(
            need_id=need_id,
            sequence=self.sequence,
            model=self.model,
            considered=self.considered,
            eligible=self.eligible,
            excluded=self.excluded,
            results=tuple(found.worded(n, profiles[found.sequence]) for n, found in enumerate(self.found, start=1)),
        )


def findings_of(
    index: Index, eligible: Eligible, model: AdditiveModel, candidates: Candidates, scored: Scored, order: Rows
) -> Findings:
    """Return the findings that show the candidates of `order`, highest first."""
    sequences = index.profiles.sequence[candidates.profiles[order]].tolist()
    probabilities = model.probability(scored.scores[order]).tolist()
    return Findings(
        sequence=index.sequence,
        model=f"{model.name}-{model.version}",
        considered=eligible.considered,
        eligible=eligible.count,
        excluded=eligible.excluded,
        found=tuple(
            ExplainedCandidate(
                sequence, float(scored.scores[i]), probability, tuple(scored.parts[i].tolist()),
                quotes_of(index, candidates, scored, int(i)),
            )
            for i, sequence, probability in zip(order, sequences, probabilities, strict=True)
        ),
    )  # fmt: skip


def quotes_of(index: Index, candidates: Candidates, scored: Scored, i: int) -> tuple[QuotedPassage, ...]:
    """Return the pieces with the largest shares in the score of candidate `i`, by their closest passages."""
    pieces = _span(candidates.piece_starts, i, len(candidates.family))
    quotes: list[QuotedPassage] = []
    for piece in pieces[highest(scored.shares[pieces], pieces, QUOTES)]:
        if scored.shares[piece] < LEAST_QUOTED_SHARE and quotes:
            break
        rows = _span(candidates.passage_starts, piece, len(candidates.passages))
        spoken = rows[~candidates.title[rows]]
        row = spoken[np.argmax(candidates.cosines[spoken, 0] + candidates.words[spoken, 0])]
        of_index = index.passages.piece[candidates.passages[row]]
        quotes.append(
            QuotedPassage(
                PassageKind(index.pieces.kind[of_index]),
                int(index.pieces.part[of_index]),
                int(row - rows[0]),
                round(float(candidates.cosines[row, 0]), 6),
                round(float(scored.shares[piece]), 6),
            )
        )
    return tuple(quotes)


def sequences_of(findings: Sequence[Findings]) -> list[int]:
    """Return the revisions that some findings show, each once."""
    return list(dict.fromkeys(found.sequence for one in findings for found in one.found))


def _span(starts: Rows, i: int, total: int) -> Rows:
    """Return the rows of group `i`: from its start to the next, or of the last to the end."""
    return np.arange(starts[i], starts[i + 1] if i + 1 < len(starts) else total)
