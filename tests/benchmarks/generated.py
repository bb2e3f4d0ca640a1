"""Generated registers of any size, assembled from parts of the demo profiles."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from matcher.foundations.arrays import Vectors
from matcher.records import Need, Profile
from matcher.sources.formats.jsonl import Accepted, read

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


def demo_profiles() -> list[Profile]:
    """Return the demo profiles."""
    return [line.record for line in read(DEMO / "profiles.jsonl", Profile) if isinstance(line, Accepted)]


def demo_needs() -> list[Need]:
    """Return the demo needs."""
    return [line.record for line in read(DEMO / "needs.jsonl", Need) if isinstance(line, Accepted)]


def generated_profiles(count: int, seed: int = 1, *, distinct: bool = False) -> list[Profile]:
    """Return `count` profiles: demo profiles with capabilities and work from several others.

    With `distinct`, no two profiles share a text, so that every text must be encoded.
    """
    rng = random.Random(seed)
    originals = demo_profiles()
    capabilities = [capability for profile in originals for capability in profile.capabilities]
    track_record = [piece for profile in originals for piece in profile.track_record]
    profiles = [
        rng.choice(originals).model_copy(
            update={
                "id": f"made-{n:07}",
                "capabilities": tuple(rng.choices(capabilities, k=2)),
                "track_record": tuple(rng.choices(track_record, k=rng.randint(0, 3))),
            }
        )
        for n in range(count)
    ]
    return [_numbered(profile, n) for n, profile in enumerate(profiles)] if distinct else profiles


def _numbered(profile: Profile, n: int) -> Profile:
    """Return `profile` with the number `n` in every text that becomes a passage."""
    summary = ". ".join(f"{sentence} {n}" for sentence in profile.summary.rstrip(".").split(". "))
    capabilities = tuple(part.model_copy(update={"title": f"{part.title} {n}"}) for part in profile.capabilities)
    track_record = tuple(part.model_copy(update={"title": f"{part.title} {n}"}) for part in profile.track_record)
    update = {"summary": f"{summary}.", "capabilities": capabilities, "track_record": track_record}
    return profile.model_copy(update=update)


class RandomVectors:
    """An encoder that returns random unit vectors, for registers too large to encode."""

    fingerprint = "random"
    dimensions = 384

    def __init__(self, seed: int = 1) -> None:
        self._draw = np.random.default_rng(seed)

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return one row per text."""
        rows = self._draw.standard_normal((len(texts), self.dimensions), dtype=np.float32)
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit
