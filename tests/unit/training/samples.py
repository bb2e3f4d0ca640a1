"""Randomly generated examples, repeatable with the same seed."""

from __future__ import annotations

import numpy as np

from matcher.foundations.arrays import Floats
from matcher.scoring import FAMILIES, PIECE_SIGNALS, PROFILE_SIGNALS
from matcher.training.examples import Examples
from matcher.training.fitting import _pooled
from matcher.training.parameters import ParameterLayout, profile_terms

LAYOUT = ParameterLayout.standard()


def sample_examples(needs: int, candidates: int, seed: int = 0, *, pieces: int = 3) -> Examples:
    """Return examples with random signals in range, 1 to `pieces` pieces per candidate and random grades.

    The first candidate of each need has grade 3 and the last has grade 0.
    """
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, pieces + 1, needs * candidates)
    low, high = np.array([(max(s.low, -1), min(s.high, 1)) for s in PIECE_SIGNALS]).T
    rows = rng.uniform(low, high, (counts.sum(), len(PIECE_SIGNALS)))
    profile_low, profile_high = np.array([(max(s.low, -2), min(s.high, 2)) for s in PROFILE_SIGNALS]).T
    grades = rng.integers(0, 4, (needs, candidates))
    grades[:, 0], grades[:, -1] = 3, 0
    return Examples(
        # Multiples of 1/256 are exact in single precision.
        pieces=(np.round(rows * 256) / 256).astype(np.float32),
        family=rng.integers(0, len(FAMILIES), counts.sum()).astype(np.int8),
        candidate=np.repeat(np.arange(len(counts)), counts),
        piece_starts=np.cumsum(counts) - counts,
        profiles=rng.uniform(profile_low, profile_high, (len(counts), len(PROFILE_SIGNALS))),
        grades=grades.ravel(),
        need=np.repeat(np.arange(needs), candidates),
        starts=np.arange(needs) * candidates,
    )


def scores(examples: Examples, parameters: Floats) -> Floats:
    """Return the scores that fitting works with, shape (candidates,)."""
    return _pooled(examples, profile_terms(examples.profiles), LAYOUT, parameters)[0]


def graded_by(examples: Examples, parameters: Floats, seed: int = 0) -> Examples:
    """Return the examples with grades 0 and 1, drawn so that a better score is likelier to be graded 1."""
    rng = np.random.default_rng(seed)
    level = scores(examples, parameters) + rng.logistic(size=len(examples.grades)) * 0.1
    medians = np.array([np.median(values) for values, _ in examples.by_need(level)])
    return Examples(**{**vars(examples), "grades": (level > medians[examples.need]).astype(np.int64)})
