"""The index is a cache: brought up to date in any steps, it answers bit for bit like one built at once."""

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

# A profile that is put, or the id of one that is withdrawn where it is there.
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


def answers(engine: Engine, asked: Sequence[tuple[Need, Filters]]) -> list[SearchResult]:
    """Return the full answers to some questions."""
    return [engine.search(need, chosen, top=1_000, apply_requirements=False, on=TODAY) for need, chosen in asked]


@settings(max_examples=40)
@given(
    batches=st.lists(st.tuples(steps, st.booleans()), min_size=1, max_size=6),
    asked=questions,
    depth=st.sampled_from([1, 3, 1_000]),
)
def test_any_sequence_of_changes(
    batches: list[tuple[list[Step], bool]], asked: list[tuple[Need, Filters]], depth: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, Store.open("sqlite://") as store:
        snapshots = Snapshots(Path(folder))
        followed = engine_over(store, candidates=depth, snapshots=snapshots)
        for changes, restarted in batches:
            apply(store, changes)
            if restarted:  # what was saved is read again by a new process, which then follows on
                followed.save()
                followed = engine_over(store, candidates=depth, snapshots=snapshots)
            assert answers(followed, asked) == answers(engine_over(store, candidates=depth), asked)


def test_a_long_life() -> None:
    """Hundreds of profiles, first many at once, then by ones and twos, so that segments join and are rewritten."""
    deal = random.Random(5)
    waiting = made_register(600, seed=9)
    asked = [(Need(id=f"n{i}", title=" ".join(deal.sample(WORDS, 3))), Filters()) for i in range(3)]
    present: list[str] = []
    with Store.open("sqlite://") as store:
        followed = engine_over(store, candidates=20)
        segments = set()
        for size in (300, 1, 1, 2, 40, 1, 100, 1, 1, 20, 1, 100):
            new = [waiting.pop() for _ in range(size)]
            gone = deal.sample(present, len(present) // 8)
            changed = [
                profile.model_copy(update={"summary": deal.choice(WORDS)})
                for profile in store.profiles(deal.sample(present, len(present) // 20)).values()
                if profile.id not in gone
            ]
            apply(store, [*new, *gone, *changed])
            present = [id for id in [*present, *(profile.id for profile in new)] if id not in gone]
            assert answers(followed, asked) == answers(engine_over(store, candidates=20), asked)
            assert len(followed.index()) == len(present)
            segments.add(len(followed.index().segments))
        assert max(segments) > 1, "the followed index has lived in several segments"
