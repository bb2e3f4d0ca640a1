"""Training: the whole recipe, from award history to a model folder that can be evaluated and promoted.

Everything is done twice. In the rehearsal only the earlier part of the history is learned from; the later
part, unseen, gives the calibration and honest figures. Then the same recipe learns from all of it.

The weights of the ranking are fitted on the stock encoder and then used with the tuned one: what the tuned
encoder has learned of the very same awards cannot make its similarities look better than they are.
"""

from __future__ import annotations

import hashlib
import json
import random
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from matcher.embedding import WEIGHTS_FILE, CachedEncoder, SentenceEncoder, VectorTable
from matcher.evaluation.measures.calibration import expected_calibration_error, reliability
from matcher.foundations.errors import InvalidInput
from matcher.records import Need, Profile
from matcher.scoring.model import AdditiveModel, Curve
from matcher.scoring.signals import PROFILE_SIGNALS
from matcher.sources.awards import Award
from matcher.texts.passages import query_of
from matcher.training.calibration import fit_log_odds, is_comparable
from matcher.training.examples import Examples, examples_of, suppliers_of
from matcher.training.fitting import WeightedExamples, fit_parameters, scores
from matcher.training.pairs import TextPair, name_key, pairs_of
from matcher.training.parameters import ParameterLayout
from matcher.training.tuning import EPOCHS, RUNS, average_weights, tune_encoder

MANIFEST_FILE: Final = "manifest.json"
# The needs that the ranking is fitted on: the latest of the history, so that there is a past to see.
FITTED_SHARE: Final = 0.6
# The rehearsal holds back the latest days of the history, but no more than this share of its awards.
HELD_BACK: Final = timedelta(days=150)
MOST_HELD_BACK: Final = 0.5
# Scores of one run are spread much as those of the mean of several: enough to learn the calibration from.
REHEARSED_RUNS: Final = 1
SEED: Final = 1
LEAST_AWARDS: Final = 200

Tell = Callable[[str], Callable[[int], None]]
Judged = tuple[Need, frozenset[str]]


@dataclass
class ModelManifest:
    """What a model was made from, and how well the same recipe did on the awards it was not shown."""

    name: str
    version: str
    history: str
    awards: int
    first: str
    last: str
    pairs: dict[str, int]
    runs: int
    steps: int
    fitted_needs: int
    register_needs: int
    seed: int = SEED
    held_back: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """What training needs besides the awards: the stock encoder's folder, where vectors are kept, a register of
    profiles with texts of their own, where to tell of progress, how often to go through the pairs, and in how many
    runs, of whose weights the mean is used.
    """

    encoder: Path
    vectors: VectorTable
    register: Sequence[Profile]
    tell: Tell
    epochs: int = EPOCHS
    runs: int = RUNS

    def stock(self) -> CachedEncoder:
        """The encoder as it is packaged."""
        return CachedEncoder(SentenceEncoder(self.encoder, "cpu"), self.vectors)

    def with_weights(self, weights: Path) -> CachedEncoder:
        """The encoder with tuned weights."""
        return CachedEncoder(SentenceEncoder(self.encoder, "cpu", weights), self.vectors)


def train(awards: Iterable[Award], recipe: Recipe, out: Path, *, name: str, version: str) -> ModelManifest:
    """Train on `awards` and write a model folder: the encoder's weights, the ranking model, the manifest.

    A step whose result stands in `out` from an interrupted run on the same awards is not done again.

    Raises:
        InvalidInput: there are too few dated awards, or too few winners won before, to learn from.

    """
    dated = sorted((a for a in awards if a.need.published), key=lambda a: (str(a.need.published), a.need.id))
    if len(dated) < LEAST_AWARDS:
        raise InvalidInput(
            f"there are {len(dated)} dated awards, and {LEAST_AWARDS} are needed", remedy="Give a longer history"
        )
    latest = _latest(dated)
    early, held = dated[:latest], dated[latest:]
    rehearsal = _learned(early, replace(recipe, runs=REHEARSED_RUNS), out / "rehearsal")
    scored, examples = _scored(rehearsal, dated, latest, recipe)
    log_odds, figures = _judged(scored, examples)
    final = _learned(dated, recipe, out)
    model = final.model(name, version, log_odds)
    model.save(out)
    manifest = ModelManifest(
        name=name,
        version=version,
        history=_digest(dated),
        awards=len(dated),
        first=str(dated[0].need.published),
        last=str(dated[-1].need.published),
        pairs=final.pairs,
        runs=recipe.runs,
        steps=final.steps,
        fitted_needs=final.fitted_needs,
        register_needs=final.register_needs,
        held_back=figures | {"needs": len(examples), "from": str(held[0].need.published)},
    )
    (out / MANIFEST_FILE).write_text(json.dumps(asdict(manifest), indent=1) + "\n", encoding="utf-8")
    return manifest


def _latest(dated: Sequence[Award]) -> int:
    """Return the place from which on awards are held back."""
    days = [award.need.published for award in dated if award.need.published]
    return max(bisect_left(days, days[-1] - HELD_BACK), round(len(days) * (1 - MOST_HELD_BACK)))


@dataclass(frozen=True)
class _Learned:
    weights: Path
    parameters: np.ndarray[tuple[int], np.dtype[np.float64]]
    unknown: float
    pairs: dict[str, int]
    steps: int
    fitted_needs: int
    register_needs: int

    def model(self, name: str, version: str, log_odds: Curve) -> AdditiveModel:
        return ParameterLayout.standard().model(
            self.parameters, name=name, version=version, unknown=self.unknown, log_odds=log_odds
        )


def _learned(awards: Sequence[Award], recipe: Recipe, out: Path) -> _Learned:
    """Tune the encoder and fit the ranking on `awards`."""
    stock = recipe.stock()
    deal = random.Random(SEED)
    vectors = stock.encode([query_of(award.need) for award in awards], recipe.tell("Encoding notices"))
    pairs = pairs_of(awards, vectors, recipe.register, deal)
    kinds: dict[str, int] = defaultdict(int)
    for pair in pairs:
        kinds[pair.kind] += 1
    weights, steps = _tuned(pairs, recipe, out)
    start = round(len(awards) * (1 - FITTED_SHARE))
    won = examples_of(
        suppliers_of(awards), _returning(awards, start), stock, dated=True, progress=recipe.tell("Past needs")
    )
    named = _named_in(awards, recipe.register)
    parts = []
    unknown = 0.0
    if named:
        register = examples_of(recipe.register, named, stock, dated=False, progress=recipe.tell("Register texts"))
        capacity = register.profiles[:, [s.name for s in PROFILE_SIGNALS].index("capacity")]
        unknown = float(np.nanmedian(capacity)) if np.isfinite(capacity).any() else 0.0
        parts.append(WeightedExamples.of(register, 1.0, unknown))
    parts.insert(0, WeightedExamples.of(won, 1.0, unknown))
    parameters = fit_parameters(parts, ParameterLayout.standard(), recipe.tell("Fitting"))
    return _Learned(weights, parameters, unknown, dict(kinds), steps, len(won), len(named))


def _tuned(pairs: Sequence[TextPair], recipe: Recipe, out: Path) -> tuple[Path, int]:
    """Tune the encoder in as many runs as the recipe has, but those done already; return the mean, and all steps."""
    digest = hashlib.sha256("\n".join(f"{p.left}\t{p.right}" for p in pairs).encode()).hexdigest()
    runs, steps = [], 0
    for seed in range(SEED, SEED + recipe.runs):
        run, stamp = out / f"run-{seed}.safetensors", out / f"run-{seed}.stamp"
        if not (run.exists() and stamp.exists() and stamp.read_text().split()[0] == digest):
            done = tune_encoder(
                recipe.encoder, pairs, run, recipe.tell("Tuning the encoder"), epochs=recipe.epochs, seed=seed
            )
            stamp.write_text(f"{digest} {done}\n")
        runs.append(run)
        steps += int(stamp.read_text().split()[1])
    average_weights(runs, out / WEIGHTS_FILE)
    return out / WEIGHTS_FILE, steps


def _returning(awards: Sequence[Award], start: int) -> list[Judged]:
    """Return the needs from place `start` on that somebody won who had won before, with all their winners."""
    seen = {winner.id for award in awards[:start] for winner in award.winners}
    found = []
    for award in awards[start:]:
        winners = frozenset(winner.id for winner in award.winners)
        if winners & seen:
            found.append((award.need, winners))
        seen |= winners
    return found


def _named_in(awards: Iterable[Award], register: Iterable[Profile]) -> list[Judged]:
    """Return the needs that were won by somebody whose name stands in the register, with the ids there."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for profile in register:
        by_name[name_key(profile.name)].append(profile.id)
    found = []
    for award in awards:
        ids = frozenset(id for winner in award.winners for id in by_name.get(name_key(winner.name), ()))
        if ids:
            found.append((award.need, ids))
    return found


def _scored(
    learned: _Learned, awards: Sequence[Award], latest: int, recipe: Recipe
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], Examples]:
    """Score the needs held back, with the tuned encoder, against everybody who had won before."""
    encoder = recipe.with_weights(learned.weights)
    examples = examples_of(
        suppliers_of(awards), _returning(awards, latest), encoder, dated=True, progress=recipe.tell("Needs held back")
    )
    return scores(
        WeightedExamples.of(examples, 1.0, learned.unknown), ParameterLayout.standard(), learned.parameters
    ), examples


def _judged(scored: np.ndarray[tuple[int], np.dtype[np.float64]], examples: Examples) -> tuple[Curve, dict[str, Any]]:
    """Return the calibration, fitted on one half of the needs held back, and figures of the other half."""
    odd = examples.need % 2 == 1
    near = is_comparable(scored, examples.need, examples.starts)
    fit, test = near & ~odd, near & odd
    if len(np.unique(examples.won[fit])) < 2 or not test.any():
        raise InvalidInput("the latest awards do not tell who wins from who does not", remedy="Give a longer history")
    curve = fit_log_odds(scored[fit], examples.won[fit])
    probabilities = 1.0 / (1.0 + np.exp(-curve(scored[test])))
    ends = [*examples.starts[1:], len(scored)]
    ranks = []
    for start, end in zip(examples.starts, ends, strict=True):
        winner = scored[start:end][examples.won[start:end]].max()
        ranks.append(1 + int((scored[start:end] > winner).sum()))
    figures = {
        "hit@10": float(np.mean([rank <= 10 for rank in ranks])),
        "mrr": float(np.mean([1 / rank for rank in ranks])),
        "expected_calibration_error": expected_calibration_error(probabilities, examples.won[test]),
        "reliability": reliability(probabilities, examples.won[test]),
    }
    return fit_log_odds(scored[near], examples.won[near]), figures


def _digest(awards: Iterable[Award]) -> str:
    digest = hashlib.sha256()
    for award in awards:
        digest.update(award.need.model_dump_json().encode())
        digest.update(" ".join(sorted(winner.id for winner in award.winners)).encode())
    return digest.hexdigest()


def read_before(awards: Iterable[Award], before: date | None, left_out: frozenset[str]) -> list[Award]:
    """Return the awards published before a day and not among the ids left out."""
    return [
        award
        for award in awards
        if award.need.id not in left_out
        and (before is None or award.need.published is None or award.need.published < before)
    ]
