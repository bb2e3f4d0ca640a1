"""Second readings in the ledger: a decision keeps them, so a replay needs no reader."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matcher.ledger import Ledger
from matcher.scoring import Curve
from matcher.scoring.profile_signals import READING
from matcher.search.second_reading import SecondReading
from matcher.store import Store
from tests.support.fakes import ListReader, shipped_model
from tests.support.ledgers import engine_on, filled, save


def test_a_replay_repeats_the_second_readings_without_a_reader(file_store: Store) -> None:
    """The reader in use has changed since, and would read the candidates otherwise."""
    curves = {**shipped_model().curves, READING: Curve((-2.0, 2.0), (0.0, 9.0))}
    engine = filled(file_store)
    engine.model = replace(engine.model, curves=curves, read_log_odds=Curve((0.0, 30.0), (-4.0, 4.0)))
    engine.second_reading = SecondReading(ListReader([-1.0, 0.5, 2.0]), 3)
    ledger, entry = Ledger(file_store), save(file_store, engine)
    assert entry.content.search is not None
    assert entry.content.search.reader == "list"
    result = ledger.result_of(entry)
    assert sorted(result.readings[~np.isnan(result.readings)].tolist()) == [-1.0, 0.5, 2.0]
    later = engine_on(file_store)
    later.second_reading = SecondReading(ListReader([0.0] * 3), 3)
    [replay] = ledger.replays(later)
    assert (replay.differences, replay.notes) == ((), ())
