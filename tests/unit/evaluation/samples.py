"""Small made records and fakes for these tests."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.evaluation import RankedProfiles, Ranker, System
from matcher.records import Capability, Need, Profile, Sector, TrackRecord


def profile(profile_id: str, *texts: str, past: Sequence[str] = (), sector: Sector = Sector.UNKNOWN) -> Profile:
    """Return a profile with one capability a text of `texts` and one piece of track record a text of `past`."""
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
class Told:
    """A ranker that answers what it was told: scores by profile id, by need id."""

    answers: Mapping[str, Mapping[str, float]]

    def rank(self, need: Need) -> RankedProfiles:
        """Return the answer told for `need`."""
        answer = self.answers[need.id]
        return RankedProfiles(tuple(answer), np.array(list(answer.values())))


def told(name: str, answers: Mapping[str, Mapping[str, float]]) -> System:
    """Return a contender that answers `answers` over any register."""

    def build(profiles: Sequence[Profile]) -> Ranker:
        return Told(answers)

    return System(name, build)


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return unit vectors of 64 dimensions that count the words of each text by their hash."""
    vectors = np.zeros((len(texts), 64), dtype=np.float32)
    for row, text in zip(vectors, texts, strict=True):
        for word in text.lower().replace(".", " ").split():
            row[int(hashlib.sha256(word.encode()).hexdigest(), 16) % 64] += 1
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
