"""The complete result of a saved search, packed into the entry's payload without any loss of precision."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from matcher.foundations.arrays import Floats, Mask, Rows, Vectors
from matcher.scoring import PARTS
from matcher.search.ranking import Ranking


@dataclass(frozen=True)
class RecordedResult:
    """All candidates of a search, highest score first, and all profiles that a filter excluded, sorted by id.

    `revisions` holds the sequence number of the revision used for each candidate. The numbers in each row of `parts`,
    added from left to right, give the candidate's score. `failing` marks the profiles that each filter excludes.
    `vectors` holds one vector for the need and one for the need's title. `readings` holds the second reading of each
    candidate, NaN where there was none.
    """

    profiles: tuple[str, ...]
    revisions: Rows  # (candidates,)
    scores: Floats  # (candidates,)
    probabilities: Floats  # (candidates,)
    part_names: tuple[str, ...]
    parts: Floats  # (candidates, part_names)
    excluded: tuple[str, ...]
    filters: tuple[str, ...]
    failing: Mask  # (filters, excluded)
    vectors: Vectors  # (2, dimensions)
    readings: Floats  # (candidates,)

    @classmethod
    def of(cls, ranking: Ranking) -> RecordedResult:
        """Return the complete result of `ranking`."""
        profiles, failing = ranking.index.profiles, ranking.eligible.failing
        masks = np.array(list(failing.values()), dtype=bool).reshape(len(failing), len(profiles))
        excluded = np.flatnonzero(masks.any(axis=0))
        excluded = excluded[np.argsort(profiles.id[excluded], kind="stable")]
        rows = ranking.candidates.profiles[ranking.order]
        return cls(
            profiles=tuple(ranking.ids),
            revisions=profiles.sequence[rows].astype(np.int64),
            scores=ranking.scored.scores[ranking.order],
            probabilities=ranking.probabilities[ranking.order],
            part_names=PARTS,
            parts=ranking.scored.parts[ranking.order],
            excluded=tuple(profiles.id[excluded].tolist()),
            filters=tuple(failing),
            failing=masks[:, excluded],
            vectors=ranking.query.vectors,
            readings=ranking.readings[ranking.order],
        )

    def to_bytes(self) -> bytes:
        """Pack the result into a compressed NPZ file: numbers as IEEE 754 bytes, names as JSON."""
        with io.BytesIO() as file:
            np.savez_compressed(
                file,
                allow_pickle=False,
                names=np.frombuffer(json.dumps(self._names(), ensure_ascii=False).encode(), dtype=np.uint8),
                revisions=self.revisions,
                scores=self.scores,
                probabilities=self.probabilities,
                parts=self.parts,
                failing=self.failing,
                vectors=self.vectors,
                readings=self.readings,
            )
            return file.getvalue()

    @classmethod
    def from_bytes(cls, payload: bytes) -> RecordedResult:
        """Return the result that `to_bytes` packed into `payload`."""
        with np.load(io.BytesIO(payload), allow_pickle=False) as file:
            fields: dict[str, Any] = dict(file)
        names = json.loads(fields.pop("names").tobytes())
        fields |= {name: tuple(values) for name, values in names.items()}
        # Decisions saved by earlier versions had no second reading.
        fields.setdefault("readings", np.full(len(fields["scores"]), np.nan))
        return cls(**fields)

    def _names(self) -> dict[str, tuple[str, ...]]:
        return {name: getattr(self, name) for name in ("profiles", "part_names", "excluded", "filters")}

    def candidates(self) -> Iterator[dict[str, Any]]:
        """Yield the candidates as JSON values, highest score first. Floats are printed in their shortest exact form."""
        for i, profile in enumerate(self.profiles):
            yield {
                "rank": i + 1,
                "profile_id": profile,
                "revision": int(self.revisions[i]),
                "score": float(self.scores[i]),
                "probability": float(self.probabilities[i]),
                "contributions": dict(zip(self.part_names, self.parts[i].tolist(), strict=True)),
            }

    def filters_by_profile(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each excluded profile with the filters that exclude it."""
        for i, profile in enumerate(self.excluded):
            yield profile, tuple(name for name, fails in zip(self.filters, self.failing[:, i], strict=True) if fails)

    def excluded_by(self) -> dict[str, list[str]]:
        """Return the ids of the profiles that each filter excludes."""
        ids = np.array(self.excluded, dtype=np.str_)
        return {name: ids[fails].tolist() for name, fails in zip(self.filters, self.failing, strict=True)}
