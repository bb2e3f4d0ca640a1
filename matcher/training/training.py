"""Training: from past awards and judged needs to a model folder that can be evaluated and promoted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from matcher.embedding import WEIGHTS_FILE
from matcher.foundations import atomic_files
from matcher.reading import CrossEncoder, Reader
from matcher.scoring import AdditiveModel
from matcher.sources.awards import Award
from matcher.training.encoder import train_encoder
from matcher.training.judged_needs import JudgedNeed
from matcher.training.manifest import ModelManifest
from matcher.training.ranking import train_ranking, tuned_reader
from matcher.training.reading import ReadingLesson
from matcher.training.recipe import Recipe

# The folder of the reader inside the folder of a model.
READER_FOLDER: Final = "reader"


@dataclass(frozen=True)
class Lessons:
    """What to learn from. An empty sequence leaves that part of the model as it is.

    Attributes:
        awards: past awards, which tune the encoder.
        judged: judged needs, which teach the weights.
        calibration: judged needs that the weights do not learn from, on which the probability is calibrated.
        reader: the folder of a cross-encoder to tune on `judged`, or None to keep the reader in use.

    """

    awards: Sequence[Award] = ()
    judged: Sequence[JudgedNeed] = ()
    calibration: Sequence[JudgedNeed] = ()
    reader: Path | None = None


@dataclass(frozen=True)
class CurrentModel:
    """The model in use: the scoring model's folder, and the encoder's weights and the reader, if there are any."""

    weights: Path | None
    ranking: Path
    reader: Path | None = None


def train(
    lessons: Lessons, current: CurrentModel, recipe: Recipe, out: Path, *, name: str, version: str
) -> ModelManifest:
    """Write a model folder: encoder weights, scoring model and manifest.

    A part without lessons is taken from the model in use. Tuning runs that an interrupted run on the same awards has
    completed in `out` are not repeated.

    Raises:
        InvalidInput: there are too few dated awards, or the judgements do not show who suits.

    """
    encoder = train_encoder(lessons.awards, recipe, out) if lessons.awards else None
    out.mkdir(parents=True, exist_ok=True)
    if encoder is None and current.weights is not None:
        atomic_files.write(out / WEIGHTS_FILE, current.weights.read_bytes())
    weights = out / WEIGHTS_FILE if encoder or current.weights else None
    if lessons.judged:
        model, ranking = train_ranking(
            lessons.judged, lessons.calibration, recipe, weights, _reader(lessons, current, recipe, out),
            name=name, version=version,
        )  # fmt: skip
    else:
        model, ranking = replace(AdditiveModel.load(current.ranking), name=name, version=version), None
    model.save(out)
    manifest = ModelManifest(name, version, encoder, ranking)
    manifest.save(out)
    return manifest


def _reader(
    lessons: Lessons, current: CurrentModel, recipe: Recipe, out: Path
) -> Callable[[Sequence[ReadingLesson]], Reader | None]:
    if lessons.reader is not None:
        return tuned_reader(lessons.reader, out / READER_FOLDER, recipe)
    return lambda _: CrossEncoder(current.reader) if current.reader else None
