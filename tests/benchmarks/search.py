"""A complete search, compared with its raw parts: encoding the query and one exact FAISS scan.

python -m tests.benchmarks.search [PASSAGES …]
"""

from __future__ import annotations

import sys
from datetime import date

import faiss
import numpy as np

from matcher.bootstrap import encoder_of
from matcher.embedding import CachedEncoder
from matcher.foundations.settings import Settings
from matcher.index import Index
from matcher.records.need import FREE_TEXT
from matcher.scoring import AdditiveModel
from matcher.search.engine import Engine
from matcher.store import Store
from matcher.texts.passages import passages_of, query_of
from tests.benchmarks.generated import RandomVectors, demo_needs, generated_profiles
from tests.benchmarks.timing import median_ms, ratio, take_turns

ROUNDS = 30


def run(passages: int) -> None:
    """Print the figures for a register of about `passages` passages."""
    profiles = generated_profiles(passages // 2)
    counts = np.cumsum([len(passages_of(profile)) for profile in profiles])
    profiles = profiles[: int(np.searchsorted(counts, passages)) + 1]
    with Store.open("sqlite://") as store:
        with store.writing() as writer:
            writer.put_many((profile, None) for profile in profiles)
        settings = Settings()
        raw = encoder_of(settings)
        vectors = RandomVectors()
        index = Index(raw.fingerprint).updated(
            [(n, profile.id, profile) for n, profile in enumerate(profiles, 1)], vectors, store.sequence()
        )
        engine = Engine(store, CachedEncoder(raw, store.vectors), AdditiveModel.load(settings.ranking_model))
        engine.adopt(index)
        flat = faiss.IndexFlatIP(vectors.dimensions)
        flat.add(np.concatenate([segment.matrix() for segment in index.segments]))
        # As free text, because the vectors of stored needs are cached.
        needs = [need.model_copy(update={"id": FREE_TEXT}) for need in demo_needs()]
        day = date(2026, 10, 1)
        query = vectors(["query"])

        def text(n: int) -> str:
            return query_of(needs[n % len(needs)])

        seconds = take_turns(
            {
                "encode": lambda n: raw.encode([text(n)]),
                "scan": lambda n: flat.search(query, 10),
                "search": lambda n: engine.search(needs[n % len(needs)], apply_requirements=False, on=day),
            },
            ROUNDS,
        )
    parts = [encode + scan for encode, scan in zip(seconds["encode"], seconds["scan"], strict=True)]
    print(
        f"{len(index.passages):>9,} passages, {len(index):>7,} profiles: "
        f"encode {median_ms(seconds['encode']):6.1f} ms, "
        f"scan {median_ms(seconds['scan']):6.1f} ms, search {median_ms(seconds['search']):6.1f} ms; "
        f"search / raw parts = {ratio(seconds['search'], parts):.2f}"
    )


if __name__ == "__main__":
    for size in [int(argument) for argument in sys.argv[1:]] or [10_000, 100_000]:
        run(size)
