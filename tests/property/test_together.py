"""Needs searched in a batch get the same answers as in single searches, bit for bit, with either number type."""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from matcher.foundations.arrays import Array, Rows, Vectors
from matcher.foundations.ragged import Ragged
from matcher.index import Index, Prefilter, query_for
from matcher.records import Filters, Need, Profile
from matcher.scoring import Candidates
from matcher.search.explanations import explain
from matcher.search.ranking import eligible_in, ranking_of, rankings_of
from matcher.store import Store
from tests.support.adversaries import WorstPrefilter
from tests.support.fakes import engine_over, shipped_model
from tests.support.registers import made_register
from tests.support.strategies import TODAY, WORDS, filters, needs, registers

KINDS = (torch.float32, torch.bfloat16)
MODEL = shipped_model()


def unit(draw: np.random.Generator, rows: int, dimensions: int = 384) -> Vectors:
    vectors = draw.standard_normal((rows, dimensions), dtype=np.float32)
    lengths: Vectors = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths


def columns(candidates: Candidates) -> dict[str, Array]:
    """Return all arrays in `candidates`, by name."""
    arrays: dict[str, Array] = {}
    for name, value in vars(candidates).items():
        for key, column in value.items() if isinstance(value, Mapping) else [(name, value)]:
            parts = vars(column).items() if isinstance(column, Ragged) else [("", column)]
            arrays |= {f"{name}.{key}.{part}": array for part, array in parts}
    return arrays


def compare(index: Index, prefilter: Prefilter, searches: list[tuple[Need, Filters]], depth: int) -> None:
    """Compare one search for a batch of needs with a single search for each need."""
    with Store.open("sqlite://") as store:
        encoder = engine_over(store).encoder
    pairs = [
        (query_for(need, encoder, TODAY), eligible_in(index, need, chosen, True, TODAY)) for need, chosen in searches
    ]
    rankings = rankings_of(index, prefilter, pairs, MODEL, depth=depth)
    for (query, eligible), batched in zip(pairs, rankings, strict=True):
        alone = ranking_of(index, query, eligible, MODEL, depth=depth)
        expected, actual = columns(alone.candidates), columns(batched.candidates)
        assert expected.keys() == actual.keys()
        for name, column in expected.items():
            assert np.array_equal(column, actual[name], equal_nan=column.dtype.kind == "f"), name
        assert batched.scored.parts.tobytes() == alone.scored.parts.tobytes()
        assert explain(batched, 10) == explain(alone, 10)


def index_of(profiles: list[Profile], parts: int = 1) -> Index:
    """Return the index of `profiles`, updated in `parts` steps."""
    with Store.open("sqlite://") as store:
        engine = engine_over(store)
        for part in range(parts):
            with store.writing() as writer:
                for profile in profiles[part::parts]:
                    writer.put(profile)
            engine.index()
        return engine.index()


@settings(max_examples=25)
@given(
    profiles=registers(),
    searches=st.lists(st.tuples(needs(), filters()), min_size=1, max_size=5),
    kind=st.sampled_from(KINDS),
    depth=st.integers(1, 5),
)
def test_small_registers(
    profiles: list[Profile], searches: list[tuple[Need, Filters]], kind: torch.dtype, depth: int
) -> None:
    index = index_of(profiles)
    compare(index, Prefilter(index, kind), searches, depth)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("parts", [1, 5])
def test_a_register_larger_than_the_depth(kind: torch.dtype, parts: int) -> None:
    index, rng = index_of(made_register(500, seed=8), parts), random.Random(1)
    searches = [(Need(id=f"n{n}", title=" ".join(rng.sample(WORDS, 3))), Filters()) for n in range(12)]
    compare(index, Prefilter(index, kind), [*searches, (Need(id="x", title="unused"), Filters())], 20)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [1, 100])
def test_no_error_exceeds_its_bound(kind: torch.dtype, length: int) -> None:
    draw = np.random.default_rng(2)
    profiles = made_register(200, seed=3)
    changes = [(n, profile.id, profile) for n, profile in enumerate(profiles, 1)]
    index = Index("e").updated(changes, lambda texts: length * unit(draw, len(texts)), 200)
    queries = np.concatenate([unit(draw, 20), index.segments[0].matrix()[:20]])
    prefilter, rows = Prefilter(index, kind), np.arange(len(index.passages))
    approximate, exact, bound = (
        prefilter.cosines(queries, rows),
        index.similarities(queries, rows),
        prefilter.bound(queries),
    )
    assert (np.abs(approximate - exact) <= bound.error(approximate)).all()
    assert np.array_equal(np.concatenate([block for _, block in prefilter.blocks(queries)]), approximate)
    one = prefilter.bound(queries[:1])
    assert one.error(0.3) < 0.006 * length, "and the bound is small"
    for seen, true in zip(approximate[:50, 0], exact[:50, 0], strict=True):
        closer = approximate[exact[:, 0] >= true, 0]
        assert closer.min() >= one.threshold(float(seen)), "passages at least as close are above the threshold"


def test_vectors_of_other_lengths_lose_no_profile() -> None:
    draw = np.random.default_rng(2)
    profiles = made_register(200, seed=3)
    changes = [(n, profile.id, profile) for n, profile in enumerate(profiles, 1)]
    index = Index("e").updated(changes, lambda texts: 100 * unit(draw, len(texts), 256), 200)
    compare(index, Prefilter(index, torch.bfloat16), [(Need(id="n", title="falls clinic"), Filters())], 10)


class OverestimatingPrefilter(Prefilter):
    """Overestimates the cosines of the sample, so that guessed thresholds are too high."""

    def cosines(self, queries: Vectors, rows: Rows) -> NDArray[np.float32]:
        return np.full((len(rows), len(queries)), 0.9, dtype=np.float32)


def test_a_guess_that_is_too_high_loses_no_profile() -> None:
    index = index_of(made_register(300, seed=8))
    compare(
        index, OverestimatingPrefilter(index, torch.float32), [(Need(id="n", title=" ".join(WORDS[:3])), Filters())], 20
    )


@pytest.mark.parametrize("depth", [1, 5, 20])
def test_no_profile_is_lost_to_the_worst_errors(depth: int) -> None:
    index, rng = index_of(made_register(400, seed=8)), random.Random(2)
    searches = [(Need(id=f"n{n}", title=" ".join(rng.sample(WORDS, 3))), Filters()) for n in range(8)]
    compare(index, WorstPrefilter(index, depth), searches, depth)
