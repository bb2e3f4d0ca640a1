"""The engine stays in step with its store, even if the store is replaced, and quotes only text from profiles."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings

from matcher.index import Snapshots
from matcher.records import Filters, Need, Profile, Requirements, Sector
from matcher.records.policy import LEAST_QUOTED_SHARE, QUOTES, band_of
from matcher.store import RecordKind, Store
from matcher.texts.passages import passages_of
from tests.support.fakes import WordEncoder, engine_over
from tests.support.registers import made_register
from tests.support.strategies import TODAY, needs, registers

FALLS = Need(id="n1", title="falls prevention for older people")


def put(store: Store, *profiles: Profile) -> None:
    with store.writing() as writer:
        writer.put_many([(profile, None) for profile in profiles])


def profile(id: str, summary: str = "", **fields: object) -> Profile:
    return Profile.model_validate({"id": id, "name": f"Name {id}", "summary": summary, **fields})


def test_an_empty_register_has_an_empty_answer(file_store: Store) -> None:
    result = engine_over(file_store).search(FALLS)
    assert (result.results, result.considered, result.eligible, result.sequence) == ((), 0, 0, 0)


def test_the_index_stays_in_step_with_the_store(file_store: Store) -> None:
    engine = engine_over(file_store)
    put(file_store, profile("a", "meals"), profile("b", "falls prevention"))
    assert [match.profile_id for match in engine.search(FALLS).results] == ["b", "a"]
    put(file_store, profile("a", "falls prevention for older people"))
    assert [match.profile_id for match in engine.search(FALLS).results] == ["a", "b"]
    with file_store.writing() as writer:
        writer.withdraw(RecordKind.PROFILE, "a")
    result = engine.search(FALLS)
    assert ([match.profile_id for match in result.results], result.sequence) == (["b"], 4)


def test_only_changed_passages_are_encoded(file_store: Store) -> None:
    encoder = WordEncoder()
    engine = engine_over(file_store, encoder=encoder)
    put(file_store, profile("a", "meals"), profile("b", "falls"))
    engine.index()
    put(file_store, profile("a", "transport"))
    engine.index()
    assert sorted(encoder.encoded) == ["Name a", "Name b", "falls", "meals", "transport"]


@pytest.mark.parametrize("more", [0, 2, 20])
def test_a_snapshot_of_another_store_is_not_used(tmp_path: Path, more: int) -> None:
    """Another database, with fewer, as many or more revisions, replaces the first."""
    snapshots = Snapshots(tmp_path / "index")
    with Store.open("sqlite://") as first:
        put(first, *(profile(f"a{n}", "falls") for n in range(10)))
        engine = engine_over(first, snapshots=snapshots)
        engine.save()
        with Store.open("sqlite://") as second:
            put(second, *(profile(f"b{n}", "meals") for n in range(8 + more)))
            expected = engine_over(second).search(FALLS, top=100)
            assert engine_over(second, snapshots=snapshots).search(FALLS, top=100) == expected


def test_an_engine_notices_that_its_store_was_replaced(file_store: Store) -> None:
    put(file_store, *(profile(f"a{n}", "falls") for n in range(10)))
    engine = engine_over(file_store)
    engine.index()
    with Store.open("sqlite://") as older:
        put(older, profile("b", "meals"))
        engine.store = older
        assert [match.profile_id for match in engine.search(FALLS).results] == ["b"]


def test_a_snapshot_of_the_same_store_saves_encoding(tmp_path: Path, file_store: Store) -> None:
    put(file_store, profile("a", "falls"))
    engine_over(file_store, snapshots=Snapshots(tmp_path / "index")).save()
    encoder = WordEncoder()
    restarted = engine_over(file_store, snapshots=Snapshots(tmp_path / "index"), encoder=encoder)
    assert len(restarted.search(FALLS).results) == 1
    assert encoder.encoded == [FALLS.title], "a need whose text is its title is encoded once"


def test_requirements_and_filters_both_apply(file_store: Store) -> None:
    put(file_store, profile("a", sector="charity"), profile("b", sector="sme"))
    engine = engine_over(file_store)
    need = Need(id="n", title="Falls", requirements=Requirements(sectors=(Sector.CHARITY,)))
    assert [match.profile_id for match in engine.search(need).results] == ["a"]
    result = engine.search(need, Filters(sectors=(Sector.SME,)))
    assert (result.results, result.eligible, result.excluded) == ((), 0, {"sectors": 2})
    assert len(engine.search(need, apply_requirements=False).results) == 2


@settings(max_examples=40)
@given(profiles=registers(min_size=1), need=needs())
def test_evidence_is_text_of_the_profile(profiles: list[Profile], need: Need) -> None:
    with Store.open("sqlite://") as store:
        put(store, *profiles)
        by_id = {profile.id: profile for profile in profiles}
        for match in engine_over(store).search(need, top=100, apply_requirements=False, on=TODAY).results:
            own = [passage.text for passage in passages_of(by_id[match.profile_id])]
            assert 1 <= len(match.evidence) <= QUOTES
            for quote in match.evidence:
                assert quote.text in own
                assert quote.source
                assert -1 <= quote.similarity <= 1
                assert 0 <= quote.share <= 1
            shares = [quote.share for quote in match.evidence]
            assert shares == sorted(shares, reverse=True)
            assert sum(shares) <= 1 + len(shares) * 1e-6, "each share is rounded to six places"
            assert all(share >= LEAST_QUOTED_SHARE for share in shares[1:])
            assert match.band == band_of(match.probability)


def test_the_work_that_matters_most_is_quoted_by_its_closest_passage(file_store: Store) -> None:
    filler = "Lunch is cooked every day in the village hall. " * 30
    record = [
        {"title": "Lunch club", "description": filler},
        {"title": "Older people", "description": f"{filler} {'Falls prevention for older people. ' * 15}"},
    ]
    put(file_store, profile("a", "We are a friendly society.", track_record=record))
    [match] = engine_over(file_store).search(FALLS).results
    best = match.evidence[0]
    assert best.source == "track record: Older people"
    assert "Falls prevention for older people" in best.text
    assert best.text.startswith("Older people. "), "a title alone is not quoted"


def test_equal_pieces_have_equal_shares_and_are_quoted_once(file_store: Store) -> None:
    work = {"title": "Falls prevention", "description": "Falls prevention for older people"}
    put(file_store, profile("a", track_record=[work] * 4))
    [match] = engine_over(file_store).search(FALLS).results
    [share] = [quote.share for quote in match.evidence]
    assert 0.2 < share <= 0.25
    assert match.contributions["breadth"] == 0, "repeating a piece earns nothing"


def test_threads_get_the_same_answers_as_one_thread(file_store: Store) -> None:
    put(file_store, *made_register(150, seed=4))
    searches = [
        Need(id=f"n{n}", title=title) for n, title in enumerate(["falls", "dementia meals", "café", "memory"] * 5)
    ]
    alone = engine_over(file_store)
    expected = [alone.search(need) for need in searches]
    shared = engine_over(file_store)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(shared.search, searches)) == expected
