"""The contract of every index: in memory, in several segments, and loaded from a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from matcher.embedding import CachedEncoder
from matcher.index import Index, Snapshots, highest, query_for, retrieve, terms_of
from matcher.records import Filters, Need, Profile, parse
from matcher.scoring import UNDATED
from matcher.texts.language import related
from tests.support.eligibility import failing
from tests.support.fakes import MemoryVectors, WordEncoder
from tests.support.reference_engine import BruteForce, describe
from tests.support.registers import SHARES, made_register
from tests.support.strategies import TODAY

ENCODER = WordEncoder()
CACHED = CachedEncoder(ENCODER, MemoryVectors())
REGISTER = made_register(400, seed=11)
SEQUENCES = {profile.id: number for number, profile in enumerate(REGISTER, start=1)}
QUERIES = (
    "falls clinic",
    "dementia meals for older people",
    "unused words",
    "the 7,500 cafe",
    "falls falls falls",
    "",
)
# Needs with all fields, and needs with almost none.
NEEDS = [
    parse(Need, {"id": "title-only", "title": "falls clinic"}),
    parse(Need, {"id": "unused", "title": "unused words", "description": "the of and", "value": 0}),
    parse(
        Need,
        {
            "id": "in-full",
            "title": "dementia meals",
            "description": "dementia meals for older people, meals by meals, in Leeds",
            "outcomes": ["recovery", "falls falls"],
            "cpv": ["85100000", "48180000"],
            "value": 250_000,
            "published": "2024-02-29",
            "requirements": {"accreditations": ["Cyber Essentials", "ISO 9001", "unknown"]},
        },
    ),
    parse(Need, {"id": "elsewhere", "title": "remote monitoring", "region": "Wales", "cpv": ["85312999"], "value": 1}),
]


def index_in_steps(*sizes: int) -> Index:
    """Return an index of the register, updated in steps of these sizes."""
    index, start = Index(ENCODER.fingerprint), 0
    for size in sizes:
        new: Sequence[Profile] = REGISTER[start : start + size]
        start += size
        index = index.updated([(SEQUENCES[own.id], own.id, own) for own in new], ENCODER.encode, start)
    return index


@pytest.fixture(params=["in one step", "in steps", "from a snapshot", "in steps, from a snapshot"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Index:
    """An index of each kind, over the same register."""
    index = index_in_steps(350, 44, 6) if "in steps" in request.param else index_in_steps(400)
    assert len(index.segments) == (3 if "in steps" in request.param else 1)
    if "snapshot" not in request.param:
        return index
    Snapshots(tmp_path).save(index)
    loaded = Snapshots(tmp_path).load(ENCODER.fingerprint)
    assert loaded is not None
    return loaded


@pytest.fixture(scope="module")
def reference() -> BruteForce:
    """The same register in plain lists."""
    return BruteForce(REGISTER, SEQUENCES, ENCODER)


def by_profile(index: Index, values: NDArray[Any]) -> dict[str, list[float]]:
    """Return the passage values of each profile, by profile id."""
    values_of: dict[str, list[float]] = {}
    for owner, value in zip(index.passages.owner.tolist(), values.tolist(), strict=True):
        values_of.setdefault(str(index.profiles.id[owner]), []).append(value)
    return values_of


@pytest.mark.parametrize("query", QUERIES)
def test_similarities_are_exact(index: Index, reference: BruteForce, query: str) -> None:
    cosines = index.similarities(ENCODER.encode([query])[0], np.arange(len(index.passages)))
    assert by_profile(index, cosines) == {own.id: reference.cosines(query, own.id) for own in REGISTER}
    scores = index.lexical.scores(terms_of(" ".join((query, *related(query)))))
    assert by_profile(index, scores[:, 0]) == {own.id: reference.bm25(query, own.id) for own in REGISTER}
    lexical_cosines = by_profile(index, scores[:, 1])
    for own in REGISTER:
        assert lexical_cosines[own.id] == pytest.approx(reference.lexical_cosines(query, own.id), abs=1e-12)
    assert ((scores >= 0) & (scores <= 1 + 1e-12)).all()


def test_similarities_of_any_passages(index: Index) -> None:
    vector = ENCODER.encode(["falls clinic"])[0]
    everything = index.similarities(vector, np.arange(len(index.passages)))
    for rows in ([0], [], list(range(0, len(index.passages), 7)), [len(index.passages) - 1]):
        selected = np.array(rows, dtype=np.int64)
        assert np.array_equal(index.similarities(vector, selected), everything[selected])


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("depth", [3, 1_000])
def test_candidates_agree_with_the_reference(index: Index, reference: BruteForce, share: str, depth: int) -> None:
    chosen = Filters(accreditations=(share,))
    eligible = index.eligible([chosen], TODAY)
    passing = [own.id for own in REGISTER if not failing(own, SEQUENCES[own.id], chosen, TODAY)]
    assert sorted(index.profiles.id[eligible.mask].tolist()) == sorted(passing)
    for query in QUERIES[:4]:
        need = Need(id="n", title=query)
        candidates = retrieve(index, eligible.mask, query_for(need, CACHED, TODAY), depth=depth)
        assert set(index.profiles.id[candidates.profiles].tolist()) == reference.candidates(need, passing, depth)
        assert len(candidates) == len(candidates.piece_starts) == len(set(candidates.profiles.tolist()))


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.id)
@pytest.mark.parametrize("depth", [5, 1_000])
def test_everything_about_a_candidate_is_exact(index: Index, reference: BruteForce, need: Need, depth: int) -> None:
    query = query_for(need, CACHED, TODAY)
    candidates = retrieve(index, index.live, query, depth=depth)
    described = describe(index, candidates, query.facts)
    assert described.keys() == reference.candidates(need, reference.profiles, depth)
    for id, own in described.items():
        expected = reference.describe(need, id, TODAY)
        assert own.pieces == expected.pieces, id
        assert own.measures == pytest.approx(expected.measures, abs=1e-12, nan_ok=True), id
    assert candidates.owners().tolist() == [i for i, own in enumerate(described.values()) for _ in own.pieces]
    if depth > len(REGISTER):  # the register has values of every kind
        assert {piece.family for own in described.values() for piece in own.pieces} == {"name", "offer", "work"}
        assert candidates.title.any()
        assert (candidates.piece_columns["day"] == UNDATED).any()
        assert (candidates.piece_columns["day"] != UNDATED).any()
        assert len(np.unique(candidates.piece_columns["regions"])) > 5


def test_without_eligible_profiles_there_are_no_candidates(index: Index) -> None:
    query = query_for(NEEDS[2], CACHED, TODAY)
    for empty in (Index(ENCODER.fingerprint), index):
        candidates = retrieve(empty, np.zeros(len(empty.live), dtype=bool), query, depth=10)
        assert (len(candidates), len(candidates.family), len(candidates.passages), candidates.cosines.shape) == (
            0,
            0,
            0,
            (0, 2),
        )


def test_highest_breaks_ties_by_rank() -> None:
    scores = np.array([1.0, 3.0, 2.0, 3.0, 2.0, 2.0])
    ties = np.array([0, 5, 4, 1, 2, 3])
    assert highest(scores, ties, 4).tolist() == [3, 1, 4, 5]
    assert highest(scores, ties, 99).tolist() == [3, 1, 4, 5, 2, 0]
    assert highest(scores, ties, 1).tolist() == [3]
    assert highest(np.empty(0), np.empty(0, dtype=np.int64), 5).tolist() == []
