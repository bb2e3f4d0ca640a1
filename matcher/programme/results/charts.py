"""Charts: the figures of a report as bars with all their measures, ready to be drawn in SVG.

A template draws them. Kinds differ in pattern, not in colour alone, and every bar has its numbers beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matcher.programme.results.exposure import ExposureRow
from matcher.programme.results.figures import LEVELS, CoverageByLevel, InDemandSupplier

# Measures in the units of the drawing, which is as wide as the page.
WIDTH: Final = 900
_LABEL: Final = 300
_END: Final = 80
_BAR: Final = 24
_STEP: Final = 36
_THIN: Final = 16
# Room for a label, and about how wide its characters are.
_LABEL_ROOM: Final = 284.0
_CAPITAL: Final = 10.3
_SMALL: Final = 7.6
# A number fits inside a part that is this wide.
_ROOM: Final = 30


@dataclass(frozen=True)
class BarSegment:
    """A piece of a bar: its pattern, where it begins, how wide it is, and the number written in it, if it fits."""

    pattern: str
    x: float
    width: float
    text: str = ""


@dataclass(frozen=True)
class Bar:
    """A bar: its label (of the first bar of a group), its place, its parts, and what is written behind it."""

    label: str
    y: float
    height: float
    parts: tuple[BarSegment, ...]
    end: str

    @property
    def end_x(self) -> float:
        """Where the text behind it begins."""
        return max((part.x + part.width for part in self.parts), default=float(_LABEL)) + 8


@dataclass(frozen=True)
class Chart:
    """Bars one below the other, and the legend: (pattern, what it stands for)."""

    bars: tuple[Bar, ...]
    legend: tuple[tuple[str, str], ...]
    height: float


_MEANINGS: Final = {
    "strong": "strong",
    "possible": "possible",
    "unlikely": "unlikely at best",
    "nobody": "nobody eligible",
}


def coverage_chart(groups: Sequence[CoverageByLevel]) -> Chart:
    """Return a bar a group, as long as it has needs, parted by how well they are covered."""
    most = max((group.needs for group in groups), default=1) or 1
    bars = []
    for i, group in enumerate(groups):
        parts = _parted([(level, group.counts[level]) for level in LEVELS], most)
        bars.append(Bar(_shortened(group.group), i * _STEP + 4.0, _BAR, parts, f"{group.needs:,}"))
    used = [level for level in LEVELS if any(group.counts[level] for group in groups)]
    return Chart(tuple(bars), tuple((level, _MEANINGS[level]) for level in used), len(groups) * _STEP + 4.0)


def mix_chart(lines: Sequence[ExposureRow]) -> Chart:
    """Return three bars a kind of supplier: its share of the eligible, of those shown, of those shown first."""
    most = max((max(line.eligible, line.shown, line.first) for line in lines), default=1.0) or 1.0
    step = 3 * _THIN + 22
    bars = []
    for i, line in enumerate(lines):
        shares = (("nobody", line.eligible), ("possible", line.shown), ("strong", line.first))
        for k, (pattern, share) in enumerate(shares):
            parts = (BarSegment(pattern, float(_LABEL), _scaled(share, most)),)
            label = _shortened(line.name) if k == 1 else ""
            bars.append(Bar(label, i * step + 4.0 + k * (_THIN + 2), _THIN, parts, f"{share:.1%}"))
    legend = (("nobody", "of all eligible"), ("possible", "of those shown"), ("strong", "of those shown first"))
    return Chart(tuple(bars), legend, len(lines) * step + 4.0)


def in_demand_chart(lines: Sequence[InDemandSupplier]) -> Chart:
    """Return a bar a supplier: for how many needs it is first, and for how many it stands lower."""
    most = max((line.shown for line in lines), default=1) or 1
    bars = tuple(
        Bar(
            _shortened(line.name),
            i * _STEP + 4.0,
            _BAR,
            _parted([("strong", line.first), ("nobody", line.shown - line.first)], most),
            f"{line.shown:,}",
        )
        for i, line in enumerate(lines)
    )
    return Chart(bars, (("strong", "first in the list"), ("nobody", "lower in the list")), len(lines) * _STEP + 4.0)


def _parted(counts: Sequence[tuple[str, int]], most: int) -> tuple[BarSegment, ...]:
    parts, x = [], float(_LABEL)
    for pattern, count in counts:
        if count:
            width = _scaled(count, most)
            parts.append(BarSegment(pattern, x, width, f"{count:,}" if width >= _ROOM else ""))
            x += width
    return tuple(parts)


def _scaled(value: float, most: float) -> float:
    return round((WIDTH - _LABEL - _END) * value / most, 1)


def _shortened(text: str) -> str:
    """Return `text` as far as there is room for it."""
    text = text.replace("Integrated Care Board", "ICB")
    width = 0.0
    for end, character in enumerate(text):
        width += _CAPITAL if character.isupper() or character in "MW@&—" or ord(character) > 0x2FF else _SMALL
        if width > _LABEL_ROOM:
            return text[: max(end - 1, 1)].rstrip() + "…"
    return text
