"""Figures: what the report of a programme says, as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from matcher.programme.area import BodyLookup, bodies_of
from matcher.programme.programme import Programme
from matcher.programme.results.assignment import Assignment
from matcher.programme.results.exposure import Exposure, ExposureRow, SupplierMix
from matcher.programme.results.pairs import SupplierDemand
from matcher.programme.results.tables import NeedResult
from matcher.records import Need, Record, Region
from matcher.records.places import regions_of_record
from matcher.records.policy import Band

NO_SUPPLIER: Final = "nobody"
# How well a need is covered: by the band of its best match, or by nobody.
LEVELS: Final = (*(band.value for band in Band), NO_SUPPLIER)
NO_REGION: Final = "No region stated"
SEVERAL: Final = "Several regions"
NO_ICB: Final = "No ICB recognised"
# Gaps listed in the report; the workbook has all of them.
MAX_GAPS: Final = 100
MAX_IN_DEMAND: Final = 15


class CoverageByLevel(Record):
    """How many needs of a group are covered how well; `counts` has every level of `LEVELS`."""

    group: str
    counts: dict[str, int]

    @property
    def needs(self) -> int:
        """How many needs the group has."""
        return sum(self.counts.values())


class Gap(Record):
    """A need nobody fits: nobody is eligible, or nobody is more than unlikely. `excluded` counts the profiles that
    each filter alone leaves out; `best` is who comes nearest.
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
    """A supplier much sought after: for how many needs it is first, and for how many it is shown."""

    profile_id: str
    name: str
    sector: str
    first: int
    shown: int


class AssignmentFigures(Record):
    """A way to give each need one partner, and what it comes to."""

    way: str
    served: int
    first_choices: int
    probability: float
    suppliers: int
    most: int

    @classmethod
    def of(cls, way: str, assignment: Assignment) -> AssignmentFigures:
        """Return the figures of `assignment`."""
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
    """All that a report says. `on` is the day of the search; shares of `sectors` and `sizes` are means over needs."""

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
    exposed_needs: int
    sought: tuple[InDemandSupplier, ...]
    assignments: tuple[AssignmentFigures, ...] = ()


@dataclass
class FiguresBuilder:
    """Adds up the figures of a programme, answer by answer."""

    programme: Programme
    lookup: BodyLookup
    needs: int = 0
    matches: int = 0
    gap_count: int = 0
    last: NeedResult | None = None
    exposure: Exposure = field(default_factory=Exposure)
    gaps: list[Gap] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    _levels: dict[str, dict[str, Counter[str]]] = field(default_factory=lambda: {"region": {}, "icb": {}, "theme": {}})
    _overall: Counter[str] = field(default_factory=Counter)
    _icbs: dict[str, str] = field(default_factory=dict)

    def add(self, answered: NeedResult, eligible: SupplierMix) -> None:
        """Add an answer, and the mix of those eligible for its need."""
        level = level_of(answered)
        groups = {"region": region_of(answered.need), "icb": self._icb(answered.need), "theme": answered.theme}
        for by, group in groups.items():
            self._levels[by].setdefault(group, Counter())[level] += 1
        self._overall[level] += 1
        self.needs += 1
        self.matches += len(answered.result.results)
        self.last = answered
        self.exposure.add(eligible, [(one.sector, one.size) for one in answered.suppliers])
        if not answered.result.results:
            self.unmatched.append(answered.need.id)
        if is_gap(answered):
            self.gap_count += 1
            if len(self.gaps) < MAX_GAPS:
                self.gaps.append(gap_of(answered))

    def figures(
        self, *, on: str, suppliers: int, sought: list[SupplierDemand], assignments: Mapping[str, Assignment]
    ) -> ProgrammeFigures:
        """Return the figures of all that was added; at least one answer was."""
        assert self.last is not None
        result = self.last.result
        return ProgrammeFigures(
            programme=self.programme,
            on=on,
            model=result.model,
            sequence=result.sequence,
            considered=result.considered,
            needs=self.needs,
            matches=self.matches,
            suppliers=suppliers,
            overall=_coverage("All needs", self._overall),
            by_region=self._by("region"),
            by_icb=self._by("icb"),
            by_theme=self._by("theme"),
            gaps=tuple(self.gaps),
            gap_count=self.gap_count,
            sectors=self.exposure.lines("sectors"),
            sizes=self.exposure.lines("sizes"),
            exposed_needs=self.exposure.needs,
            sought=tuple(_sought(one) for one in sought),
            assignments=tuple(AssignmentFigures.of(way, one) for way, one in assignments.items()),
        )

    def _by(self, by: str) -> tuple[CoverageByLevel, ...]:
        """Return the coverage by groups, the largest first; what is not known comes last."""
        found = [_coverage(group, counts) for group, counts in self._levels[by].items()]
        last = {NO_REGION, NO_ICB, "Other"}
        return tuple(sorted(found, key=lambda one: (one.group in last, -one.needs, one.group)))

    def _icb(self, need: Need) -> str:
        if need.buyer is None:
            return NO_ICB
        asked = need.buyer.ods_code or need.buyer.name
        if asked not in self._icbs:
            found = [body.name for body in bodies_of(asked, self.lookup) if body.role.lower() == "icb"]
            self._icbs[asked] = " / ".join(found) or NO_ICB
        return self._icbs[asked]


def level_of(answered: NeedResult) -> str:
    """Return how well a need is covered."""
    return answered.result.results[0].band.value if answered.result.results else NO_SUPPLIER


def is_gap(answered: NeedResult) -> bool:
    """Whether nobody fits a need."""
    return level_of(answered) in (NO_SUPPLIER, Band.UNLIKELY)


def gap_of(answered: NeedResult) -> Gap:
    """Return a need nobody fits as the report tells it."""
    result, best = answered.result, next(iter(answered.result.results), None)
    return Gap(
        need_id=answered.need.id,
        title=answered.need.title,
        buyer=answered.buyer,
        theme=answered.theme,
        eligible=result.eligible,
        excluded=result.excluded,
        best=best.name if best else None,
        probability=best.probability if best else None,
    )


def region_of(need: Need) -> str:
    """Return the region of a need in words."""
    regions = regions_of_record(need)
    if len(regions) > 1:
        return SEVERAL
    return next((Region(region).value for region in regions), NO_REGION)


def _coverage(group: str, counts: Counter[str]) -> CoverageByLevel:
    return CoverageByLevel(group=group, counts={level: counts[level] for level in LEVELS})


def _sought(one: SupplierDemand) -> InDemandSupplier:
    supplier = one.supplier
    return InDemandSupplier(
        profile_id=supplier.id, name=supplier.name, sector=supplier.sector.value, first=one.first, shown=one.shown
    )
