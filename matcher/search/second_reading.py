"""Second reading: the first candidates of a ranking are read together with the need, and ranked again.

A reading adds a part to the score that is never negative, and a candidate that was not read gets none. So the list
stays in order of score, and whoever was among the first is never overtaken by somebody who was not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from matcher.foundations.arrays import Rows
from matcher.foundations.row_groups import group_sizes
from matcher.reading import Reader
from matcher.records import Need, Profile
from matcher.scoring import FAMILIES
from matcher.search.ranking import Ranking
from matcher.store import Store
from matcher.texts.passages import PassageKind, piece_passages, query_of

_NAME = FAMILIES.index("name")


@dataclass(frozen=True)
class SecondReading:
    """Reads the first `count` candidates of a ranking again."""

    reader: Reader
    count: int

    def of(self, ranking: Ranking, need: Need, store: Store) -> Ranking:
        """Return `ranking` with its first candidates read again, and ordered by the new scores."""
        first = ranking.order[: self.count]
        if not ranking.model.reads or not len(first):
            return ranking
        sequences = ranking.index.profiles.sequence[ranking.candidates.profiles[first]].tolist()
        texts = texts_to_read(ranking, first, store.profiles_as_of(sequences))
        readings = np.full(len(ranking.candidates), np.nan)
        readings[first] = self.reader.read(query_of(need), texts)
        return ranking.read(readings)


def texts_to_read(ranking: Ranking, positions: Rows, profiles: Iterable[Profile]) -> list[str]:
    """Return the text to read of each candidate in `positions`: its name, and its piece that fits the need best.

    `profiles` holds the revisions that were indexed, in the same order.
    """
    return [_text(ranking, int(i), profile) for i, profile in zip(positions, profiles, strict=True)]


def _text(ranking: Ranking, i: int, profile: Profile) -> str:
    candidates, shares = ranking.candidates, ranking.scored.shares
    size = group_sizes(candidates.piece_starts, len(shares))[i]
    pieces = candidates.piece_starts[i] + np.arange(size)
    described = pieces[candidates.family[pieces] != _NAME]
    if not len(described):
        return profile.name
    best = described[np.argmax(shares[described])]
    row = ranking.index.passages.piece[candidates.passages[candidates.passage_starts[best]]]
    kind, part = PassageKind(ranking.index.pieces.kind[row]), int(ranking.index.pieces.part[row])
    passages = piece_passages(profile, kind, part)
    return f"{profile.name}. {' '.join(p.text for p in passages if p.kind is not PassageKind.TRACK_RECORD_TITLE)}"
