"""Scoring and explaining 300 candidates, compared with encoding the query.

python -m tests.benchmarks.ranking
"""

from __future__ import annotations

from datetime import date

from matcher.bootstrap import encoder_of
from matcher.embedding import CachedEncoder
from matcher.foundations.settings import Settings
from matcher.index import Index, query_for, retrieve
from matcher.scoring import AdditiveModel
from matcher.search import quotes_of
from matcher.store import Store
from matcher.texts.passages import query_of
from tests.benchmarks.generated import RandomVectors, demo_needs, generated_profiles
from tests.benchmarks.timing import median_ms, ratio, take_turns

CANDIDATES = 300
ROUNDS = 30
DAY = date(2026, 10, 1)


def run() -> None:
    """Print the figures."""
    profiles = generated_profiles(CANDIDATES)
    with Store.open("sqlite://") as store:
        settings = Settings()
        raw = encoder_of(settings)
        encoder = CachedEncoder(raw, store.vectors)
        changes = [(n, profile.id, profile) for n, profile in enumerate(profiles, 1)]
        index = Index(raw.fingerprint).updated(changes, RandomVectors(), len(changes))
        rows = {str(id): profile for id, profile in zip(index.profiles.id, profiles, strict=True)}
        model = AdditiveModel.load(settings.ranking_model)
        needs = demo_needs()
        queries = [query_for(need, encoder, DAY) for need in needs]
        candidates = [retrieve(index, index.live, query, depth=CANDIDATES) for query in queries]

        def explain(n: int) -> None:
            n %= len(needs)
            scored = model.score(candidates[n], queries[n].facts)
            for i, id in enumerate(index.profiles.id[candidates[n].profiles]):
                for quote in quotes_of(index, candidates[n], scored, i):
                    quote.to_evidence(rows[str(id)])

        def encode(n: int) -> None:
            raw.encode([query_of(needs[n % len(needs)])])

        seconds = take_turns({"encode": encode, "explain": explain}, ROUNDS)
    print(
        f"{CANDIDATES} candidates, {len(index.passages):,} passages: encode {median_ms(seconds['encode']):.1f} ms, "
        f"score and explain all {median_ms(seconds['explain']):.1f} ms; "
        f"explain / encode = {ratio(seconds['explain'], seconds['encode']):.2f}"
    )


if __name__ == "__main__":
    run()
