"""Exposure: how the kinds of supplier shown compare with all eligible suppliers. Reported but never corrected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

import numpy as np

from matcher.index import Index
from matcher.index.codes import SECTORS, SIZES
from matcher.records import Filters, Need, Sector, Size
from matcher.records.parsing import Record
from matcher.records.vocabulary import VCSE_SECTORS, sector_name
from matcher.search.ranking import eligible_in

# The share of each kind in a whole: {"charity": 0.4, "sme": 0.6}.
Shares = Mapping[str, float]
Dimension = Literal["sectors", "sizes"]
UNKNOWN_SIZE: Final = "unknown"
_SIZE_NAMES: Final = {"sme": "Small or medium", "large": "Large", UNKNOWN_SIZE: "Not known"}


@dataclass(frozen=True)
class SupplierMix:
    """The share of each sector and each size in a set of suppliers."""

    sectors: Shares
    sizes: Shares


def mix_of(suppliers: Iterable[tuple[Sector, Size | None]]) -> SupplierMix:
    """Return the mix of `suppliers`, each given as a sector and a size."""
    pairs = list(suppliers)
    return SupplierMix(_shares([sector.value for sector, _ in pairs]), _shares([size_name(size) for _, size in pairs]))


def size_name(size: Size | None) -> str:
    """Return `size` as a word, or "unknown" if `size` is None."""
    return size.value if size else UNKNOWN_SIZE


class EligibleMix:
    """Computes the mix of suppliers eligible for a need. Needs with the same requirements share one computation."""

    def __init__(self, index: Index, filters: Filters, on: date, *, apply_requirements: bool = True) -> None:
        self._index, self._filters, self._on, self._apply = index, filters, on, apply_requirements
        self._cache: dict[str, SupplierMix] = {}

    def __call__(self, need: Need) -> SupplierMix:
        """Return the mix of the suppliers eligible for `need`."""
        key = Filters.required_by(need).model_dump_json() if self._apply else ""
        if key not in self._cache:
            self._cache[key] = self._mix(need)
        return self._cache[key]

    def _mix(self, need: Need) -> SupplierMix:
        mask = eligible_in(self._index, need, self._filters, self._apply, self._on).mask
        sectors = np.bincount(self._index.profiles.sector[mask], minlength=len(SECTORS))
        sizes = np.bincount(self._index.profiles.size[mask], minlength=len(SIZES))
        total = max(int(mask.sum()), 1)
        return SupplierMix(
            {sector.value: int(n) / total for sector, n in zip(SECTORS, sectors, strict=True) if n},
            {size_name(size): int(n) / total for size, n in zip(SIZES, sizes, strict=True) if n},
        )


class ExposureRow(Record):
    """A kind of supplier, with its mean shares of the suppliers that are eligible, shown and ranked first."""

    kind: str
    name: str
    eligible: float
    shown: float
    first: float


@dataclass
class Exposure:
    """Sums shares over the needs for which any supplier is shown. All these needs have the same weight."""

    needs: int = 0
    # Sums of shares by dimension, kind, and column of `ExposureRow`. A data frame per need would be too slow.
    _sums: dict[tuple[str, str, str], float] = field(default_factory=lambda: defaultdict(float))

    def add(self, eligible: SupplierMix, shown: list[tuple[Sector, Size | None]]) -> None:
        """Add a need, with the mix of the suppliers eligible for it and the suppliers shown for it, best first."""
        if not shown:
            return
        self.needs += 1
        for column, mix in (("eligible", eligible), ("shown", mix_of(shown)), ("first", mix_of(shown[:1]))):
            for dimension, shares in (("sectors", mix.sectors), ("sizes", mix.sizes)):
                for kind, share in shares.items():
                    self._sums[dimension, kind, column] += share

    def vcse(self) -> ExposureRow | None:
        """Return the mean shares of all kinds of VCSE together, or None if no supplier is shown for any need."""
        if not self.needs:
            return None
        kinds = [sector.value for sector in Sector if sector in VCSE_SECTORS]
        shares = {
            column: sum(self._sums.get(("sectors", kind, column), 0.0) for kind in kinds) / self.needs
            for column in ("eligible", "shown", "first")
        }
        return ExposureRow(kind="vcse", name="All VCSE", **shares)

    def rows(self, dimension: Dimension) -> tuple[ExposureRow, ...]:
        """Return the mean shares by sector or by size, largest share of eligible suppliers first, then by kind."""
        import pandas as pd

        if not self.needs:
            return ()
        table = pd.Series(self._sums).xs(dimension).unstack(fill_value=0) / self.needs
        table = table.rename_axis("kind").reset_index().sort_values(["eligible", "kind"], ascending=[False, True])
        names = table["kind"].map(_SIZE_NAMES.__getitem__ if dimension == "sizes" else sector_name)
        return tuple(ExposureRow.model_validate(row) for row in table.assign(name=names).to_dict("records"))


def _shares(kinds: list[str]) -> dict[str, float]:
    return {kind: kinds.count(kind) / len(kinds) for kind in sorted(set(kinds))}


# Returns the mix of the suppliers eligible for a need.
Eligibility = Callable[[Need], SupplierMix]
