"""Exposure: which kinds of suppliers are shown, against all who are eligible. Declared, never corrected here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np

from matcher.index import Index
from matcher.index.eligibility import SECTORS, SIZES
from matcher.records import Filters, Need, Sector, Size
from matcher.records.parsing import Record
from matcher.search.engine import eligible_in

# Parts of a whole, by what they are of: {"charity": 0.4, "sme": 0.6}.
Shares = Mapping[str, float]
UNKNOWN_SIZE: Final = "unknown"
_SIZE_NAMES: Final = {"sme": "Small or medium", "large": "Large", UNKNOWN_SIZE: "Not known"}
_SECTOR_NAMES: Final = {
    "cic": "Community interest company",
    "sme": "Small or medium firm",
    "large": "Large firm",
    "public": "Public body",
    "vcse": "Voluntary or community",
    "unknown": "Not known",
}


@dataclass(frozen=True)
class SupplierMix:
    """Sectors and sizes of some suppliers, as shares."""

    sectors: Shares
    sizes: Shares


def mix_of(suppliers: Iterable[tuple[Sector, Size | None]]) -> SupplierMix:
    """Return the mix of `suppliers`."""
    found = list(suppliers)
    return SupplierMix(_shares([sector.value for sector, _ in found]), _shares([size_name(size) for _, size in found]))


def size_name(size: Size | None) -> str:
    """Return a size in a word."""
    return size.value if size else UNKNOWN_SIZE


def sector_name(sector: str) -> str:
    """Return a sector as people say it."""
    return _SECTOR_NAMES.get(sector, sector.replace("_", " ").capitalize())


class EligibleMix:
    """The mix of all who are eligible for a need. Needs with the same requirements share one count."""

    def __init__(self, index: Index, filters: Filters, on: date, *, apply_requirements: bool = True) -> None:
        self._index, self._filters, self._on, self._apply = index, filters, on, apply_requirements
        self._known: dict[str, SupplierMix] = {}

    def __call__(self, need: Need) -> SupplierMix:
        """Return the mix of those eligible for `need`."""
        key = Filters.required_by(need).model_dump_json() if self._apply else ""
        if key not in self._known:
            self._known[key] = self._counted(need)
        return self._known[key]

    def _counted(self, need: Need) -> SupplierMix:
        mask = eligible_in(self._index, need, self._filters, self._apply, self._on).mask
        sectors = np.bincount(self._index.profiles.sector[mask], minlength=len(SECTORS))
        sizes = np.bincount(self._index.profiles.size[mask], minlength=len(SIZES))
        total = max(int(mask.sum()), 1)
        return SupplierMix(
            {sector.value: int(n) / total for sector, n in zip(SECTORS, sectors, strict=True) if n},
            {size_name(size): int(n) / total for size, n in zip(SIZES, sizes, strict=True) if n},
        )


class ExposureRow(Record):
    """A kind of supplier: its mean share of all eligible, of those shown, and of those shown first."""

    kind: str
    name: str
    eligible: float
    shown: float
    first: float


@dataclass
class Exposure:
    """Adds up shares over the needs for which anybody is shown; each of these needs counts the same."""

    needs: int = 0
    _sums: dict[str, dict[str, list[float]]] = field(
        default_factory=lambda: {"sectors": defaultdict(lambda: [0.0] * 3), "sizes": defaultdict(lambda: [0.0] * 3)}
    )

    def add(self, eligible: SupplierMix, shown: list[tuple[Sector, Size | None]]) -> None:
        """Add a need: who is eligible, and who is shown, in order."""
        if not shown:
            return
        self.needs += 1
        for column, mix in enumerate((eligible, mix_of(shown), mix_of(shown[:1]))):
            for sums, shares in ((self._sums["sectors"], mix.sectors), (self._sums["sizes"], mix.sizes)):
                for kind, share in shares.items():
                    sums[kind][column] += share

    def lines(self, of: str) -> tuple[ExposureRow, ...]:
        """Return the mean shares of "sectors" or "sizes", the kind with the largest share of the eligible first."""
        found = [
            ExposureRow(
                kind=kind,
                name=name,
                eligible=sums[0] / self.needs,
                shown=sums[1] / self.needs,
                first=sums[2] / self.needs,
            )
            for kind, sums in self._sums[of].items()
            for name in [_SIZE_NAMES[kind] if of == "sizes" else sector_name(kind)]
        ]
        return tuple(sorted(found, key=lambda line: (-line.eligible, line.kind)))


def _shares(kinds: list[str]) -> dict[str, float]:
    return {kind: kinds.count(kind) / len(kinds) for kind in sorted(set(kinds))}


# Tells who is eligible for a need.
Eligibility = Callable[[Need], SupplierMix]
