"""Quality: on the demo set, the engine ranks better than lexical search in the same run."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from matcher.embedding import CachedEncoder, SentenceEncoder
from matcher.evaluation import evaluate, read_judgements
from matcher.evaluation.product import product_baselines, product_system
from matcher.records import Need, Profile
from matcher.sources.formats.jsonl import read_records
from matcher.store import Store
from tests.support.fakes import MemoryVectors, engine_over

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


def test_the_engine_ranks_better_than_lexical_search(real_encoder: SentenceEncoder) -> None:
    register = list(read_records(DEMO / "profiles.jsonl", Profile))
    needs = list(read_records(DEMO / "needs.jsonl", Need))
    encoder = CachedEncoder(real_encoder, MemoryVectors())
    report = evaluate(
        product_system(lambda store: engine_over(store, encoder=encoder)),
        register,
        needs,
        read_judgements(DEMO / "qrels.tsv"),
        baselines=product_baselines(encoder),
    )
    engine, lexical = report.figures.means["ndcg@10"], report.baselines["bm25"].figures.means["ndcg@10"]
    print(f"nDCG@10: engine {engine:.3f}, lexical search {lexical:.3f}")
    assert report.figures.queries > 20
    assert engine > lexical * 1.02


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
