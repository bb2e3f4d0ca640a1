"""Evaluation results and their JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from matcher.evaluation.measures.bootstrap import Ratio, intervals
from matcher.evaluation.measures.metrics import METRICS
from matcher.evaluation.measures.suitability import SuitabilityFigures
from matcher.foundations.arrays import Floats

Json = dict[str, Any]


@dataclass(frozen=True)
class MetricFigures:
    """The mean of each metric over `queries` needs, with a 95% interval (low, high)."""

    queries: int
    means: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]

    @classmethod
    def of(cls, values: Floats) -> Self:
        """Summarise `values`, shape (needs, metrics), which must contain at least one need."""
        bounds = intervals(values)
        return cls(
            queries=len(values),
            means={name: float(mean) for name, mean in zip(METRICS, values.mean(axis=0), strict=True)},
            intervals={name: (float(low), float(high)) for name, (low, high) in zip(METRICS, bounds, strict=True)},
        )

    def to_json(self) -> Json:
        """Return `{"queries", "mrr", …, "intervals": {metric: [low, high]}}`."""
        bounds = {name: list(interval) for name, interval in self.intervals.items()}
        return {"queries": self.queries, **self.means, "intervals": bounds}


@dataclass(frozen=True)
class Comparison:
    """Another system's figures for the same needs, compared with the product's figures.

    `ratios` holds the product's mean divided by the other system's mean, by metric. The times, in wall-clock seconds,
    are for building the system over the register and for ranking profiles for one need. The time for work that several
    systems share is charged to the first system that needs it.
    """

    figures: MetricFigures
    ratios: Mapping[str, Ratio]
    seconds_to_build: float
    seconds_per_need: float
    suitability: SuitabilityFigures | None = None

    def to_json(self) -> Json:
        """Return the figures with `"ratios": {metric: {"value", "interval"}}` and the times."""
        ratios = {name: {"value": r.value, "interval": [r.low, r.high]} for name, r in self.ratios.items()}
        times = {"seconds_to_build": self.seconds_to_build, "seconds_per_need": self.seconds_per_need}
        return {**self.figures.to_json(), **_suitability(self.suitability), "ratios": ratios, **times}


@dataclass(frozen=True)
class IgnoredCounts:
    """Numbers of needs and judgements that are left out of the averages."""

    needs_without_judgement: int = 0
    needs_without_relevant_profile: int = 0
    judgements_of_unknown_needs: int = 0
    judgements_of_unknown_profiles: int = 0

    def lines(self) -> tuple[str, ...]:
        """Return one sentence for each count above 0."""
        sentences = (
            (self.needs_without_judgement, "needs ignored: no judgements"),
            (
                self.needs_without_relevant_profile,
                "needs ignored: no relevant profile is in the register, for example because the winner is new",
            ),
            (self.judgements_of_unknown_needs, "judgements ignored: the need is not in the file of needs"),
            (self.judgements_of_unknown_profiles, "judgements ignored: the profile is not in the register"),
        )
        return tuple(f"{count} {sentence}" for count, sentence in sentences if count)

    def to_json(self) -> Json:
        """Return every count by name."""
        return dict(vars(self))


@dataclass(frozen=True)
class Report:
    """Figures for the product, overall and by slicing and slice, and figures for other systems, by name."""

    figures: MetricFigures
    ignored: IgnoredCounts
    slices: Mapping[str, Mapping[str, MetricFigures]] = field(default_factory=dict)
    baselines: Mapping[str, Comparison] = field(default_factory=dict)
    compared: Mapping[str, Comparison] = field(default_factory=dict)
    calibration: Json | None = None
    fairness: Json | None = None
    suitability: SuitabilityFigures | None = None
    promises: Json | None = None

    def to_json(self) -> Json:
        """Return the figures, then every other part that is not empty, then "ignored"."""
        document: Json = {**self.figures.to_json(), **_suitability(self.suitability)}
        if self.slices:
            document["slices"] = {
                name: {kind: figures.to_json() for kind, figures in kinds.items()}
                for name, kinds in self.slices.items()
            }
        if self.calibration:
            document["calibration"] = self.calibration
        if self.fairness:
            document["fairness"] = self.fairness
        if self.promises:
            document["promises"] = self.promises
        for key, systems in (("baselines", self.baselines), ("compared", self.compared)):
            if systems:
                document[key] = {name: comparison.to_json() for name, comparison in systems.items()}
        return {**document, "ignored": self.ignored.to_json()}


def _suitability(figures: SuitabilityFigures | None) -> Json:
    return {"suitability": figures.to_json()} if figures else {}
