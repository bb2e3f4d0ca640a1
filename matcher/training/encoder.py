"""The encoder's training: from past awards to the mean weights of several tuning runs."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from matcher.embedding import WEIGHTS_FILE
from matcher.sources.awards import Award
from matcher.texts.passages import query_of
from matcher.training.history import digest_of, in_date_order
from matcher.training.manifest import EncoderLessons
from matcher.training.pairs import TextPair, pairs_of
from matcher.training.recipe import Recipe
from matcher.training.tuning import average_weights, tune_encoder

SEED: Final = 1


def train_encoder(awards: Iterable[Award], recipe: Recipe, out: Path) -> EncoderLessons:
    """Tune the packaged encoder on `awards`, and write its weights to the folder `out`.

    Tuning runs that an interrupted run on the same awards has completed in `out` are not repeated.

    Raises:
        InvalidInput: there are too few dated awards.

    """
    dated = in_date_order(awards)
    needs = [query_of(award.need) for award in dated]
    vectors = recipe.encoder_with(None).encode(needs, recipe.start_progress("Encoding notices"))
    pairs = pairs_of(dated, vectors, recipe.register, random.Random(SEED))
    return EncoderLessons(
        history=digest_of(dated),
        awards=len(dated),
        first=str(dated[0].need.published),
        last=str(dated[-1].need.published),
        pairs=dict(Counter(pair.kind for pair in pairs)),
        runs=recipe.runs,
        steps=_tune(pairs, recipe, out),
        seed=SEED,
    )


def _tune(pairs: Sequence[TextPair], recipe: Recipe, out: Path) -> int:
    """Tune the encoder in `recipe.runs` runs, average their weights, and return the total number of steps."""
    digest = hashlib.sha256("\n".join(f"{p.left}\t{p.right}" for p in pairs).encode()).hexdigest()
    runs, steps = [], 0
    for seed in range(SEED, SEED + recipe.runs):
        run, stamp = out / f"run-{seed}.safetensors", out / f"run-{seed}.stamp"
        if not (run.exists() and stamp.exists() and stamp.read_text().split()[0] == digest):
            progress = recipe.start_progress("Tuning the encoder")
            run_steps = tune_encoder(recipe.encoder, pairs, run, progress, epochs=recipe.epochs, seed=seed)
            stamp.write_text(f"{digest} {run_steps}\n")
        runs.append(run)
        steps += int(stamp.read_text().split()[1])
    average_weights(runs, out / WEIGHTS_FILE)
    return steps
