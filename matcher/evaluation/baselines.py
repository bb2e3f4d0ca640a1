"""Baselines: lexical search alone, dense search alone, and the sum of their z-scores.

The caller passes in both searches, each as a function that builds a `ProfileScorer` over a register.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matcher.evaluation.fusion import ZScoreSum
from matcher.evaluation.ranker import ProfileScorer, System, text_system
from matcher.records import Profile

BuildScorer = Callable[[Sequence[Profile]], ProfileScorer]


def baselines(
    lexical: BuildScorer, dense: BuildScorer, names: tuple[str, str] = ("bm25", "minilm")
) -> tuple[System, ...]:
    """Return three systems: `lexical`, `dense` and the sum of their z-scores. The sum reuses both scorers.

    Each scorer must score every profile by its best passage, where a higher score is better.
    """
    lexical, dense = _once(lexical), _once(dense)
    return (
        text_system(names[0], lexical),
        text_system(names[1], dense),
        text_system("+".join(names), lambda profiles: ZScoreSum((lexical(profiles), dense(profiles)))),
    )


def _once(build: BuildScorer) -> BuildScorer:
    """Wrap `build` so that a repeated call with the same register returns the same scorer."""
    cached: list[tuple[Sequence[Profile], ProfileScorer]] = []

    def build_once(profiles: Sequence[Profile]) -> ProfileScorer:
        if not cached or cached[-1][0] is not profiles:
            cached[:] = [(profiles, build(profiles))]
        return cached[-1][1]

    return build_once
