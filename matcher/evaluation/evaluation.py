"""Run systems over an evaluation set and summarise the results."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from matcher.evaluation.evaluation_set import EvaluationSet
from matcher.evaluation.judgements import Judgements
from matcher.evaluation.measures.bootstrap import ratios
from matcher.evaluation.measures.calibration import CalibrationPairs
from matcher.evaluation.measures.fairness import WinnerRanks
from matcher.evaluation.measures.metrics import METRICS, measure
from matcher.evaluation.measures.promises import Promises
from matcher.evaluation.measures.slices import UNKNOWN, Slicer
from matcher.evaluation.measures.suitability import SuitabilityFigures, suitability
from matcher.evaluation.ranker import RankedProfiles, Ranker, System
from matcher.evaluation.report import Comparison, MetricFigures, Report
from matcher.foundations.arrays import Floats, Ints
from matcher.foundations.errors import MatcherError
from matcher.records import Need, Profile

# Wraps the needs of one run to show progress. The second argument is the system's name.
TrackNeeds = Callable[[Sequence[Need], str], Iterable[Need]]

# Called for each need with the answer, and with the scores and grades of all profiles, both of shape (profiles,).
Observer = Callable[[Need, RankedProfiles, Floats, Ints], None]


@dataclass(frozen=True)
class _Run:
    """One system's results: metric values, shape (needs, metrics), suitability, and times in seconds."""

    values: Floats
    suitability: SuitabilityFigures | None
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
    progress: TrackNeeds = lambda needs, _: needs,
) -> Report:
    """Evaluate how well `product` ranks `profiles` for `needs`, and compare it with other systems.

    Args:
        product: the system that the report is about.
        profiles: the register to rank.
        needs: the needs to rank for. Needs without a relevant profile are ignored and counted.
        judgements: the profiles that are relevant to each need.
        health: for each need id, whether the buyer is a health body, as returned by `read_health_flags`. If a need
            has no flag, its CPV codes decide.
        baselines: systems to compare with, reported as baselines.
        compared: other systems to compare with.
        progress: wraps the needs in each run, for example to show a progress bar.

    Raises:
        InvalidInput: an id appears twice, or no need has a relevant profile in the register.
        Unavailable: a system needs a package that is not installed.
        MatcherError: two systems to compare with have the same name, or a ranker returned an invalid answer.

    """
    names = Counter(system.name for system in (*baselines, *compared))
    if duplicates := [name for name, count in names.items() if count > 1]:
        raise MatcherError(f"two systems to compare with are named {duplicates[0]}")
    evaluation_set = EvaluationSet.of(profiles, needs, judgements)
    details = _Details(
        evaluation_set, _SliceValues(Slicer.of(profiles, health or {})), CalibrationPairs(), WinnerRanks.of(profiles)
    )
    run = _run(product, evaluation_set, progress, details.add, details.add_unmet)
    return Report(
        figures=MetricFigures.of(run.values),
        suitability=run.suitability,
        ignored=evaluation_set.ignored,
        slices=details.slices.figures(),
        calibration=details.calibration.to_json() if details.calibration.won else None,
        fairness=details.ranks.to_json(),
        promises=details.promises.to_json() if details.promises.outcomes else None,
        baselines={system.name: _compare(run, _run(system, evaluation_set, progress)) for system in baselines},
        compared={system.name: _compare(run, _run(system, evaluation_set, progress)) for system in compared},
    )


class _SliceValues:
    """One system's metric values by slice. A need has one row for each slice that it belongs to."""

    def __init__(self, slicer: Slicer) -> None:
        self._slicer = slicer
        self._rows: list[tuple[str, str, *tuple[float, ...]]] = []

    def add(self, need: Need, scores: Floats, grades: Ints) -> None:
        """Add the answer to `need` to every slice that the need belongs to. Both arrays have shape (profiles,)."""
        for slicing, kind, mask in self._slicer.slices_of(need, grades):
            self._rows.append((slicing, kind, *measure(scores[mask], grades[mask]).tolist()))

    def figures(self) -> dict[str, dict[str, MetricFigures]]:
        """Return the figures for each slice. Slicings whose only slice is `UNKNOWN` are omitted."""
        import pandas as pd

        table = pd.DataFrame(self._rows, columns=["slicing", "slice", *METRICS])
        known = table[table.groupby("slicing")["slice"].transform(lambda kinds: (kinds != UNKNOWN).any())]
        return {
            str(slicing): {
                str(kind): MetricFigures.of(np.ascontiguousarray(values[list(METRICS)].to_numpy()))
                for kind, values in rows.groupby("slice")
            }
            for slicing, rows in known.groupby("slicing", sort=False)
        }


@dataclass(frozen=True)
class _Details:
    """Collects the figures for slices, calibration, fairness and promises from the product's answers."""

    evaluation_set: EvaluationSet
    slices: _SliceValues
    calibration: CalibrationPairs
    ranks: WinnerRanks
    promises: Promises = field(default_factory=Promises)

    def add(self, need: Need, ranking: RankedProfiles, scores: Floats, grades: Ints) -> None:
        """Add the answer to `need`. Both arrays have shape (profiles,)."""
        self.slices.add(need, scores, grades)
        self.ranks.add(scores, grades)
        if ranking.probabilities is not None and len(ranking.ids):
            won = grades[[self.evaluation_set.positions[id] for id in ranking.ids]] > 0
            self.calibration.add(ranking.scores, ranking.probabilities, won)
        self.add_unmet(need, ranking)

    def add_unmet(self, need: Need, ranking: RankedProfiles) -> None:
        """Add the answer to `need` to the promises, if misfits were judged and the answer has probabilities."""
        if not self.evaluation_set.has_misfits or ranking.probabilities is None:
            return
        judged = self.evaluation_set.judged_positions(need)
        shown = dict(zip(ranking.ids, ranking.probabilities.tolist(), strict=True))
        ids = [self.evaluation_set.profiles[position].id for position in judged.tolist()]
        grades = np.array([self.evaluation_set.judged[need.id][position] for position in judged.tolist()])
        self.promises.add(np.array([shown.get(id, 0.0) for id in ids]), grades, max(shown.values(), default=0.0))


def _run(
    system: System,
    evaluation_set: EvaluationSet,
    progress: TrackNeeds,
    observer: Observer | None = None,
    unmet_observer: Callable[[Need, RankedProfiles], None] | None = None,
) -> _Run:
    started = time.perf_counter()
    ranker = system.build(evaluation_set.profiles)
    built = time.perf_counter()
    with_misfits = evaluation_set.has_misfits
    judged: list[Floats] = []

    def observe(need: Need, ranking: RankedProfiles, scores: Floats, grades: Ints) -> None:
        if observer is not None:
            observer(need, ranking, scores, grades)
        if with_misfits:
            positions = evaluation_set.judged_positions(need)
            judged.append(suitability(scores[positions], grades[positions]))

    values, seconds = _values(ranker, evaluation_set, progress(evaluation_set.needs, system.name), observe)
    if unmet_observer is not None:
        for need in evaluation_set.unmet:
            unmet_observer(need, ranker.rank(need))
    figures = SuitabilityFigures.of(judged) if judged else None
    return _Run(values, figures, built - started, seconds / len(evaluation_set.needs))


def _values(
    ranker: Ranker, evaluation_set: EvaluationSet, needs: Iterable[Need], observer: Observer
) -> tuple[Floats, float]:
    """Return the metric values, shape (needs, metrics), and the time spent on ranking alone, in seconds."""
    rows: list[Floats] = []
    seconds = 0.0
    for need in needs:
        started = time.perf_counter()
        ranking = ranker.rank(need)
        seconds += time.perf_counter() - started
        scores, grades = ranking.over(evaluation_set.positions), evaluation_set.grades(need)
        rows.append(measure(scores, grades))
        observer(need, ranking, scores, grades)
    return np.stack(rows), seconds


def _compare(product: _Run, other: _Run) -> Comparison:
    return Comparison(
        figures=MetricFigures.of(other.values),
        suitability=other.suitability,
        ratios=dict(zip(METRICS, ratios(product.values, other.values), strict=True)),
        seconds_to_build=other.seconds_to_build,
        seconds_per_need=other.seconds_per_need,
    )
