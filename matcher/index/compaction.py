"""Compaction: what keeps the segments of an index few, and free of the dead.

A segment is joined to the one before it once that is less than a few times as large, so their number grows with
the logarithm of the register, and an update copies little.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from matcher.foundations.arrays import Mask
from matcher.index.segment import Segment

# A segment and which of its profiles are alive.
Part = tuple[Segment, Mask]

# How many times as large as its successor a segment must be to stand by itself.
_GROWTH: Final = 4
# A segment is written anew once this share of its profiles is dead.
_DEAD: Final = 0.25


def compacted(parts: list[Part]) -> list[Part]:
    """Join what has grown small against its successor, and write anew what is largely dead."""
    kept: list[Part] = []
    for part in parts:
        kept.append(_rewritten(part))
        while len(kept) > 1 and len(kept[-2][0].passages) < _GROWTH * len(kept[-1][0].passages):
            kept[-2:] = [_joined(kept[-2:])]
    return [part for part in kept if part[1].any()]


def _rewritten(part: Part) -> Part:
    _, alive = part
    return _joined([part]) if alive.any() and alive.mean() < 1 - _DEAD else part


def _joined(parts: list[Part]) -> Part:
    segment = Segment.join(parts)
    return segment, np.ones(len(segment.profiles), dtype=bool)
