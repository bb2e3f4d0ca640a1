"""The product's own searches as baselines: they score a profile's texts or, if it has none, its name."""

from __future__ import annotations

import numpy as np

from matcher.embedding import CachedEncoder
from matcher.evaluation.product import product_baselines
from matcher.records import Need, Profile, parse
from tests.support.fakes import MemoryVectors, WordEncoder

PROFILES = [
    parse(Profile, {"id": "named", "name": "Falls Clinic"}),
    parse(Profile, {"id": "described", "name": "Falls Clinic", "summary": "Patient transport by volunteer drivers."}),
]


def test_only_a_profile_without_texts_is_scored_by_its_name() -> None:
    encoder = CachedEncoder(WordEncoder(), MemoryVectors())
    for system in product_baselines(encoder):
        ranking = system.build(PROFILES).rank(Need.from_text("falls clinic"))
        scores = dict(zip(ranking.ids, np.asarray(ranking.scores).tolist(), strict=True))
        assert np.isfinite(list(scores.values())).all(), system.name
        assert scores["named"] > scores["described"], system.name
