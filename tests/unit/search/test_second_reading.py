"""Second reading: it reorders the first candidates only, and its part of the score is never negative."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from matcher.records import Need, Profile, parse
from matcher.scoring import PARTS, Curve
from matcher.scoring.profile_signals import READING
from matcher.search.second_reading import SecondReading
from matcher.store import Store
from tests.support.fakes import ListReader, engine_over, shipped_model

ON = date(2024, 5, 1)
NEED = Need(id="n", title="Falls classes", description="Balance classes for older people")
COLUMN = PARTS.index(READING)
MODEL = replace(
    shipped_model(),
    curves={**shipped_model().curves, READING: Curve((-2.0, 2.0), (0.0, 100.0))},
    read_log_odds=Curve((0.0, 100.0), (-3.0, 3.0)),
)


@pytest.fixture
def store() -> Store:
    """A register of six suppliers: five describe themselves, and one has only a name."""
    store = Store.open("sqlite://")
    with store.writing() as writer:
        for n in range(5):
            capability = {"title": f"Class {n}", "description": "falls balance classes " * (n + 1)}
            work = {"title": "Steady steps", "description": "falls classes for older people"}
            fields = {"summary": "meals", "capabilities": [capability], "track_record": [work] if n == 4 else []}
            writer.put(parse(Profile, {"id": f"p{n}", "name": f"Supplier {n}", **fields}))
        writer.put(Profile(id="bare", name="Falls Classes"))
    return store


def test_the_first_candidates_are_reordered_and_the_others_stay(store: Store) -> None:
    engine = engine_over(store, model=MODEL)
    before = engine.ranking(NEED, on=ON)
    reader = ListReader([-2.0, 0.0, 1.0])
    engine.second_reading = SecondReading(reader, 3)
    after = engine.ranking(NEED, on=ON)
    assert after.ids == [*before.ids[2::-1], *before.ids[3:]]
    added = after.scored.parts[after.order, COLUMN]
    assert added.tolist() == [75.0, 50.0, 0.0, 0.0, 0.0, 0.0]
    assert (np.diff(after.scored.scores[after.order]) <= 0).all()
    assert np.array_equal(np.delete(before.scored.parts, COLUMN, 1), np.delete(after.scored.parts, COLUMN, 1))
    assert (before.is_read, after.is_read) == (False, True)
    assert engine.reader_of(after) == "list"
    assert engine.reader_of(before) is None


def test_the_reader_sees_the_name_and_the_best_piece(store: Store) -> None:
    engine = engine_over(store, model=MODEL)
    reader = ListReader([0.0] * 6)
    engine.second_reading = SecondReading(reader, 30)
    ranking = engine.ranking(NEED, on=ON)
    assert reader.needs == ["Falls classes. Balance classes for older people"]
    assert len(reader.texts) == len(ranking.candidates) == 6
    assert "Falls Classes" in reader.texts, "a profile with nothing but a name"
    assert all("meals" not in text for text in reader.texts)
    assert sum(text.startswith("Supplier") for text in reader.texts) == 5


def test_the_probability_is_that_of_a_ranking_that_was_read(store: Store) -> None:
    engine = engine_over(store, model=MODEL)
    engine.second_reading = SecondReading(ListReader([2.0] * 6), 30)
    ranking = engine.ranking(NEED, on=ON)
    assert np.array_equal(ranking.probabilities, MODEL.probability(ranking.scored.scores, read=True))
    [first, *_] = engine.search(NEED, on=ON).results
    assert first.probability == ranking.probabilities.max()
    assert first.contributions[READING] == 100.0


def test_nothing_is_read_without_candidates_or_if_the_model_gives_readings_no_weight(store: Store) -> None:
    reader = ListReader([1.0] * 6)
    engine = engine_over(store, model=MODEL.without([READING]))
    engine.second_reading = SecondReading(reader, 30)
    assert not engine.ranking(NEED, on=ON).is_read
    empty = engine_over(Store.open("sqlite://"), model=MODEL)
    empty.second_reading = SecondReading(reader, 30)
    assert empty.ranking(NEED, on=ON).ids == []
    assert reader.texts == []
