"""Learning: tune the encoder and fit the scoring model on one set of awards."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from matcher.embedding import WEIGHTS_FILE
from matcher.foundations.arrays import Floats
from matcher.scoring import PROFILE_SIGNALS, AdditiveModel, Curve
from matcher.sources.awards import Award
from matcher.texts.passages import query_of
from matcher.training.examples import examples_of, suppliers_of
from matcher.training.fitting import WeightedExamples, fit_parameters
from matcher.training.history import won_by_register, won_by_returning_suppliers
from matcher.training.pairs import TextPair, pairs_of
from matcher.training.parameters import ParameterLayout
from matcher.training.recipe import Recipe
from matcher.training.tuning import average_weights, tune_encoder

# The scoring model is fitted on the latest awards, up to this share of all awards, because recent winners are more
# likely to have past work.
FITTED_SHARE: Final = 0.6
SEED: Final = 1


@dataclass(frozen=True)
class LearnedModel:
    """The result of learning from one set of awards.

    `weights` is the file that holds the encoder weights, `unknown` is the value to use for an unknown capacity, and
    `pairs` counts the text pairs by kind.
    """

    weights: Path
    parameters: Floats
    unknown: float
    pairs: dict[str, int]
    steps: int
    fitted_needs: int
    register_needs: int

    def scoring_model(self, name: str, version: str, log_odds: Curve) -> AdditiveModel:
        """Return the scoring model, calibrated by `log_odds`."""
        return ParameterLayout.standard().model(
            self.parameters, name=name, version=version, unknown=self.unknown, log_odds=log_odds
        )


def learn(awards: Sequence[Award], recipe: Recipe, out: Path) -> LearnedModel:
    """Tune the encoder and fit the scoring model on dated `awards`, oldest first. Write the encoder weights to `out`.

    Raises:
        InvalidInput: no award has a winner with earlier work.

    """
    encoder = recipe.stock_encoder()
    vectors = encoder.encode([query_of(award.need) for award in awards], recipe.start_progress("Encoding notices"))
    pairs = pairs_of(awards, vectors, recipe.register, random.Random(SEED))
    weights, steps = _tune(pairs, recipe, out)
    past_needs = won_by_returning_suppliers(awards, round(len(awards) * (1 - FITTED_SHARE)))
    progress = recipe.start_progress("Comparing past needs")
    won = examples_of(suppliers_of(awards), past_needs, encoder, dated=True, progress=progress)
    register_needs = won_by_register(awards, recipe.register)
    parts = []
    unknown = 0.0
    if register_needs:
        progress = recipe.start_progress("Comparing register texts")
        register = examples_of(recipe.register, register_needs, encoder, dated=False, progress=progress)
        capacity = register.profiles[:, [s.name for s in PROFILE_SIGNALS].index("capacity")]
        unknown = float(np.nanmedian(capacity)) if np.isfinite(capacity).any() else 0.0
        parts.append(WeightedExamples.of(register, 1.0, unknown))
    parts.insert(0, WeightedExamples.of(won, 1.0, unknown))
    parameters = fit_parameters(parts, ParameterLayout.standard(), recipe.start_progress("Fitting the weights"))
    kinds = dict(Counter(pair.kind for pair in pairs))
    return LearnedModel(weights, parameters, unknown, kinds, steps, len(won), len(register_needs))


def _tune(pairs: Sequence[TextPair], recipe: Recipe, out: Path) -> tuple[Path, int]:
    """Tune the encoder in `recipe.runs` runs and average their weights. Return the file and the total number of steps.

    A run that is complete in `out` and used the same pairs is not repeated.
    """
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
    return out / WEIGHTS_FILE, steps
