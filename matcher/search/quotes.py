"""Quotes: the passages of a profile that come closest to a need, first as positions, then with their text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from matcher.foundations.arrays import Rows
from matcher.index import Index, highest
from matcher.records import Evidence, Profile
from matcher.records.policy import CLOSE_SHARE, LEAST_QUOTED_SHARE, MAX_CLOSE_PIECES, QUOTES
from matcher.scoring import Candidates, Scored
from matcher.texts.copies import is_near_copy
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
class Quotes:
    """The quoted passages of a profile, largest share first, with the revision of the profile that was indexed."""

    profile: Profile
    passages: Sequence[QuotedPassage]

    @cached_property
    def distinct(self) -> list[tuple[QuotedPassage, Evidence]]:
        """The passages to show: at most `QUOTES`, without near-copies of passages before them."""
        kept: list[tuple[QuotedPassage, Evidence]] = []
        for quote in self.passages:
            if len(kept) == QUOTES or (kept and quote.share < LEAST_QUOTED_SHARE):
                break
            evidence = quote.to_evidence(self.profile)
            if not any(is_near_copy(evidence.text, earlier.text) for _, earlier in kept):
                kept.append((quote, evidence))
        return kept

    @cached_property
    def close(self) -> list[QuotedPassage]:
        """The passages of all pieces that are as close to the need as the best piece, or nearly."""
        return [quote for quote in self.passages if quote.share >= CLOSE_SHARE * self.passages[0].share]

    def close_to_need(self, *kinds: PassageKind) -> tuple[QuotedPassage, Evidence] | None:
        """Return the first passage to show that is of one of `kinds` and close to the need, or None."""
        shown = (pair for pair in self.distinct if pair[0].kind in kinds and pair[0] in self.close)
        return next(shown, None)

    @property
    def are_complete(self) -> bool:
        """Whether no piece that is close to the need was left out."""
        return len(self.close) < MAX_CLOSE_PIECES


def quotes_of(index: Index, candidates: Candidates, scored: Scored, i: int) -> tuple[QuotedPassage, ...]:
    """Return quotes from candidate `i`: the closest passage of each of the pieces with the largest shares.

    These are at most `MAX_CLOSE_PIECES` pieces. Each piece after the first needs a share of `LEAST_QUOTED_SHARE`, or of
    `CLOSE_SHARE` of the largest share.
    """
    pieces = _group(candidates.piece_starts, i, len(candidates.passage_starts))
    quotes: list[QuotedPassage] = []
    for piece in pieces[highest(scored.shares[pieces], pieces, MAX_CLOSE_PIECES)]:
        if quotes and scored.shares[piece] < min(LEAST_QUOTED_SHARE, CLOSE_SHARE * quotes[0].share):
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


def _group(starts: Rows, i: int, total: int) -> Rows:
    """Return the rows of group `i`. A group ends at the start of the next; the last group ends at row `total`."""
    return np.arange(starts[i], starts[i + 1] if i + 1 < len(starts) else total)
