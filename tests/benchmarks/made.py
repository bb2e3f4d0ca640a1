"""Made registers of any size: the demo profiles with their sentences dealt anew."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from matcher.embedding import Vectors
from matcher.records import Need, Profile
from matcher.sources.jsonl import Accepted, read

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


def demo_profiles() -> list[Profile]:
    """Return the demo profiles."""
    return [line.record for line in read(DEMO / "profiles.jsonl", Profile) if isinstance(line, Accepted)]


def demo_needs() -> list[Need]:
    """Return the demo needs."""
    return [line.record for line in read(DEMO / "needs.jsonl", Need) if isinstance(line, Accepted)]


def made_profiles(count: int, seed: int = 1) -> list[Profile]:
    """Return `count` profiles, each a demo profile whose capabilities come from several others."""
    deal = random.Random(seed)
    originals = demo_profiles()
    capabilities = [capability for profile in originals for capability in profile.capabilities]
    track_record = [piece for profile in originals for piece in profile.track_record]
    return [
        deal.choice(originals).model_copy(
            update={
                "id": f"made-{n:07}",
                "capabilities": tuple(deal.choices(capabilities, k=2)),
                "track_record": tuple(deal.choices(track_record, k=deal.randint(0, 3))),
            }
        )
        for n in range(count)
    ]


class RandomVectors:
    """An encoder for registers too large to encode here: unit vectors drawn by chance."""

    fingerprint = "random"
    dimensions = 384

    def __init__(self, seed: int = 1) -> None:
        self._draw = np.random.default_rng(seed)

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text."""
        rows = self._draw.standard_normal((len(texts), self.dimensions), dtype=np.float32)
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit
