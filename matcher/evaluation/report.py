"""The outcome of an evaluation as plain data, and its JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from matcher.evaluation.measures.bootstrap import Ratio, intervals
from matcher.evaluation.measures.metrics import METRICS
from matcher.foundations.arrays import Floats

Json = dict[str, Any]


@dataclass(frozen=True)
class MetricFigures:
    """Means over `queries` needs, and their 95 % intervals (low, high), both by metric."""

    queries: int
    means: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]

    @classmethod
    def of(cls, values: Floats) -> Self:
        """Sum up `values`, shape (needs, metrics), at least one need."""
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
    """Another ranker on the same needs. `ratios` are the product's figure over this one's, by metric.

    Seconds by the clock: to build over the register, and to rank for one need. What several rankers share
    is built once, in the time of the first of them.
    """

    figures: MetricFigures
    ratios: Mapping[str, Ratio]
    seconds_to_build: float
    seconds_per_need: float

    def to_json(self) -> Json:
        """Return the figures with `"ratios": {metric: {"value", "interval"}}` and the times."""
        ratios = {name: {"value": r.value, "interval": [r.low, r.high]} for name, r in self.ratios.items()}
        times = {"seconds_to_build": self.seconds_to_build, "seconds_per_need": self.seconds_per_need}
        return {**self.figures.to_json(), "ratios": ratios, **times}


@dataclass(frozen=True)
class IgnoredCounts:
    """What was given and is not in the averages, as counts."""

    needs_without_judgement: int = 0
    needs_without_relevant_profile: int = 0
    judgements_of_unknown_needs: int = 0
    judgements_of_unknown_profiles: int = 0

    def lines(self) -> tuple[str, ...]:
        """Return one line for each count above 0.

        A winner never seen before is the common cause of a need without relevant profile: no profile judged
        relevant to it is in the register, so no ranker could have found one.
        """
        said = (
            (self.needs_without_judgement, "needs have no judgement and were left out"),
            (self.needs_without_relevant_profile, "needs were left out: their winner was never seen before"),
            (self.judgements_of_unknown_needs, "judgements are of needs that were not given"),
            (self.judgements_of_unknown_profiles, "judgements are of profiles that are not in the register"),
        )
        return tuple(f"{count} {words}" for count, words in said if count)

    def to_json(self) -> Json:
        """Return every count by its name."""
        return dict(vars(self))


@dataclass(frozen=True)
class Report:
    """Figures of the product; `slices` of them by slicing and slice; other rankers by name."""

    figures: MetricFigures
    ignored: IgnoredCounts
    slices: Mapping[str, Mapping[str, MetricFigures]] = field(default_factory=dict)
    baselines: Mapping[str, Comparison] = field(default_factory=dict)
    compared: Mapping[str, Comparison] = field(default_factory=dict)
    calibration: Json | None = None
    fairness: Json | None = None

    def to_json(self) -> Json:
        """Return the figures' keys, then each other part where there is one, then "ignored"."""
        found: Json = self.figures.to_json()
        if self.slices:
            found["slices"] = {
                name: {kind: figures.to_json() for kind, figures in kinds.items()}
                for name, kinds in self.slices.items()
            }
        if self.calibration:
            found["calibration"] = self.calibration
        if self.fairness:
            found["fairness"] = self.fairness
        for key, others in (("baselines", self.baselines), ("compared", self.compared)):
            if others:
                found[key] = {name: comparison.to_json() for name, comparison in others.items()}
        return {**found, "ignored": self.ignored.to_json()}
