"""Candidates: the profiles retrieved for a need, as arrays for computing signals, and the facts that a need states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matcher.foundations.arrays import Floats, Mask, Rows, Vectors
from matcher.foundations.row_groups import group_sizes

# The families of pieces. The scoring model has separate weights for each family.
FAMILIES: Final = ("name", "offer", "work")
# The number used for an unknown day.
UNDATED: Final = np.iinfo(np.int32).min


@dataclass(frozen=True)
class NeedFacts:
    """What a need states besides its text.

    Attributes:
        regions: one bit per region, or 0 if unknown.
        value: the value in pounds, or NaN if unknown.
        cpv: CPV codes as numbers.
        day: the day of publication, or the day of the search if the need is undated, in days since 1970.
        accreditations: the keys of the schemes that a partner must hold.
        on: the day on which the accreditations must be valid, in days since 1970.

    """

    regions: int
    value: float
    cpv: tuple[int, ...]
    day: int
    accreditations: tuple[str, ...]
    on: int


@dataclass(frozen=True)
class Candidates:
    """Profiles retrieved for a need, with their pieces and passages, all in index order.

    The pieces of candidate i run from `piece_starts[i]` up to the next start, or to the end for the last candidate.
    The passages of piece j are found from `passage_starts` in the same way. The first piece of a profile is its name.

    Attributes:
        profile_columns: the index columns for the candidates, by name; see `ProfileColumns`.
        piece_columns: the index columns for the candidates' pieces, by name; see `PieceColumns`.

    """

    profiles: Rows  # (candidates,) row in the index
    piece_starts: Rows  # (candidates,)
    passages: Rows  # (passages,) row in the index
    passage_starts: Rows  # (pieces,)
    title: Mask  # (passages,) whether the passage is just the title of its piece; a title comes first
    cosines: Vectors  # (passages, 2) cosine with the whole need and with its title
    bm25: Floats  # (passages, 2) BM25 as a share of the highest possible score; columns as in `cosines`
    lexical_cosines: Floats  # (passages, 2) lnc.ltc cosine; columns as in `cosines`
    profile_columns: Mapping[str, Any]
    piece_columns: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.profiles)

    @property
    def family(self) -> NDArray[np.int8]:
        """For each piece, the position of its family in `FAMILIES`, shape (pieces,)."""
        family: NDArray[np.int8] = self.piece_columns["family"]
        return family

    def owners(self) -> Rows:
        """Return the candidate that each piece belongs to, shape (pieces,)."""
        return np.repeat(np.arange(len(self)), group_sizes(self.piece_starts, len(self.passage_starts)))
