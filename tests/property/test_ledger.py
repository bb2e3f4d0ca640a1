"""Properties of the ledger: every sequence of events verifies and replays, and numbers survive bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from matcher.foundations.errors import Conflict
from matcher.ledger import Event, Ledger, RecordedResult
from matcher.records import Filters, Need, Profile
from matcher.store import RecordKind, Store
from tests.support.ledgers import ACTOR, OtherWordEncoder, engine_on, put
from tests.support.strategies import TODAY, filters, needs, profiles, registers

floats = st.floats(width=64) | st.sampled_from([0.0, -0.0, 5e-324, float("nan"), float("inf")])
names = st.lists(st.text(min_size=1, max_size=5), max_size=4, unique=True).map(tuple)


@st.composite
def results(draw: st.DrawFn) -> RecordedResult:
    """Return a result with arbitrary numbers in it."""
    profiles, parts, excluded, chosen = (draw(names) for _ in range(4))

    def numbers(*shape: int) -> Any:
        return draw(arrays.arrays(np.float64, shape, elements=floats))

    count = len(profiles)
    return RecordedResult(
        profiles=profiles,
        revisions=draw(arrays.arrays(np.int64, count)),
        scores=numbers(count),
        probabilities=numbers(count),
        part_names=parts,
        parts=numbers(count, len(parts)),
        excluded=excluded,
        filters=chosen,
        failing=draw(arrays.arrays(np.bool_, (len(chosen), len(excluded)))),
        vectors=draw(arrays.arrays(np.float32, (2, 3), elements=st.floats(width=32))),
        readings=numbers(count),
    )


@given(result=results())
def test_a_result_survives_a_round_trip_bit_for_bit(result: RecordedResult) -> None:
    restored = RecordedResult.from_bytes(result.to_bytes())
    for name, value in vars(result).items():
        field = getattr(restored, name)
        if isinstance(value, np.ndarray):
            assert (field.dtype, field.shape, field.tobytes()) == (value.dtype, value.shape, value.tobytes())
        else:
            assert field == value


# A search to save, an event for a candidate in a decision (both given by position), or a change to the register.
searches = st.tuples(needs(), filters(), st.booleans())
notes = st.tuples(
    st.integers(0, 3), st.sampled_from([event for event in Event if event is not Event.SEARCH]), st.integers(0, 3)
)
steps = st.lists(searches | notes | profiles() | st.just("withdraw"), min_size=1, max_size=12)


@settings(max_examples=40)
@given(register=registers(min_size=1), history=steps)
def test_every_sequence_of_events_verifies_and_replays(register: list[Profile], history: list[Any]) -> None:
    with Store.open("sqlite://") as store:
        put(store, *register)
        ledger, engine = Ledger(store), engine_on(store)
        entries = 0
        for step in history:
            entries += take_step(ledger, store, engine, step)
            verification = ledger.verify()
            assert (verification.intact, verification.entries) == (True, entries)
            assert verification.hash == ledger.head()[1]
        hashes = [entry.hash for entry in ledger.entries()]
        assert all(ledger.verify(hash).intact for hash in hashes)
        for current in (engine, engine_on(store, OtherWordEncoder())):
            assert all(replay.identical for replay in ledger.replays(current))


def take_step(ledger: Ledger, store: Store, engine: Any, step: Any) -> int:
    """Take one step and return the number of entries it adds."""
    if isinstance(step, Profile):
        put(store, step)
        return 0
    if step == "withdraw":
        present = [change.id for change in store.profile_changes(0) if change.profile]
        if present:
            with store.writing() as writer:
                writer.withdraw(RecordKind.PROFILE, present[0])
        return 0
    if isinstance(step[0], Need):
        need, chosen, applied = step
        assert isinstance(chosen, Filters)
        ledger.save(engine, need, chosen, by=ACTOR, apply_requirements=applied, on=TODAY)
        return 1
    return try_note(ledger, *step)


def try_note(ledger: Ledger, decision: int, event: Event, candidate: int) -> int:
    """Note an event if the decision and candidate exist. Return the number of entries added, 0 or 1."""
    decisions = list(ledger.decisions())
    if decision >= len(decisions):
        return 0
    candidates = ledger.result(decisions[decision]).profiles
    if event is not Event.CLOSE and candidate >= len(candidates):
        return 0
    profile = None if event is Event.CLOSE else candidates[candidate]
    before = ledger.head()
    try:
        ledger.note(decisions[decision].id, event, profile, by=ACTOR, reason="a reason")
    except Conflict:
        assert ledger.head() == before
        return 0
    return 1
