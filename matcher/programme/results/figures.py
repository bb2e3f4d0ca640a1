"""Figures: the content of a programme's report, as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from matcher.programme.area import BodyLookup, bodies_of
from matcher.programme.programme import Programme
from matcher.programme.results.assignment import Assignment
from matcher.programme.results.exposure import Exposure, ExposureRow, SupplierMix
from matcher.programme.results.pairs import SupplierDemand
from matcher.programme.results.tables import NeedResult
from matcher.programme.results.themes import NO_THEME
from matcher.records import Need, Record, Region
from matcher.records.areas import is_national
from matcher.records.places import regions_of_record
from matcher.records.policy import Band

if TYPE_CHECKING:
    import pandas as pd

NO_SUPPLIER: Final = "nobody"
# The levels at which a need can be covered: the band of its best match, or "nobody" if no supplier is shown.
LEVELS: Final = (*(band.value for band in Band), NO_SUPPLIER)
NO_REGION: Final = "No region stated"
NATIONAL: Final = "National"
SEVERAL: Final = "Several regions"
NO_ICB: Final = "No ICB recognised"
# The maximum number of gaps that the report lists. The workbook lists all gaps.
MAX_GAPS: Final = 100
MAX_IN_DEMAND: Final = 15


class CoverageByLevel(Record):
    """How many needs in a group are covered at each level. `counts` has an entry for every level in `LEVELS`."""

    group: str
    counts: dict[str, int]

    @property
    def needs(self) -> int:
        """The number of needs in the group."""
        return sum(self.counts.values())


class Gap(Record):
    """A need without a good match: no supplier is eligible, or the best match is unlikely.

    `excluded` holds the number of profiles that each filter alone excludes. `best` is the name of the best match, if
    any.
    """

    need_id: str
    title: str
    buyer: str
    theme: str
    eligible: int
    excluded: dict[str, int]
    best: str | None = None
    probability: float | None = None


class InDemandSupplier(Record):
    """A supplier in demand.

    Attributes:
        profile_id: the id of the supplier in the register.
        name: the name of the supplier.
        sector: the sector of the supplier.
        first: the number of needs for which the supplier is ranked first.
        shown: the number of needs for which the supplier is shown.

    """

    profile_id: str
    name: str
    sector: str
    first: int
    shown: int

    @classmethod
    def of(cls, demand: SupplierDemand) -> InDemandSupplier:
        """Return what the report shows about the supplier in `demand`."""
        supplier = demand.supplier
        sector = supplier.sector.value
        return cls(profile_id=supplier.id, name=supplier.name, sector=sector, first=demand.first, shown=demand.shown)


class AssignmentFigures(Record):
    """The figures for one way of assigning a partner to each need.

    `most` is the largest number of needs given to any one supplier.
    """

    way: str
    served: int
    first_choices: int
    probability: float
    suppliers: int
    most: int

    @classmethod
    def of(cls, way: str, assignment: Assignment) -> AssignmentFigures:
        """Return the figures for `assignment`."""
        loads = assignment.loads
        return cls(
            way=way,
            served=assignment.served,
            first_choices=assignment.first_choices,
            probability=assignment.probability,
            suppliers=len(loads),
            most=max(loads.values(), default=0),
        )


class ProgrammeFigures(Record):
    """All figures in a report. `on` is the day of the search. The shares in `sectors` and `sizes` are means over
    needs, and `vcse` adds up the kinds of VCSE. `sought` lists the suppliers most in demand.
    """

    programme: Programme
    on: str
    model: str
    sequence: int
    considered: int
    needs: int
    matches: int
    suppliers: int
    overall: CoverageByLevel
    by_region: tuple[CoverageByLevel, ...]
    by_icb: tuple[CoverageByLevel, ...]
    by_theme: tuple[CoverageByLevel, ...]
    gaps: tuple[Gap, ...]
    gap_count: int
    sectors: tuple[ExposureRow, ...]
    sizes: tuple[ExposureRow, ...]
    vcse: ExposureRow | None = None
    exposed_needs: int
    sought: tuple[InDemandSupplier, ...]
    assignments: tuple[AssignmentFigures, ...] = ()


@dataclass
class FiguresBuilder:
    """Builds the figures for a programme, one need at a time, in constant memory."""

    programme: Programme
    lookup: BodyLookup
    needs: int = 0
    matches: int = 0
    gap_count: int = 0
    last: NeedResult | None = None
    exposure: Exposure = field(default_factory=Exposure)
    gaps: list[Gap] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    # The number of needs by region, ICB, theme and level.
    _counts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    _icbs: dict[str, str] = field(default_factory=dict)

    def add(self, result: NeedResult, eligible: SupplierMix) -> None:
        """Add the result for a need, and the mix of the suppliers eligible for it."""
        key = region_of(result.need), self._icb(result.need), result.theme, level_of(result)
        self._counts[key] += 1
        self.needs += 1
        self.matches += len(result.search.results)
        self.last = result
        self.exposure.add(eligible, [(supplier.sector, supplier.size) for supplier in result.suppliers])
        if not result.search.results:
            self.unmatched.append(result.need.id)
        if is_gap(result):
            self.gap_count += 1
            if len(self.gaps) < MAX_GAPS:
                self.gaps.append(gap_of(result))

    def figures(
        self, *, on: str, suppliers: int, in_demand: list[SupplierDemand], assignments: Mapping[str, Assignment]
    ) -> ProgrammeFigures:
        """Return the figures for all results added. At least one result must have been added."""
        assert self.last is not None
        search, counts = self.last.search, self._frame()
        return ProgrammeFigures(
            programme=self.programme,
            on=on,
            model=search.model,
            sequence=search.sequence,
            considered=search.considered,
            needs=self.needs,
            matches=self.matches,
            suppliers=suppliers,
            overall=_coverage(counts.assign(all="All needs"), "all")[0],
            by_region=_coverage(counts, "region"),
            by_icb=_coverage(counts, "icb"),
            by_theme=_coverage(counts, "theme"),
            gaps=tuple(self.gaps),
            gap_count=self.gap_count,
            sectors=self.exposure.rows("sectors"),
            sizes=self.exposure.rows("sizes"),
            vcse=self.exposure.vcse(),
            exposed_needs=self.exposure.needs,
            sought=tuple(InDemandSupplier.of(demand) for demand in in_demand),
            assignments=tuple(AssignmentFigures.of(way, assignment) for way, assignment in assignments.items()),
        )

    def _frame(self) -> pd.DataFrame:
        import pandas as pd

        counts = [(*key, needs) for key, needs in self._counts.items()]
        return pd.DataFrame(counts, columns=["region", "icb", "theme", "level", "needs"])

    def _icb(self, need: Need) -> str:
        if need.buyer is None:
            return NO_ICB
        name = need.buyer.ods_code or need.buyer.name
        if name not in self._icbs:
            boards = [body.name for body in bodies_of(name, self.lookup) if body.role.lower() == "icb"]
            self._icbs[name] = " / ".join(boards) or NO_ICB
        return self._icbs[name]


def level_of(result: NeedResult) -> str:
    """Return how well a need is covered: one of `LEVELS`."""
    return result.best.band.value if result.best else NO_SUPPLIER


def level_name(level: str) -> str:
    """Return the name of `level` for display."""
    return "No supplier" if level == NO_SUPPLIER else level.capitalize()


def is_gap(result: NeedResult) -> bool:
    """Return whether a need has no good match."""
    return level_of(result) in (NO_SUPPLIER, Band.UNLIKELY)


def gap_of(result: NeedResult) -> Gap:
    """Return what the report shows about a need without a good match."""
    best = result.best
    return Gap(
        need_id=result.need.id,
        title=result.need.title,
        buyer=result.buyer,
        theme=result.theme,
        eligible=result.search.eligible,
        excluded=result.search.excluded,
        best=best.name if best else None,
        probability=best.probability if best else None,
    )


def region_of(need: Need) -> str:
    """Return the name of the region that `need` is in, "National", "Several regions" or "No region stated"."""
    regions = regions_of_record(need)
    if is_national(regions):
        return NATIONAL
    if len(regions) > 1:
        return SEVERAL
    return next((Region(region).value for region in regions), NO_REGION)


def _coverage(counts: pd.DataFrame, by: str) -> tuple[CoverageByLevel, ...]:
    """Return the coverage by group, largest group first and the unknown group last."""
    table = counts.pivot_table(index=by, columns="level", values="needs", aggfunc="sum", fill_value=0)
    table = table.reindex(columns=list(LEVELS), fill_value=0).astype(int)
    groups = [CoverageByLevel(group=str(name), counts=row) for name, row in table.to_dict("index").items()]
    last = {NO_REGION, NO_ICB, NO_THEME}
    return tuple(sorted(groups, key=lambda group: (group.group in last, -group.needs, group.group)))
