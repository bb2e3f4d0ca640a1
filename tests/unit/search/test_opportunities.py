"""Opportunities are the search reversed: the same needs, scores, parts and evidence."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from matcher.foundations.errors import NotFound
from matcher.records import (
    Accreditation,
    Capability,
    Coverage,
    Need,
    Profile,
    Region,
    Requirements,
    Stage,
    TrackRecord,
)
from matcher.search.opportunities import is_open, opportunities_for, opportunities_of
from matcher.store import RecordKind, Store
from tests.support.fakes import engine_over

TODAY = date(2026, 6, 1)
WORDS = ("falls", "older", "people", "strength", "balance", "home", "nurse", "clinic", "stroke", "carers", "music")


def said(chance: random.Random, most: int) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(1, most)))


def made_profile(chance: random.Random, number: int) -> Profile:
    return Profile(
        id=f"p{number:02}",
        name=said(chance, 3),
        summary=said(chance, 30),
        coverage=Coverage(regions=tuple(chance.sample(list(Region), 2))),
        turnover=chance.choice([None, 1e4, 1e6]),
        capabilities=tuple(Capability(title=said(chance, 3), description=said(chance, 20)) for _ in range(number % 3)),
        track_record=tuple(TrackRecord(title=said(chance, 4), date=TODAY - timedelta(90)) for _ in range(number % 4)),
        accreditations=(Accreditation(scheme="DSPT"),) if number % 2 else (),
    )


def made_need(chance: random.Random, number: int) -> Need:
    requirements = Requirements(
        accreditations=("DSPT",) if number % 3 == 0 else (), regions=tuple(chance.sample(list(Region), 6))
    )
    return Need(
        id=f"n{number:02}",
        title=said(chance, 4),
        description=said(chance, 30),
        requirements=requirements if number % 2 else Requirements(),
        value=chance.choice([None, 1e5]),
        closes=chance.choice([None, TODAY, TODAY - timedelta(1)]),
    )


@pytest.mark.parametrize("apply_requirements", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_an_opportunity_is_what_the_search_of_the_need_says(
    file_store: Store, seed: int, apply_requirements: bool
) -> None:
    chance = random.Random(seed)
    profiles = [made_profile(chance, number) for number in range(40)]
    needs = [made_need(chance, number) for number in range(24)]
    engine = engine_over(file_store)
    with file_store.writing() as writer:
        for profile in profiles:
            writer.put(profile)
        for need in needs:
            writer.put(need)
    engine.index()
    with file_store.writing() as writer:  # some stand in a segment of their own, some are dead where they stood
        for profile in profiles[::5]:
            writer.put(profile.model_copy(update={"summary": said(chance, 30)}))
        for profile in profiles[1::9]:
            writer.withdraw(RecordKind.PROFILE, profile.id)

    expected: dict[str, list[tuple[object, ...]]] = {}
    for need in needs:
        if is_open(need, TODAY):
            result = engine.search(need, top=100, apply_requirements=apply_requirements, on=TODAY)
            for match in result.results:
                row = (-match.score, need.id, match.probability, match.contributions, match.evidence)
                expected.setdefault(match.profile_id, []).append(row)
    alive = [profile.id for profile in profiles if profile not in profiles[1::9]]
    compared, one_by_one = 0, {}
    for id in alive:
        found = opportunities_for(engine, id, top=100, apply_requirements=apply_requirements, on=TODAY)
        rows = [(-o.score, o.need_id, o.probability, o.contributions, o.evidence) for o in found.results]
        assert rows == sorted(expected.get(id, []), key=lambda row: row[:2])
        assert [one.rank for one in found.results] == list(range(1, len(rows) + 1))
        assert found.considered == sum(is_open(need, TODAY) for need in needs)
        assert found.eligible == len(rows)
        compared += len(rows)
        one_by_one[id] = found
    assert compared > 100
    together = opportunities_of(engine, alive, hidden=(), top=100, apply_requirements=apply_requirements, on=TODAY)
    assert together == one_by_one
    with pytest.raises(NotFound):
        opportunities_for(engine, profiles[1].id)


@pytest.mark.parametrize(
    ("need", "open"),
    [
        (Need(id="n", title="Care"), True),
        (Need(id="n", title="Care", closes=TODAY), True),
        (Need(id="n", title="Care", closes=TODAY - timedelta(1)), False),
        (Need(id="n", title="Care", stage=Stage.AWARD), False),
        (Need(id="n", title="Care", stage=Stage.IDEA), True),
        (Need(id="n", title="Care", published=TODAY + timedelta(1)), False),
        (Need(id="n", title="Care", published=TODAY), True),
    ],
)
def test_what_is_open(need: Need, open: bool) -> None:
    assert is_open(need, TODAY) is open


def test_what_stands_in_the_way_is_counted(file_store: Store) -> None:
    with file_store.writing() as writer:
        writer.put(Profile(id="p", name="Falls", coverage=Coverage(regions=(Region.LONDON,))))
        for number, regions in enumerate([(Region.LONDON,), (Region.WALES,)]):
            required = Requirements(regions=regions, accreditations=("DSPT",) if number else ())
            writer.put(Need(id=f"n{number}", title="Falls", requirements=required))
    engine = engine_over(file_store)
    found = opportunities_for(engine, "p")
    assert (found.considered, found.eligible, found.excluded) == (2, 1, {"accreditations": 1, "regions": 1})
    assert [one.need_id for one in found.results] == ["n0"]
    every = opportunities_for(engine, "p", apply_requirements=False)
    assert (every.eligible, every.excluded) == (2, {})
    hidden = opportunities_for(engine, "p", hidden={"n0"})
    assert (hidden.considered, hidden.results) == (1, ())
