"""A programme: its area, its needs, their themes, and the assignment of suppliers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.foundations.errors import InvalidInput, NotFound
from matcher.programme.area import EVERYWHERE, area_of
from matcher.programme.needs.stored import NeedQuery
from matcher.programme.programme import Programme
from matcher.programme.results.assignment import Assignment, greedy, optimal, unlimited
from matcher.programme.results.themes import NO_THEME, divisions, theme_of, themes
from matcher.records import Buyer, Need, Region, Stage
from matcher.store import Store


@dataclass(frozen=True)
class Body:
    code: str
    name: str
    role: str


WY = Body("QWO", "NHS West Yorkshire Integrated Care Board", "icb")
ODS = {
    "QWO": (WY,),
    "15F": (WY,),
    "NHS LEEDS CCG": (WY,),
    "OXFORD AHSN": (Body("", "Health Innovation Oxford", "hin"),),
}


def lookup(name: str) -> Sequence[Body]:
    if name.upper() not in ODS:
        raise NotFound("no", remedy="")
    return ODS[name.upper()]


def test_a_region_is_an_area() -> None:
    assert area_of(" yorkshire & the humber ").regions == (Region.YORKSHIRE_AND_THE_HUMBER,)
    assert area_of("England") == area_of("") == EVERYWHERE


@pytest.mark.parametrize("name", ["15f", "NHS Leeds CCG", "Leeds Clinical Commissioning Group"])
def test_a_past_code_or_name_gives_the_current_body(name: str) -> None:
    area = area_of(name, lookup)
    assert (area.name, area.codes, area.asked) == (WY.name, ("QWO",), name)
    assert area.regions == (Region.YORKSHIRE_AND_THE_HUMBER,)
    assert area_of("QWO", lookup).asked is None


def test_a_network_without_a_code_is_an_area() -> None:
    area = area_of("Oxford AHSN", lookup)
    assert (area.name, area.codes, area.regions) == ("Health Innovation Oxford", (), (Region.SOUTH_EAST,))


@pytest.mark.parametrize("name", ["Health Innovation Oxford", "Health Innovation East"])
def test_a_current_network_is_an_area(name: str) -> None:
    area = area_of(name, lookup)
    assert (area.name, len(area.regions), area.asked) == (name, 1, None)


def test_a_place_is_an_area_and_nonsense_is_refused() -> None:
    assert area_of("Greater Manchester").regions == (Region.NORTH_WEST,)
    with pytest.raises(InvalidInput, match="not a known region, place or NHS organisation"):
        area_of("Q!?")


def test_a_need_without_a_place_gets_the_programmes_region() -> None:
    programme = Programme(name="P", area=area_of("London"))
    assert programme.with_default_region(Need(id="n", title="Falls")).region == "London"
    for need in (Need(id="n", title="Falls in Leeds"), Need(id="n", title="Falls", region="Wales")):
        assert programme.with_default_region(need) == need
    assert Programme(name="P").with_default_region(Need(id="n", title="Falls")).region is None


def test_stored_needs_are_selected(file_store: Store) -> None:
    needs = [
        Need(id="a", title="Falls clinic", stage=Stage.TENDER, buyer=Buyer(name="NHS X", ods_code="QWO")),
        Need(id="b", title="Meals", description="for Leeds", cpv=("55320000",), closes=date(2026, 1, 1)),
        Need(id="c", title="Falls", description="The clinic", closes=date(2027, 1, 1)),
    ]
    with file_store.writing() as writer:
        writer.put_many([(need, None) for need in needs])

    def selected(**conditions: object) -> list[str]:
        return [need.id for need in NeedQuery.model_validate(conditions).select_from(file_store)]

    assert selected() == ["a", "b", "c"]
    assert selected(stages=["tender", "idea"]) == ["a"]
    assert selected(regions=["Yorkshire"]) == ["a", "b"], "the buyer of a, QWO, is in Yorkshire"
    assert selected(regions=["London"]) == []
    assert selected(cpv=["553"]) == ["b"]
    assert selected(buyer="qwo") == selected(buyer="nhs") == ["a"]
    assert selected(words="clinic falls") == ["a", "c"]
    assert selected(open_on=date(2026, 6, 1)) == ["a", "c"]
    assert selected(words="falls", stages=["idea"]) == []


@pytest.mark.parametrize(
    ("need", "theme"),
    [
        (Need(id="n", title="Smoking cessation", cpv=("45000000",)), "Drugs, alcohol and tobacco"),
        (Need(id="n", title="Framework", cpv=("33600000",)), "Medicines and pharmacy supply"),
        (Need(id="n", title="Framework", description="A homeless hostel"), "Housing and homelessness"),
        (Need(id="n", title="Lot 2", cpv=("41000000",)), "Collected and purified water"),
        (Need(id="n", title="Lot 2", cpv=("85000000",)), NO_THEME),
    ],
)
def test_themes(need: Need, theme: str) -> None:
    assert theme_of(need) == theme


def test_the_table_of_themes_is_consistent() -> None:
    names = [theme.name for theme in themes()]
    starts = [start for theme in themes() for start in theme.cpv]
    assert len(set(names)) == len(names)
    assert len(set(starts)) == len(starts), "no code belongs to two themes"
    assert all(start.isdigit() and start[:2] in divisions() for start in starts)
    assert len(divisions()) == 45


# Need, supplier, rank, and probability.
Pair = tuple[int, str, int, float]


def frame_of(pairs: Iterable[Pair]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["need", "supplier", "rank", "probability"])


def pairs_of(assignment: Assignment) -> list[Pair]:
    return list(assignment.pairs.itertuples(index=False, name=None))


PAIRS = frame_of([
    (0, "a", 1, 0.9), (0, "b", 2, 0.5),
    (1, "a", 1, 0.8), (1, "b", 2, 0.1),
    (2, "a", 1, 0.7),
])  # fmt: skip


def test_greedy_and_best_assignment_worked_out_by_hand() -> None:
    assert unlimited(PAIRS).loads == {"a": 3}
    by_greed, best = greedy(PAIRS, 1), optimal(PAIRS, 1)
    assert {need: assigned.supplier for need, assigned in by_greed.by_need().items()} == {0: "a", 1: "b"}
    assert {need: assigned.supplier for need, assigned in best.by_need().items()} == {0: "b", 1: "a"}
    assert (best.served, best.first_choices) == (2, 1)
    assert best.probability == pytest.approx(1.3)
    assert by_greed.probability == pytest.approx(1.0)
    assert optimal(PAIRS, 2).by_need().keys() == {0, 1, 2}
    assert optimal(frame_of([]), 1).served == 0


@st.composite
def pair_lists(draw: st.DrawFn) -> list[Pair]:
    pairs: list[Pair] = []
    for need in range(draw(st.integers(1, 4))):
        suppliers = draw(st.lists(st.sampled_from("abcd"), unique=True, max_size=3))
        chances = sorted(draw(st.lists(st.integers(1, 20), min_size=3, max_size=3)), reverse=True)
        pairs += [(need, supplier, i + 1, chances[i] / 20) for i, supplier in enumerate(suppliers)]
    return pairs


@given(pair_lists(), st.integers(1, 3))
def test_the_best_assignment_equals_a_search_of_all_assignments(pairs: list[Pair], capacity: int) -> None:
    frame = frame_of(pairs)
    best = optimal(frame, capacity)
    by_need: dict[int, list[Pair | None]] = {}
    for pair in pairs:
        by_need.setdefault(pair[0], [None]).append(pair)
    tried = []
    for choice in product(*by_need.values()):
        chosen = [pair for pair in choice if pair]
        if max(Counter(pair[1] for pair in chosen).values(), default=0) <= capacity:
            tried.append((len(chosen), round(sum(pair[3] for pair in chosen), 9)))
    assert (best.served, round(best.probability, 9)) == max(tried)
    for way in (best, greedy(frame, capacity)):
        assert max(way.loads.values(), default=0) <= capacity
        assert set(pairs_of(way)) <= set(pairs)
    assert greedy(frame, capacity).served <= best.served
    backwards = frame_of(reversed(pairs))
    assert pairs_of(optimal(backwards, capacity)) == pairs_of(best)
    assert pairs_of(greedy(backwards, capacity)) == pairs_of(greedy(frame, capacity))
