"""Quality: on the demo set the engine ranks better than search by words alone, measured in the same run."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcher.embedding import CachedEncoder, SentenceEncoder
from matcher.evaluation import evaluate, read_judgements
from matcher.evaluation.product import product_baselines, product_system
from matcher.records import Need, Profile
from matcher.sources.formats.jsonl import Accepted, read
from matcher.store import Store
from tests.support.fakes import MemoryVectors, engine_over

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


def test_the_engine_ranks_better_than_words_alone(real_encoder: SentenceEncoder) -> None:
    register = [line.record for line in read(DEMO / "profiles.jsonl", Profile) if isinstance(line, Accepted)]
    needs = [line.record for line in read(DEMO / "needs.jsonl", Need) if isinstance(line, Accepted)]
    encoder = CachedEncoder(real_encoder, MemoryVectors())
    report = evaluate(
        product_system(lambda store: engine_over(store, encoder=encoder)),
        register,
        needs,
        read_judgements(DEMO / "qrels.tsv"),
        baselines=product_baselines(encoder),
    )
    own, words = report.figures.means["ndcg@10"], report.baselines["bm25"].figures.means["ndcg@10"]
    print(f"nDCG@10: engine {own:.3f}, words alone {words:.3f}")
    assert report.figures.queries > 20
    assert own > words * 1.02


def test_real_records_are_read_and_found(shared_data: Path) -> None:
    """A few real register entries: each is found by its own words."""
    file = shared_data / "charities" / "dev" / "profiles.jsonl"
    if not file.is_file():
        pytest.skip("there are no profiles in the folder of real records")
    found: list[Profile] = []
    for line in read(file, Profile):
        if isinstance(line, Accepted) and len(line.record.summary.split()) > 8:
            found.append(line.record)
        if len(found) == 150:
            break
    with Store.open("sqlite://") as store:
        with store.writing() as writer:
            writer.put_many([(profile, None) for profile in found])
        engine = engine_over(store)
        texts = {profile.id: Need.of_text(profile.summary) for profile in found[:30]}
        hits = [id in {match.profile_id for match in engine.search(need, top=3).results} for id, need in texts.items()]
    assert sum(hits) >= 0.9 * len(hits)
