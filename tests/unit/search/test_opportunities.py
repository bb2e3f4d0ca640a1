"""Opportunities are searches in reverse, with the same scores, parts and evidence."""

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


def words(rng: random.Random, most: int) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randint(1, most)))


def generated_profile(rng: random.Random, number: int) -> Profile:
    return Profile(
        id=f"p{number:02}",
        name=words(rng, 3),
        summary=words(rng, 30),
        coverage=Coverage(regions=tuple(rng.sample(list(Region), 2))),
        turnover=rng.choice([None, 1e4, 1e6]),
        capabilities=tuple(Capability(title=words(rng, 3), description=words(rng, 20)) for _ in range(number % 3)),
        track_record=tuple(TrackRecord(title=words(rng, 4), date=TODAY - timedelta(90)) for _ in range(number % 4)),
        accreditations=(Accreditation(scheme="DSPT"),) if number % 2 else (),
    )


def generated_need(rng: random.Random, number: int) -> Need:
    requirements = Requirements(
        accreditations=("DSPT",) if number % 3 == 0 else (), regions=tuple(rng.sample(list(Region), 6))
    )
    return Need(
        id=f"n{number:02}",
        title=words(rng, 4),
        description=words(rng, 30),
        requirements=requirements if number % 2 else Requirements(),
        value=rng.choice([None, 1e5]),
        closes=rng.choice([None, TODAY, TODAY - timedelta(1)]),
    )


@pytest.mark.parametrize("apply_requirements", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_an_opportunity_equals_the_match_in_the_search_of_the_need(
    file_store: Store, seed: int, apply_requirements: bool
) -> None:
    rng = random.Random(seed)
    profiles = [generated_profile(rng, number) for number in range(40)]
    needs = [generated_need(rng, number) for number in range(24)]
    engine = engine_over(file_store)
    with file_store.writing() as writer:
        for profile in profiles:
            writer.put(profile)
        for need in needs:
            writer.put(need)
    engine.index()
    with file_store.writing() as writer:  # so that the index has two segments and dead rows
        for profile in profiles[::5]:
            writer.put(profile.model_copy(update={"summary": words(rng, 30)}))
        for profile in profiles[1::9]:
            writer.withdraw(RecordKind.PROFILE, profile.id)

    expected: dict[str, list[tuple[object, ...]]] = {}
    for need in needs:
        if is_open(need, TODAY):
            result = engine.search(need, top=100, apply_requirements=apply_requirements, on=TODAY)
            for match in result.results:
                row = (-match.score, need.id, match.probability, match.contributions, match.reasons, match.evidence)
                expected.setdefault(match.profile_id, []).append(row)
    live = [profile.id for profile in profiles if profile not in profiles[1::9]]
    compared, separate = 0, {}
    for id in live:
        opportunities = opportunities_for(engine, id, top=100, apply_requirements=apply_requirements, on=TODAY)
        rows = [
            (-o.score, o.need_id, o.probability, o.contributions, o.reasons, o.evidence) for o in opportunities.results
        ]
        assert rows == sorted(expected.get(id, []), key=lambda row: row[:2])
        assert [opportunity.rank for opportunity in opportunities.results] == list(range(1, len(rows) + 1))
        assert opportunities.considered == sum(is_open(need, TODAY) for need in needs)
        assert opportunities.eligible == len(rows)
        compared += len(rows)
        separate[id] = opportunities
    assert compared > 100
    together = opportunities_of(engine, live, hidden=(), top=100, apply_requirements=apply_requirements, on=TODAY)
    assert together == separate
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
def test_a_need_is_open_from_publication_until_it_closes_or_is_awarded(need: Need, open: bool) -> None:
    assert is_open(need, TODAY) is open


def test_unmet_requirements_are_counted(file_store: Store) -> None:
    with file_store.writing() as writer:
        writer.put(Profile(id="p", name="Falls", coverage=Coverage(regions=(Region.LONDON,))))
        for number, regions in enumerate([(Region.LONDON,), (Region.WALES,)]):
            required = Requirements(regions=regions, accreditations=("DSPT",) if number else ())
            writer.put(Need(id=f"n{number}", title="Falls", requirements=required))
    engine = engine_over(file_store)
    opportunities = opportunities_for(engine, "p")
    assert (opportunities.considered, opportunities.eligible, opportunities.excluded) == (
        2,
        1,
        {"accreditations": 1, "regions": 1},
    )
    assert [opportunity.need_id for opportunity in opportunities.results] == ["n0"]
    every = opportunities_for(engine, "p", apply_requirements=False)
    assert (every.eligible, every.excluded) == (2, {})
    hidden = opportunities_for(engine, "p", hidden={"n0"})
    assert (hidden.considered, hidden.results) == (1, ())
