"""The training of the scoring model and of the reader: from judged needs to weights and a calibrated probability."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from matcher.embedding import CachedEncoder
from matcher.foundations.arrays import Floats
from matcher.foundations.settings import Settings
from matcher.index import Eligible, Index, query_for
from matcher.reading import CrossEncoder, Reader
from matcher.records import Profile
from matcher.scoring import AdditiveModel
from matcher.scoring.curves import FLAT
from matcher.scoring.profile_signals import READING
from matcher.search.ranking import Ranking, ranking_of
from matcher.search.second_reading import texts_to_read
from matcher.texts.passages import query_of
from matcher.training.calibration import calibrate
from matcher.training.examples import Examples, day_of, examples_of, index_of
from matcher.training.fitting import fit_parameters, fit_reading
from matcher.training.judged_needs import JudgedNeed, digest_of_judgements
from matcher.training.manifest import JudgementCounts, RankingLessons
from matcher.training.parameters import ParameterLayout
from matcher.training.reading import ReadingLesson, tune_reader
from matcher.training.recipe import Recipe


@dataclass(frozen=True)
class _Register:
    """The profiles to learn from, indexed. `on` is the day on which undated needs are taken to be published."""

    profiles: Sequence[Profile]
    index: Index
    encoder: CachedEncoder
    on: date

    def rankings(self, judged: Sequence[JudgedNeed], model: AdditiveModel) -> Iterator[tuple[JudgedNeed, Ranking]]:
        """Yield each need that has judged profiles here, with the ranking of those profiles."""
        for each in judged:
            mask = np.isin(self.index.profiles.id, list(each.grades))
            if mask.any():
                query = query_for(each.need, self.encoder, each.need.published or self.on)
                eligible = Eligible(mask, len(mask), {})
                yield each, ranking_of(self.index, query, eligible, model, depth=len(self.index.passages))

    def texts(self, ranking: Ranking) -> list[str]:
        """Return the text to read of each candidate, in the order of the candidates."""
        rows = ranking.candidates.profiles
        profiles = [self.profiles[sequence - 1] for sequence in self.index.profiles.sequence[rows].tolist()]
        return texts_to_read(ranking, np.arange(len(rows)), profiles)


def train_ranking(
    judged: Sequence[JudgedNeed],
    calibration: Sequence[JudgedNeed],
    recipe: Recipe,
    weights: Path | None,
    reader: Callable[[Sequence[ReadingLesson]], Reader | None],
    *,
    name: str,
    version: str,
) -> tuple[AdditiveModel, RankingLessons]:
    """Fit the weights on `judged`, and calibrate the probability on `calibration`, which the weights have not seen.

    Args:
        judged: the needs to fit the weights on.
        calibration: other needs, whose judged pairs are typical of the pairs that users will see. They also say how
            much a second reading counts.
        recipe: the register with the judged profiles, and the vectors.
        weights: the encoder's tuned weights, or None for the packaged encoder.
        reader: returns the reader for the second reading, or None. It may tune the reader on the lessons it is given.
        name: the name of the model.
        version: the version of the model.

    Raises:
        InvalidInput: no judged profile is in the register, or the calibration needs do not show who suits.

    """
    encoder = recipe.encoder_with(weights)
    index = index_of(recipe.register, encoder, recipe.start_progress("Encoding the register"))
    register = _Register(recipe.register, index, encoder, day_of(recipe.register))
    fitted = examples_of(index, judged, encoder, register.on, recipe.start_progress("Comparing judged needs"))
    held_back = examples_of(
        index, calibration, encoder, register.on, recipe.start_progress("Comparing held-back needs")
    )
    layout = ParameterLayout.standard()
    parameters = fit_parameters(fitted, layout, recipe.start_progress("Fitting the weights"))
    model = layout.model(parameters, name=name, version=version, log_odds=FLAT)
    scores = scores_of(model, held_back)
    log_odds, figures = calibrate(scores, held_back)
    model = replace(model, log_odds=log_odds)
    read_figures = None
    if (chosen := reader(_lessons(register, judged, model))) is not None:
        readings = _readings(register, calibration, model, chosen, recipe.start_progress("Reading held-back needs"))
        curve = fit_reading(scores, readings, held_back)
        read_log_odds, read_figures = calibrate(scores + curve(readings), held_back)
        model = replace(model, curves={**model.curves, READING: curve}, read_log_odds=read_log_odds)
    return model, RankingLessons(_counts(judged, fitted), _counts(calibration, held_back), figures, read_figures)


def scores_of(model: AdditiveModel, examples: Examples) -> Floats:
    """Return the score that `model` gives to each candidate, shape (candidates,)."""
    pieces = examples.pieces.astype(np.float64)
    return model.pooled(pieces, examples.profiles, examples.family, examples.piece_starts).scores


def tuned_reader(folder: Path, out: Path, recipe: Recipe) -> Callable[[Sequence[ReadingLesson]], Reader]:
    """Return a function that tunes the cross-encoder in `folder` on lessons, and writes it to the folder `out`."""

    def tune(lessons: Sequence[ReadingLesson]) -> Reader:
        tune_reader(folder, lessons, out, recipe.start_progress("Tuning the reader"))
        return CrossEncoder(out)

    return tune


def _lessons(register: _Register, judged: Sequence[JudgedNeed], model: AdditiveModel) -> list[ReadingLesson]:
    return [
        ReadingLesson(
            query_of(each.need),
            register.texts(ranking),
            np.array([each.grades[id] for id in register.index.profiles.id[ranking.candidates.profiles].tolist()]),
        )
        for each, ranking in register.rankings(judged, model)
    ]


def _readings(
    register: _Register,
    judged: Sequence[JudgedNeed],
    model: AdditiveModel,
    reader: Reader,
    progress: Callable[[int], None],
) -> Floats:
    """Return the second reading of each need's first candidates, NaN for the others, shape (candidates,)."""
    count = Settings.model_fields["second_reading"].default
    parts = []
    for each, ranking in register.rankings(judged, model):
        readings, first = np.full(len(ranking.candidates), np.nan), ranking.order[:count]
        texts = register.texts(ranking)
        readings[first] = reader.read(query_of(each.need), [texts[i] for i in first])
        parts.append(readings)
        progress(1)
    return np.concatenate(parts)


def _counts(judged: Sequence[JudgedNeed], examples: Examples) -> JudgementCounts:
    return JudgementCounts(digest_of_judgements(judged), len(examples), len(examples.grades))
