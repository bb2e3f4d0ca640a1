"""Needs searched together are answered like each of them alone, bit for bit, in whatever numbers it is multiplied."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.embedding import Vectors
from matcher.engine import eligible_in, ranking_of, rankings_of
from matcher.index import Coarse, Index, query_for
from matcher.index import retrieval as retrieval_module
from matcher.index.coarse import distance
from matcher.records import Filters, Need, Profile
from matcher.store import Store
from tests.fakes import engine_over, shipped_model
from tests.reference import made_register
from tests.strategies import TODAY, WORDS, filters, needs, registers

KINDS = (torch.float32, torch.bfloat16)
MODEL = shipped_model()


def unit(draw: np.random.Generator, rows: int, dimensions: int = 384) -> Vectors:
    vectors = draw.standard_normal((rows, dimensions), dtype=np.float32)
    lengths: Vectors = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths


def hold(index: Index, asked: list[tuple[Need, Filters]], kind: torch.dtype, depth: int) -> None:
    """Compare needs searched together with each alone."""
    with Store.open("sqlite://") as store:
        encoder = engine_over(store).encoder
    pairs = [(query_for(need, encoder, TODAY), eligible_in(index, need, chosen, True, TODAY)) for need, chosen in asked]
    together = rankings_of(index, Coarse(index, kind), pairs, MODEL, depth=depth, on=TODAY)
    for (query, eligible), found in zip(pairs, together, strict=True):
        alone = ranking_of(index, query, eligible, MODEL, depth=depth, on=TODAY)
        for name, column in vars(alone.candidates).items():
            assert np.array_equal(column, vars(found.candidates)[name], equal_nan=column.dtype.kind == "f"), name
        assert found.scored.parts.tobytes() == alone.scored.parts.tobytes()
        assert found.findings(10) == alone.findings(10)


def index_of(profiles: list[Profile], parts: int = 1) -> Index:
    """Return the index of `profiles`, taken in in some parts so that it has several segments and dead rows."""
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
    asked=st.lists(st.tuples(needs(), filters()), min_size=1, max_size=5),
    kind=st.sampled_from(KINDS),
    depth=st.integers(1, 5),
)
def test_small_registers(
    profiles: list[Profile], asked: list[tuple[Need, Filters]], kind: torch.dtype, depth: int
) -> None:
    hold(index_of(profiles), asked, kind, depth)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("parts", [1, 5])
def test_a_register_larger_than_the_depth(kind: torch.dtype, parts: int) -> None:
    index, deal = index_of(made_register(500, seed=8), parts), random.Random(1)
    asked = [(Need(id=f"n{n}", title=" ".join(deal.sample(WORDS, 3))), Filters()) for n in range(12)]
    hold(index, [*asked, (Need(id="x", title="unheard"), Filters())], kind, 20)


@pytest.mark.parametrize("kind", KINDS)
def test_no_cosine_is_further_off_than_proved(kind: torch.dtype) -> None:
    draw = np.random.default_rng(2)
    profiles = made_register(200, seed=3)
    changes = [(n, profile.id, profile) for n, profile in enumerate(profiles, 1)]
    index = Index("e").updated(changes, lambda texts: unit(draw, len(texts)), 200)
    queries = np.concatenate([unit(draw, 20), index.segments[0].matrix()[:20]])
    rows = np.arange(len(index.passages))
    rough = Coarse(index, kind).of_rows(queries, rows)
    assert np.abs(rough - index.similarities(queries, rows)).max() <= distance(384, kind)
    blocks = np.concatenate([block for _, block in Coarse(index, kind).blocks(queries)])
    assert blocks.shape == rough.shape


def test_vectors_that_are_not_of_length_one_lose_nobody() -> None:
    """The bound is of unit vectors; where it is seen not to hold, every passage is scanned."""
    draw = np.random.default_rng(2)
    profiles = made_register(200, seed=3)
    changes = [(n, profile.id, profile) for n, profile in enumerate(profiles, 1)]
    index = Index("e").updated(changes, lambda texts: 100 * unit(draw, len(texts), 256), 200)
    hold(index, [(Need(id="n", title="falls clinic"), Filters())], torch.bfloat16, 10)


def test_a_guess_that_is_too_high_loses_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval_module.Field, "guess", lambda *_: 0.9)
    index = index_of(made_register(300, seed=8))
    hold(index, [(Need(id="n", title=" ".join(WORDS[:3])), Filters())], torch.float32, 20)
