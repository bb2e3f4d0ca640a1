"""Small sample records and fakes for the tests of evaluation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matcher.evaluation import RankedProfiles, Ranker, System
from matcher.foundations.arrays import Vectors
from matcher.records import Capability, Need, Profile, Sector, TrackRecord


def profile(profile_id: str, *texts: str, past: Sequence[str] = (), sector: Sector = Sector.UNKNOWN) -> Profile:
    """Return a profile with one capability per text in `texts` and one piece of past work per text in `past`."""
    return Profile(
        id=profile_id,
        name=profile_id,
        sector=sector,
        capabilities=tuple(Capability(title=text) for text in texts),
        track_record=tuple(TrackRecord(title=text) for text in past),
    )


def need(need_id: str, title: str = "a need", *, cpv: tuple[str, ...] = ()) -> Need:
    """Return a need."""
    return Need(id=need_id, title=title, cpv=cpv)


@dataclass(frozen=True)
class FixedRanker:
    """A ranker with fixed answers. For each need id, `answers` holds the scores by profile id.

    `probability` turns a score into a probability. Without it, answers have no probabilities.
    """

    answers: Mapping[str, Mapping[str, float]]
    probability: Callable[[float], float] | None = None

    def rank(self, need: Need) -> RankedProfiles:
        """Return the fixed answer for `need`."""
        answer = self.answers[need.id]
        probabilities = None if self.probability is None else np.array([*map(self.probability, answer.values())])
        return RankedProfiles(tuple(answer), np.array(list(answer.values())), probabilities)


def fixed_system(
    name: str, answers: Mapping[str, Mapping[str, float]], probability: Callable[[float], float] | None = None
) -> System:
    """Return a system that gives `answers` whatever the register."""

    def build(profiles: Sequence[Profile]) -> Ranker:
        return FixedRanker(answers, probability)

    return System(name, build)


def encode(texts: Sequence[str]) -> Vectors:
    """Return unit vectors of 64 dimensions, made by counting the words in each text by hash."""
    vectors = np.zeros((len(texts), 64), dtype=np.float32)
    for row, text in zip(vectors, texts, strict=True):
        for word in text.lower().replace(".", " ").split():
            row[int(hashlib.sha256(word.encode()).hexdigest(), 16) % 64] += 1
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
