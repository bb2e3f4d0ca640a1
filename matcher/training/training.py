"""Training: from award history to a model folder that can be evaluated and promoted.

Training runs twice. The first run, the rehearsal, learns from the earlier part of the history. The later part, the
holdout, is then used to calibrate the model and to measure its accuracy on data it has not seen. The second run learns
from the whole history.

The scoring model's weights are fitted with the stock encoder and then used with the tuned encoder. The tuned encoder
has learned from the same awards, so during fitting its similarities would look better than they are for new needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from matcher.sources.awards import Award
from matcher.training.history import digest_of, holdout_start, in_date_order
from matcher.training.holdout import calibrate, score_holdout
from matcher.training.learning import SEED, learn
from matcher.training.manifest import ModelManifest
from matcher.training.recipe import Recipe

# The scores from an encoder tuned in one run are spread much like the scores from an encoder averaged over several
# runs, so one run is enough to fit the calibration.
REHEARSAL_RUNS: Final = 1


def train(awards: Iterable[Award], recipe: Recipe, out: Path, *, name: str, version: str) -> ModelManifest:
    """Train on `awards` and write a model folder: encoder weights, scoring model and manifest.

    Steps that an interrupted run on the same awards has completed in `out` are not repeated.

    Raises:
        InvalidInput: there are too few dated awards, or too few winners with earlier work.

    """
    dated = in_date_order(awards)
    start = holdout_start(dated)
    rehearsal = learn(dated[:start], replace(recipe, runs=REHEARSAL_RUNS), out / "rehearsal")
    scored, examples = score_holdout(rehearsal, dated, start, recipe)
    log_odds, figures = calibrate(scored, examples)
    learned = learn(dated, recipe, out)
    learned.scoring_model(name, version, log_odds).save(out)
    manifest = ModelManifest(
        name=name,
        version=version,
        history=digest_of(dated),
        awards=len(dated),
        first=str(dated[0].need.published),
        last=str(dated[-1].need.published),
        pairs=learned.pairs,
        runs=recipe.runs,
        steps=learned.steps,
        fitted_needs=learned.fitted_needs,
        register_needs=learned.register_needs,
        seed=SEED,
        held_back=figures | {"needs": len(examples), "from": str(dated[start].need.published)},
    )
    manifest.save(out)
    return manifest
