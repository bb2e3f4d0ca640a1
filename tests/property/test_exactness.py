"""Every eligible profile is considered: the engine gives the same answers as examining all profiles in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from matcher.records import Filters, Need, Profile
from matcher.search.engine import Engine
from matcher.store import Store
from tests.support.fakes import WordEncoder, engine_over
from tests.support.reference_engine import BruteForce
from tests.support.registers import SHARES, made_register
from tests.support.strategies import TODAY, filters, needs, registers

REGISTER = 1_000
FEW, ALL = 25, 10 * REGISTER
# Each example takes a while, so a failing one is not simplified.
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)


@dataclass
class Register:
    """A register with engines of several depths, and the reference."""

    store: Store
    reference: BruteForce
    engines: dict[int, Engine]


def put(store: Store, profiles: list[Profile]) -> dict[str, int]:
    """Store `profiles` and return their sequence numbers."""
    with store.writing() as writer:
        puts = writer.put_many([(profile, None) for profile in profiles])
    return {profile.id: put.sequence for profile, put in zip(profiles, puts, strict=True)}


def opened(store: Store, profiles: list[Profile], *depths: int) -> Register:
    """Store `profiles`, and return engines and the reference over them."""
    sequences = put(store, profiles)
    engines = {depth: engine_over(store, candidates=depth) for depth in depths}
    return Register(store, BruteForce(profiles, sequences, WordEncoder()), engines)


@pytest.fixture(scope="module", params=[1, 2])
def large(request: pytest.FixtureRequest) -> Iterator[Register]:
    """A register in which exactly the share of profiles given in `SHARES` holds each scheme."""
    with Store.open("sqlite://") as store:
        yield opened(store, made_register(REGISTER, seed=request.param), FEW, ALL)


def compare(register: Register, depth: int, need: Need, filters: Filters, top: int) -> int:
    """Compare the engine's answer with the reference, and return the number of eligible profiles."""
    # A score depends on the profile, the need and the register, so a search without filters gives all the scores.
    everyone = register.engines[ALL].search(need, top=ALL, apply_requirements=False, on=TODAY)
    scores = {match.profile_id: match.score for match in everyone.results}
    assert scores.keys() == register.reference.profiles.keys()

    eligible = register.reference.eligible(need, filters, TODAY)
    chosen = register.reference.candidates(need, eligible, depth)
    expected = sorted(chosen, key=lambda own: (-scores[own], own))[:top]

    result = register.engines[depth].search(need, filters, top=top, on=TODAY)
    assert [match.profile_id for match in result.results] == expected
    assert [match.score for match in result.results] == [scores[id] for id in expected]
    assert [match.rank for match in result.results] == list(range(1, len(expected) + 1))
    assert (result.considered, result.eligible) == (len(register.reference.profiles), len(eligible))
    excluded = register.reference.excluded(need, filters, TODAY)
    assert {name: count for name, count in result.excluded.items() if count} == excluded, "each profile is counted once"
    return len(eligible)


@pytest.mark.parametrize("depth", [FEW, ALL])
@pytest.mark.parametrize("share", SHARES)
@settings(max_examples=3, phases=UNSHRUNK)
@given(need=needs())
def test_every_share_of_the_register_is_searched_completely(
    large: Register, share: str, depth: int, need: Need
) -> None:
    open_need = need.model_copy(update={"requirements": Need(id="n", title="N").requirements})
    eligible = compare(large, depth, open_need, Filters(accreditations=(share,)), top=10)
    assert eligible == round(REGISTER * SHARES[share])


@pytest.mark.parametrize("depth", [FEW, ALL])
@settings(max_examples=12, phases=UNSHRUNK)
@given(need=needs(), chosen=filters(), share=st.sampled_from(list(SHARES)), top=st.sampled_from([1, 10, REGISTER]))
def test_filters_and_requirements_together(
    large: Register, depth: int, need: Need, chosen: Filters, share: str, top: int
) -> None:
    narrowed = chosen.model_copy(update={"accreditations": (*chosen.accreditations, share)})
    compare(large, depth, need, narrowed, top)


@settings(max_examples=40)
@given(
    profiles=registers(),
    searches=st.lists(st.tuples(needs(), filters()), min_size=1, max_size=4),
    depth=st.integers(1, 5),
    top=st.integers(1, 20),
)
def test_small_registers(profiles: list[Profile], searches: list[tuple[Need, Filters]], depth: int, top: int) -> None:
    with Store.open("sqlite://") as store:
        register = opened(store, profiles, depth, ALL)
        for need, chosen in searches:
            compare(register, depth, need, chosen, top)
            compare(register, ALL, need, chosen, top)


@settings(max_examples=30)
@given(profiles=registers(min_size=1), need=needs(), chosen=filters())
def test_the_same_search_gives_the_same_answer(profiles: list[Profile], need: Need, chosen: Filters) -> None:
    with Store.open("sqlite://") as store:
        put(store, profiles)
        engine = engine_over(store)
        first = engine.search(need, chosen, on=TODAY)
        assert engine.search(need, chosen, on=TODAY) == first
        assert engine_over(store).search(need, chosen, on=TODAY) == first


@settings(max_examples=40)
@given(profiles=registers(min_size=1), need=needs())
def test_every_score_is_the_sum_of_its_parts(profiles: list[Profile], need: Need) -> None:
    with Store.open("sqlite://") as store:
        put(store, profiles)
        for match in engine_over(store).search(need, apply_requirements=False, top=100, on=TODAY).results:
            total = 0.0
            for part in match.contributions.values():
                total += part
            assert total == match.score
