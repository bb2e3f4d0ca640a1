"""Curves: functions that never fall, and the priors from which training starts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matcher.foundations.arrays import Floats


@dataclass(frozen=True)
class Curve:
    """A curve that never falls, with heights `values` at the points `at`, linear between them and level beyond them.

    `unknown` is the height if the signal is unknown (NaN).
    """

    at: tuple[float, ...]
    values: tuple[float, ...]
    unknown: float = 0.0

    def __post_init__(self) -> None:
        points, heights = np.array(self.at), np.array(self.values)
        if not len(points) or len(points) != len(heights) or not np.isfinite([*points, *heights, self.unknown]).all():
            raise ValueError("a curve needs one finite height per point, and at least one point")
        if (np.diff(points) <= 0).any():
            raise ValueError("the points of a curve must rise")
        if (np.diff(heights) < 0).any():
            raise ValueError("the heights of a curve must not fall")

    def __call__(self, x: Floats) -> Floats:
        """Return the heights at `x`, as an array of the same shape."""
        # Rounding may lift a line segment slightly above its end point, which would make the curve fall there.
        ends = np.minimum(np.searchsorted(self.at, x, side="right"), len(self.at) - 1)
        heights = np.minimum(np.interp(x, self.at, self.values), np.array(self.values)[ends])
        return np.where(np.isnan(x), self.unknown, heights)


# The curve of a signal that adds nothing to the score.
FLAT = Curve((0.0,), (0.0,))


@dataclass(frozen=True)
class CurvePrior:
    """The starting point and the limits for training a profile signal's curve.

    To compute the height at x, multiply each slope by its term, and add up the products. Without `bends`, there is one
    slope, and its term is x itself. With `bends`, there is one slope per bend, and its term is min(0, x - bend), so the
    curve is level above the highest bend.

    Attributes:
        slopes: the slopes before training; one slope per bend, or a single slope if there are no bends.
        most: the highest value that a slope may take, or None if there is no limit. The lower limit is always 0.
        bends: the values of the signal at which the slope may change, in ascending order.
        lowest: with `bends`, the value below which the curve is level.
        unknown: the value used if the signal is unknown.

    """

    slopes: tuple[float, ...]
    most: float | None = None
    bends: tuple[float, ...] = ()
    lowest: float = -np.inf
    unknown: float = 0.0

    def terms(self, x: Floats) -> list[Floats]:
        """Return the term of each slope at `x`. Each term has the shape of `x`."""
        if not self.bends:
            return [x]
        raised = np.maximum(x, self.lowest)
        return [np.minimum(0.0, raised - bend) for bend in self.bends]
