"""Randomly generated examples, repeatable with the same seed."""

from __future__ import annotations

import numpy as np

from matcher.foundations.arrays import Floats
from matcher.scoring import FAMILIES, PIECE_SIGNALS, PROFILE_SIGNALS
from matcher.training.examples import Examples
from matcher.training.fitting import WeightedExamples, scores
from matcher.training.parameters import ParameterLayout

LAYOUT = ParameterLayout.standard()


def sample_examples(needs: int, candidates: int, seed: int = 0, *, pieces: int = 3) -> Examples:
    """Return examples with random signals in range and 1 to `pieces` pieces per candidate. The first candidate wins."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, pieces + 1, needs * candidates)
    low, high = np.array([(max(s.low, -1), min(s.high, 1)) for s in PIECE_SIGNALS]).T
    rows = rng.uniform(low, high, (counts.sum(), len(PIECE_SIGNALS)))
    profile_low, profile_high = np.array([(max(s.low, -2), min(s.high, 2)) for s in PROFILE_SIGNALS]).T
    won = np.zeros((needs, candidates), dtype=bool)
    won[:, 0] = True
    return Examples(
        # Multiples of 1/256 are exact in single precision.
        pieces=(np.round(rows * 256) / 256).astype(np.float32),
        family=rng.integers(0, len(FAMILIES), counts.sum()).astype(np.int8),
        candidate=np.repeat(np.arange(len(counts)), counts),
        piece_starts=np.cumsum(counts) - counts,
        profiles=rng.uniform(profile_low, profile_high, (len(counts), len(PROFILE_SIGNALS))),
        won=won.ravel(),
        need=np.repeat(np.arange(needs), candidates),
        starts=np.arange(needs) * candidates,
    )


def won_by(examples: Examples, parameters: Floats, seed: int = 0) -> Examples:
    """Return the examples with one random winner per need, drawn with the probabilities that `parameters` give."""
    rng = np.random.default_rng(seed)
    level = scores(WeightedExamples.of(examples, 1.0, 0.0), LAYOUT, parameters)
    noisy = level + rng.gumbel(size=len(level))  # the highest candidate is then drawn with those probabilities
    won = np.zeros(len(level), dtype=bool)
    for start, end in zip(examples.starts, [*examples.starts[1:], len(level)], strict=True):
        won[start + int(np.argmax(noisy[start:end]))] = True
    return Examples(**{**vars(examples), "won": won})
