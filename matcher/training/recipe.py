"""The recipe: everything that training needs except the awards."""

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
    """Everything that training needs except the awards.

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

    def stock_encoder(self) -> CachedEncoder:
        """Return the encoder as packaged."""
        return CachedEncoder(SentenceEncoder(self.encoder, "cpu"), self.vectors)

    def tuned_encoder(self, weights: Path) -> CachedEncoder:
        """Return the encoder with the tuned weights in the file `weights`."""
        return CachedEncoder(SentenceEncoder(self.encoder, "cpu", weights), self.vectors)
