"""The product's own searches as plain contenders: whole texts only, and the name where there is nothing else."""

from __future__ import annotations

import numpy as np

from matcher.embedding import CachedEncoder
from matcher.evaluation.product import product_baselines
from matcher.records import Need, Profile, parse
from tests.support.fakes import MemoryVectors, WordEncoder

PROFILES = [
    parse(Profile, {"id": "named", "name": "Falls Clinic"}),
    parse(Profile, {"id": "told", "name": "Falls Clinic", "summary": "Patient transport by volunteer drivers."}),
]


def test_a_profile_that_is_only_a_name_is_scored_by_it_and_others_by_their_texts() -> None:
    encoder = CachedEncoder(WordEncoder(), MemoryVectors())
    for contender in product_baselines(encoder):
        ranking = contender.build(PROFILES).rank(Need.of_text("falls clinic"))
        scores = dict(zip(ranking.ids, np.asarray(ranking.scores).tolist(), strict=True))
        assert np.isfinite(list(scores.values())).all(), contender.name
        assert scores["named"] > scores["told"], contender.name
