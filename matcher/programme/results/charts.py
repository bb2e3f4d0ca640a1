"""Charts: the figures of a report as bar charts, laid out for the SVG template.

Bars differ in pattern as well as colour, and every bar is labelled with its value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matcher.programme.results.exposure import ExposureRow
from matcher.programme.results.figures import LEVELS, CoverageByLevel, InDemandSupplier

# Measurements are in SVG units. The drawing is as wide as the page.
WIDTH: Final = 900
_LABEL: Final = 300
_END: Final = 80
_BAR: Final = 24
_STEP: Final = 36
_THIN: Final = 16
# Width available for a label, and the approximate widths of its characters.
_LABEL_ROOM: Final = 284.0
_CAPITAL: Final = 10.3
_SMALL: Final = 7.6
# The narrowest segment that has room for its number.
_MIN_WIDTH_FOR_NUMBER: Final = 30


@dataclass(frozen=True)
class BarSegment:
    """A segment of a bar.

    Attributes:
        pattern: the id of the SVG pattern that fills the segment.
        x: the left edge, in SVG units.
        width: the width, in SVG units.
        text: the number shown in the segment, or "" if the number does not fit.

    """

    pattern: str
    x: float
    width: float
    text: str = ""


@dataclass(frozen=True)
class Bar:
    """A bar.

    Attributes:
        label: the label of the bar, or "" if another bar in the same group carries the label.
        y: the top edge, in SVG units.
        height: the height, in SVG units.
        parts: the segments, from left to right.
        end: the text after the bar.

    """

    label: str
    y: float
    height: float
    parts: tuple[BarSegment, ...]
    end: str

    @property
    def end_x(self) -> float:
        """The position of the text after the bar."""
        return max((part.x + part.width for part in self.parts), default=float(_LABEL)) + 8


@dataclass(frozen=True)
class Chart:
    """The bars, from top to bottom, and the legend, as (pattern, meaning) pairs."""

    bars: tuple[Bar, ...]
    legend: tuple[tuple[str, str], ...]
    height: float


_MEANINGS: Final = {
    "strong": "strong",
    "possible": "possible",
    "unlikely": "unlikely at best",
    "nobody": "no eligible supplier",
}


def coverage_chart(groups: Sequence[CoverageByLevel]) -> Chart:
    """Return one bar per group.

    The length of a bar shows the number of needs in the group. Its segments show how well the needs are covered.
    """
    most = max((group.needs for group in groups), default=1) or 1
    bars = []
    for i, group in enumerate(groups):
        parts = _segments([(level, group.counts[level]) for level in LEVELS], most)
        bars.append(Bar(_shortened(group.group), i * _STEP + 4.0, _BAR, parts, f"{group.needs:,}"))
    used = [level for level in LEVELS if any(group.counts[level] for group in groups)]
    return Chart(tuple(bars), tuple((level, _MEANINGS[level]) for level in used), len(groups) * _STEP + 4.0)


def mix_chart(rows: Sequence[ExposureRow]) -> Chart:
    """Return three bars per kind of supplier: its shares of the suppliers eligible, shown and ranked first."""
    most = max((max(row.eligible, row.shown, row.first) for row in rows), default=1.0) or 1.0
    step = 3 * _THIN + 22
    bars = []
    for i, row in enumerate(rows):
        shares = (("nobody", row.eligible), ("possible", row.shown), ("strong", row.first))
        for k, (pattern, share) in enumerate(shares):
            parts = (BarSegment(pattern, float(_LABEL), _scaled(share, most)),)
            label = _shortened(row.name) if k == 1 else ""
            bars.append(Bar(label, i * step + 4.0 + k * (_THIN + 2), _THIN, parts, f"{share:.1%}"))
    legend = (("nobody", "of all eligible"), ("possible", "of those shown"), ("strong", "of those ranked first"))
    return Chart(tuple(bars), legend, len(rows) * step + 4.0)


def in_demand_chart(suppliers: Sequence[InDemandSupplier]) -> Chart:
    """Return one bar per supplier: the needs for which it is ranked first, then those for which it is ranked lower."""
    most = max((supplier.shown for supplier in suppliers), default=1) or 1
    bars = tuple(
        Bar(
            _shortened(supplier.name),
            i * _STEP + 4.0,
            _BAR,
            _segments([("strong", supplier.first), ("nobody", supplier.shown - supplier.first)], most),
            f"{supplier.shown:,}",
        )
        for i, supplier in enumerate(suppliers)
    )
    return Chart(bars, (("strong", "first in the list"), ("nobody", "lower in the list")), len(suppliers) * _STEP + 4.0)


def _segments(counts: Sequence[tuple[str, int]], most: int) -> tuple[BarSegment, ...]:
    segments, x = [], float(_LABEL)
    for pattern, count in counts:
        if count:
            width = _scaled(count, most)
            segments.append(BarSegment(pattern, x, width, f"{count:,}" if width >= _MIN_WIDTH_FOR_NUMBER else ""))
            x += width
    return tuple(segments)


def _scaled(value: float, most: float) -> float:
    return round((WIDTH - _LABEL - _END) * value / most, 1)


def _shortened(text: str) -> str:
    """Return `text`, shortened if it is too wide for a label."""
    text = text.replace("Integrated Care Board", "ICB")
    width = 0.0
    for end, character in enumerate(text):
        width += _CAPITAL if character.isupper() or character in "MW@&—" or ord(character) > 0x2FF else _SMALL
        if width > _LABEL_ROOM:
            return text[: max(end - 1, 1)].rstrip() + "…"
    return text
