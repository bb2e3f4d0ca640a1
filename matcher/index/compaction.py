"""Compaction: limit the number of segments in an index and the number of dead profiles in each segment.

A segment is merged with the next one unless it is several times as large as the next. The number of segments therefore
grows only with the logarithm of the register's size, and each update copies little data.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from matcher.foundations.arrays import Mask
from matcher.index.segment import Segment

# A segment, and a mask of its live profiles.
LiveSegment = tuple[Segment, Mask]

# A segment must be this many times as large as the next one to stay separate.
_GROWTH: Final = 4
# A segment is rewritten once more than this share of its profiles is dead.
_DEAD: Final = 0.25


def compacted(segments: list[LiveSegment]) -> list[LiveSegment]:
    """Merge segments that are too close in size, and rewrite segments with too many dead profiles.

    A segment is merged with the next one if it is less than `_GROWTH` times as large. A segment is rewritten if its
    share of dead profiles exceeds `_DEAD`. Segments without live profiles are dropped.
    """
    compact: list[LiveSegment] = []
    for segment in segments:
        compact.append(_rewritten(segment))
        while len(compact) > 1 and len(compact[-2][0].passages) < _GROWTH * len(compact[-1][0].passages):
            compact[-2:] = [_merged(compact[-2:])]
    return [segment for segment in compact if segment[1].any()]


def _rewritten(segment: LiveSegment) -> LiveSegment:
    _, live = segment
    return _merged([segment]) if live.any() and live.mean() < 1 - _DEAD else segment


def _merged(segments: list[LiveSegment]) -> LiveSegment:
    merged = Segment.join(segments)
    return merged, np.ones(len(merged.profiles), dtype=bool)
