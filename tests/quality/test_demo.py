"""Quality: on the demo set, the engine ranks better than plain search in the same run, and padding does not pay."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from matcher.embedding import CachedEncoder, SentenceEncoder
from matcher.evaluation import evaluate, read_judgements
from matcher.evaluation.product import product_baselines, product_system
from matcher.records import Need, Profile, Requirements
from matcher.sources.formats.jsonl import read_records
from matcher.store import Store
from tests.support.fakes import MemoryVectors, engine_over

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


@pytest.fixture(scope="module")
def encoder(real_encoder: SentenceEncoder) -> CachedEncoder:
    """The encoder in use, which encodes each text once for all tests here."""
    return CachedEncoder(real_encoder, MemoryVectors())


@pytest.fixture(scope="module")
def register() -> list[Profile]:
    """The demo register."""
    return list(read_records(DEMO / "profiles.jsonl", Profile))


@pytest.fixture(scope="module")
def needs() -> list[Need]:
    """The demo needs."""
    return list(read_records(DEMO / "needs.jsonl", Need))


def test_the_engine_ranks_better_than_plain_search(
    encoder: CachedEncoder, register: list[Profile], needs: list[Need]
) -> None:
    report = evaluate(
        product_system(lambda store: engine_over(store, encoder=encoder)),
        register,
        needs,
        read_judgements(DEMO / "qrels.tsv"),
        baselines=product_baselines(encoder),
    )
    engine = report.figures.means["ndcg@10"]
    others = {name: other.figures.means["ndcg@10"] for name, other in report.baselines.items()}
    print(f"nDCG@10: engine {engine:.3f}, {others}")
    assert report.figures.queries > 20
    assert engine > max(others.values())
    assert engine >= 0.85
    newcomers = report.slices["track_record"]["none"]
    assert newcomers.means["hit@10"] >= 2 / 3, "a supplier without track record is found by its capabilities"


def place_of(profile: Profile, need: Need, register: list[Profile], encoder: CachedEncoder) -> int:
    """Return the place of `profile` among the candidates for `need`, with `profile` in place of its namesake."""
    with Store.open("sqlite://") as store:
        with store.writing() as writer:
            writer.put_many([(profile if each.id == profile.id else each, None) for each in register])
        return engine_over(store, encoder=encoder).ranking(need).ids.index(profile.id)


@pytest.mark.parametrize("number", [0, 7, 21])
def test_padding_lifts_nobody(encoder: CachedEncoder, register: list[Profile], needs: list[Need], number: int) -> None:
    """Forty copies of a capability under numbered titles, and twenty unrelated capabilities, lift a profile nowhere."""
    need = needs[number].model_copy(update={"requirements": Requirements()})
    with Store.open("sqlite://") as store:
        with store.writing() as writer:
            writer.put_many([(profile, None) for profile in register])
        ids = engine_over(store, encoder=encoder).ranking(need).ids
    profiles = {profile.id: profile for profile in register}
    place, profile = next((n, profiles[id]) for n, id in enumerate(ids) if n >= 14 and profiles[id].capabilities)
    own = profile.capabilities[0]
    copies = tuple(own.model_copy(update={"title": f"{own.title} {n}"}) for n in range(1, 41))
    trades = ("Piano tuning", "Roof repairs", "Dog grooming", "Wedding photography", "Tyre fitting")
    unrelated = tuple(own.model_copy(update={"title": t, "description": t, "outcomes": ()}) for t in trades * 4)
    for added in (copies, unrelated):
        padded = profile.model_copy(update={"capabilities": (*profile.capabilities, *added)})
        assert place_of(padded, need, register, encoder) >= place - 1


def test_real_records_are_read_and_ranked(shared_data: Path) -> None:
    """A search for a real register entry's summary finds the entry in the top three, at least nine times out of ten."""
    file = shared_data / "charities" / "dev" / "profiles.jsonl"
    if not file.is_file():
        pytest.skip("the shared data has no profiles")
    described = (profile for profile in read_records(file, Profile) if len(profile.summary.split()) > 8)
    register = list(islice(described, 150))
    with Store.open("sqlite://") as store:
        with store.writing() as writer:
            writer.put_many([(profile, None) for profile in register])
        engine = engine_over(store)
        texts = {profile.id: Need.from_text(profile.summary) for profile in register[:30]}
        hits = [id in {match.profile_id for match in engine.search(need, top=3).results} for id, need in texts.items()]
    assert sum(hits) >= 0.9 * len(hits)
