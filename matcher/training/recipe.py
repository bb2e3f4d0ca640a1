"""The recipe: everything that training needs except what it learns from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from matcher.embedding import CachedEncoder, SentenceEncoder, VectorTable
from matcher.records import Profile
from matcher.training.tuning import EPOCHS, RUNS

# Called with a step's description. Returns a function to call with the number of units done since the last call.
StartProgress = Callable[[str], Callable[[int], None]]


@dataclass(frozen=True)
class Recipe:
    """Everything that training needs except the awards and judgements.

    `encoder` is the stock encoder's folder, `vectors` caches vectors, and `register` contains profiles that have their
    own texts. Tuning consists of `runs` runs. Each run goes through the pairs `epochs` times, and the weights from all
    runs are averaged.
    """

    encoder: Path
    vectors: VectorTable
    register: Sequence[Profile]
    start_progress: StartProgress
    epochs: int = EPOCHS
    runs: int = RUNS

    def encoder_with(self, weights: Path | None) -> CachedEncoder:
        """Return the encoder with the tuned weights in the file `weights`, or as packaged if it is None."""
        return CachedEncoder(SentenceEncoder(self.encoder, "cpu", weights), self.vectors)
