"""What the product's own searches reach by themselves: words alone, meaning alone, and their plain sum.

These need no extra package: whoever wires the product hands in its lexical and its dense index, each as a
function from a register to a `ProfileScorer`.
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
    """Return three contenders: the two searches, and their sum; what each needs is built once and shared.

    `lexical` and `dense` are called with the register when a baseline is built; their scorers return the
    score of each profile's best passage, higher better, for every profile.
    """
    lexical, dense = _once(lexical), _once(dense)
    return (
        text_system(names[0], lexical),
        text_system(names[1], dense),
        text_system("+".join(names), lambda profiles: ZScoreSum((lexical(profiles), dense(profiles)))),
    )


def _once(build: BuildScorer) -> BuildScorer:
    """Return `build` so that it works once for a register: asked again about the same one, it gives the same."""
    built: list[tuple[Sequence[Profile], ProfileScorer]] = []

    def build_once(profiles: Sequence[Profile]) -> ProfileScorer:
        if not built or built[-1][0] is not profiles:
            built[:] = [(profiles, build(profiles))]
        return built[-1][1]

    return build_once
