"""Building the index of a register, compared with only encoding its passages with sentence-transformers.

    python -m tests.benchmarks.build [PASSAGES]

The build works as in the product: it reads the records from a database on disk, encodes them, stores the vectors in the
database, and builds and saves the lexical and the dense index.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from matcher.bootstrap import engine_of
from matcher.embedding import packaged_model
from matcher.foundations.settings import Settings
from matcher.records import Profile
from matcher.store import Store
from matcher.texts.passages import passages_of
from tests.benchmarks.generated import generated_profiles
from tests.benchmarks.timing import median_ms, ratio, take_turns

ROUNDS = 3
TARGET = 1.1


def run(passages: int) -> None:
    """Print the figures for a register of about `passages` different passages."""
    profiles = generated_profiles(passages // 2, distinct=True)
    counts = np.cumsum([len(passages_of(profile)) for profile in profiles])
    profiles = profiles[: int(np.searchsorted(counts, passages)) + 1]
    texts = list(dict.fromkeys(passage.text for profile in profiles for passage in passages_of(profile)))
    raw = SentenceTransformer(str(packaged_model()), device="cpu", local_files_only=True)
    with tempfile.TemporaryDirectory() as folder:
        homes = [_home(Path(folder) / str(n), profiles) for n in range(ROUNDS + 1)]
        seconds = take_turns(
            {
                "encode": lambda _: raw.encode(texts, normalize_embeddings=True, show_progress_bar=False),
                "build": lambda n: _build(homes[n], len(profiles)),
            },
            ROUNDS,
            warm_up=1,
        )
    encode, build = median_ms(seconds["encode"]) / 1_000, median_ms(seconds["build"]) / 1_000
    print(
        f"{len(texts):,} passages, {len(profiles):,} profiles: encode {encode:.1f} s ({len(texts) / encode:.0f}/s), "
        f"build {build:.1f} s; build / encode = {ratio(seconds['build'], seconds['encode']):.2f} "
        f"(target at most {TARGET})"
    )


def _home(folder: Path, profiles: list[Profile]) -> Settings:
    folder.mkdir()
    settings = Settings(home=folder, database_url=None, encoder=None, device="cpu")
    with Store.open(settings.store_url) as store, store.writing() as writer:
        writer.put_many((profile, None) for profile in profiles)
    return settings


def _build(settings: Settings, profiles: int) -> None:
    with Store.open(settings.store_url) as store:
        engine = engine_of(settings, store)
        assert len(engine.index()) == profiles
        engine.save()


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
