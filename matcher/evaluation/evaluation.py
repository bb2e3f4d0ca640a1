"""Run rankers over a trial and sum up how well they did."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.evaluation.evaluation_set import EvaluationSet
from matcher.evaluation.judgements import Judgements
from matcher.evaluation.measures.bootstrap import ratios
from matcher.evaluation.measures.calibration import CalibrationPairs
from matcher.evaluation.measures.fairness import WinnerRanks
from matcher.evaluation.measures.metrics import METRICS, measure
from matcher.evaluation.measures.slices import UNKNOWN, Slicer
from matcher.evaluation.ranker import RankedProfiles, Ranker, System
from matcher.evaluation.report import Comparison, MetricFigures, Report
from matcher.foundations.arrays import Floats
from matcher.foundations.errors import MatcherError
from matcher.records import Need, Profile

# Wraps the needs of one run to show how far it is; the text is the name of the ranker.
Progress = Callable[[Sequence[Need], str], Iterable[Need]]


@dataclass(frozen=True)
class _Run:
    """Values of one ranker, shape (needs, metrics), and its times in seconds."""

    values: Floats
    seconds_to_build: float
    seconds_per_need: float


def evaluate(
    product: System,
    profiles: Sequence[Profile],
    needs: Sequence[Need],
    judgements: Judgements,
    *,
    health: Mapping[str, bool] | None = None,
    baselines: Sequence[System] = (),
    compared: Sequence[System] = (),
    progress: Progress = lambda needs, _: needs,
) -> Report:
    """Return how well `product` ranks `profiles` for `needs`, beside any baselines and others compared.

    Args:
        health: the known flags of `read_health_flags`; other needs are judged by their CPV codes.
        progress: wraps the needs of each ranker's run, such as `rich.progress.track`.

    Raises:
        InvalidInput: an id is given twice, or no need has a relevant profile in the register.
        Unavailable: a contender needs a package that is not installed.
        MatcherError: two of those to compare with have one name.

    """
    if twice := [name for name, times in Counter(other.name for other in (*baselines, *compared)).items() if times > 1]:
        raise MatcherError(f"{twice[0]} is the name of two rankers to compare with")
    trial = EvaluationSet.of(profiles, needs, judgements)
    seen = _Seen(trial, _Slices(Slicer.of(profiles, health or {})), CalibrationPairs(), WinnerRanks.of(profiles))
    ours = _run(product, trial, progress, seen.add)
    return Report(
        figures=MetricFigures.of(ours.values),
        ignored=trial.ignored,
        slices=seen.slices.figures(),
        calibration=seen.calibration.to_json() if seen.calibration.won else None,
        fairness=seen.ranks.to_json(),
        baselines={other.name: _compare(ours, _run(other, trial, progress)) for other in baselines},
        compared={other.name: _compare(ours, _run(other, trial, progress)) for other in compared},
    )


class _Slices:
    """Collects the values of one ranker by slice."""

    def __init__(self, slicer: Slicer) -> None:
        self._slicer = slicer
        self._values: dict[str, dict[str, list[Floats]]] = {}

    def add(self, need: Need, scores: Floats, grades: NDArray[np.int64]) -> None:
        """Add the answer to `need` to every slice it is in; both arrays of shape (profiles,)."""
        for slicing, kind, kept in self._slicer.cut(need, grades):
            self._values.setdefault(slicing, {}).setdefault(kind, []).append(measure(scores[kept], grades[kept]))

    def figures(self) -> dict[str, dict[str, MetricFigures]]:
        """Return the figures of each slice; a slicing that knows nothing of any need is left out."""
        return {
            name: {kind: MetricFigures.of(np.stack(values)) for kind, values in sorted(kinds.items())}
            for name, kinds in self._values.items()
            if set(kinds) != {UNKNOWN}
        }


@dataclass(frozen=True)
class _Seen:
    """What is kept of the product's answers besides their figures."""

    trial: EvaluationSet
    slices: _Slices
    calibration: CalibrationPairs
    ranks: WinnerRanks

    def add(self, need: Need, ranking: RankedProfiles, scores: Floats, grades: NDArray[np.int64]) -> None:
        """Take in the answer to `need`; both arrays of shape (profiles,)."""
        self.slices.add(need, scores, grades)
        self.ranks.add(scores, grades)
        if ranking.probabilities is not None and len(ranking.ids):
            won = grades[[self.trial.positions[id] for id in ranking.ids]] > 0
            self.calibration.add(ranking.scores, ranking.probabilities, won)


Watch = Callable[[Need, RankedProfiles, Floats, NDArray[np.int64]], None]


def _run(contender: System, trial: EvaluationSet, progress: Progress, watch: Watch | None = None) -> _Run:
    started = time.perf_counter()
    ranker = contender.build(trial.profiles)
    built = time.perf_counter()
    values, ranking = _values(ranker, trial, progress(trial.needs, contender.name), watch)
    return _Run(values, built - started, ranking / len(trial.needs))


def _values(ranker: Ranker, trial: EvaluationSet, needs: Iterable[Need], watch: Watch | None) -> tuple[Floats, float]:
    """Return the values, shape (needs, metrics), and the seconds spent on ranking alone."""
    rows: list[Floats] = []
    seconds = 0.0
    for need in needs:
        started = time.perf_counter()
        ranking = ranker.rank(need)
        seconds += time.perf_counter() - started
        scores, grades = ranking.over(trial.positions), trial.grades(need)
        rows.append(measure(scores, grades))
        if watch is not None:
            watch(need, ranking, scores, grades)
    return np.stack(rows), seconds


def _compare(ours: _Run, theirs: _Run) -> Comparison:
    return Comparison(
        figures=MetricFigures.of(theirs.values),
        ratios=dict(zip(METRICS, ratios(ours.values, theirs.values), strict=True)),
        seconds_to_build=theirs.seconds_to_build,
        seconds_per_need=theirs.seconds_per_need,
    )
