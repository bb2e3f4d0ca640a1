"""The index is a cache: however it is updated, it gives the same answers, bit for bit, as an index built in one go."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.index import Snapshots
from matcher.records import Filters, Need, Profile, SearchResult
from matcher.search.engine import Engine
from matcher.store import RecordKind, Store
from tests.support.fakes import engine_over
from tests.support.registers import made_register
from tests.support.strategies import TODAY, WORDS, filters, ids, needs, profiles

# A profile to store, or the id of a profile to withdraw if it exists.
Step = Profile | str
steps = st.lists(profiles() | ids, max_size=6)
questions = st.lists(st.tuples(needs(), filters()), min_size=1, max_size=3)


def apply(store: Store, changes: Sequence[Step]) -> None:
    """Write `changes` in one transaction."""
    with store.writing() as writer:
        for change in changes:
            if isinstance(change, Profile):
                writer.put(change)
            elif store.profiles([change]):
                writer.withdraw(RecordKind.PROFILE, change)


def answers(engine: Engine, searches: Sequence[tuple[Need, Filters]]) -> list[SearchResult]:
    """Return the complete answers to some searches."""
    return [engine.search(need, chosen, top=1_000, apply_requirements=False, on=TODAY) for need, chosen in searches]


@settings(max_examples=40)
@given(
    batches=st.lists(st.tuples(steps, st.booleans()), min_size=1, max_size=6),
    searches=questions,
    depth=st.sampled_from([1, 3, 1_000]),
)
def test_any_sequence_of_changes(
    batches: list[tuple[list[Step], bool]], searches: list[tuple[Need, Filters]], depth: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, Store.open("sqlite://") as store:
        snapshots = Snapshots(Path(folder))
        updated = engine_over(store, candidates=depth, snapshots=snapshots)
        for changes, restarted in batches:
            apply(store, changes)
            if restarted:  # a new process loads the snapshot and continues
                updated.save()
                updated = engine_over(store, candidates=depth, snapshots=snapshots)
            assert answers(updated, searches) == answers(engine_over(store, candidates=depth), searches)


def test_many_updates() -> None:
    """Hundreds of profiles are added in large and small batches, so that segments merge and are rewritten."""
    rng = random.Random(5)
    waiting = made_register(600, seed=9)
    searches = [(Need(id=f"n{i}", title=" ".join(rng.sample(WORDS, 3))), Filters()) for i in range(3)]
    present: list[str] = []
    with Store.open("sqlite://") as store:
        updated = engine_over(store, candidates=20)
        segments = set()
        for size in (300, 1, 1, 2, 40, 1, 100, 1, 1, 20, 1, 100):
            new = [waiting.pop() for _ in range(size)]
            removed = rng.sample(present, len(present) // 8)
            changed = [
                profile.model_copy(update={"summary": rng.choice(WORDS)})
                for profile in store.profiles(rng.sample(present, len(present) // 20)).values()
                if profile.id not in removed
            ]
            apply(store, [*new, *removed, *changed])
            present = [id for id in [*present, *(profile.id for profile in new)] if id not in removed]
            assert answers(updated, searches) == answers(engine_over(store, candidates=20), searches)
            assert len(updated.index()) == len(present)
            segments.add(len(updated.index().segments))
        assert max(segments) > 1, "the updated index has had several segments"
