"""The reference that the engine is compared with: every profile examined in turn, in plain Python.

The reference is deliberately slow and obvious. It uses the product's encoder, and the product's functions that split
records into passages, split texts into terms and find places in texts. It works out for itself which profiles pass a
filter, which passages are close, what is known about a candidate, and which profiles come first.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from matcher.embedding import Encoder
from matcher.index import Index, terms_of
from matcher.records import Filters, Need, Profile, Region
from matcher.records.places import regions_of_record
from matcher.scoring import FAMILIES, PIECE_SIGNALS, PROFILE_SIGNALS, UNDATED, Candidates, NeedFacts
from matcher.scoring.piece_signals import Pieces
from matcher.texts.language import related
from matcher.texts.passages import PassageKind, passages_of, query_of, title_of
from tests.support.eligibility import failing, holds, stated

K1, B = 1.2, 0.75
# How many digits of a CPV code identify its division, group, class and category, and the complete code.
CPV_LEVELS = (2, 3, 4, 5, 8)
# The profile signals that the reference works out itself.
MEASURES = ("capacity", "coverage", "accreditations")


@dataclass(frozen=True)
class DescribedPassage:
    """A passage of a candidate, and how close the passage is to the need and to the need's title."""

    title: bool
    cosines: tuple[float, float]
    bm25: tuple[float, float]


@dataclass(frozen=True)
class DescribedPiece:
    """A piece of a candidate. Unknown facts are None."""

    kind: PassageKind
    part: int
    family: str
    day: date | None
    value: float | None
    regions: frozenset[Region]
    category: float
    passages: tuple[DescribedPassage, ...]


@dataclass(frozen=True)
class DescribedCandidate:
    """Everything that is known about one candidate.

    However a candidate is found, its pieces are the same to the last bit. Its measures are computed with a logarithm, a
    root or a mean, and may differ in the last digits. `measures` holds `MEASURES`, then both lexical cosines of each
    passage.
    """

    pieces: tuple[DescribedPiece, ...]
    measures: tuple[float, ...]


def describe(index: Index, candidates: Candidates, facts: NeedFacts) -> dict[str, DescribedCandidate]:
    """Return what `candidates` holds about each candidate for a need, by profile id."""
    described = {}
    pieces = [*candidates.piece_starts.tolist(), len(candidates.family)]
    passages = [*candidates.passage_starts.tolist(), len(candidates.passages)]
    measures = [signal.compute(candidates, facts) for signal in PROFILE_SIGNALS if signal.name in MEASURES]
    [category] = [s.compute(Pieces(candidates, facts)) for s in PIECE_SIGNALS if s.name == "category"]
    for i, (first, end) in enumerate(pairwise(pieces)):
        rows = range(passages[first], passages[end])
        described[str(index.profiles.id[candidates.profiles[i]])] = DescribedCandidate(
            pieces=tuple(
                _described_piece(
                    index, candidates, piece, float(category[piece]), range(passages[piece], passages[piece + 1])
                )
                for piece in range(first, end)
            ),
            measures=(
                *(float(values[i]) for values in measures),
                *(cosine for row in rows for cosine in candidates.lexical_cosines[row].tolist()),
            ),
        )
    return described


def _described_piece(index: Index, candidates: Candidates, piece: int, category: float, rows: range) -> DescribedPiece:
    day, value, bits = (candidates.piece_columns[name][piece].item() for name in ("day", "value", "regions"))
    row = index.passages.piece[candidates.passages[rows[0]]]
    return DescribedPiece(
        kind=PassageKind(index.pieces.kind[row]),
        part=int(index.pieces.part[row]),
        family=FAMILIES[candidates.family[piece]],
        day=None if day == UNDATED else date(1970, 1, 1) + timedelta(days=day),
        value=None if math.isnan(value) else value,
        regions=frozenset(region for i, region in enumerate(Region) if bits >> i & 1),
        category=category,
        passages=tuple(
            DescribedPassage(
                title=bool(candidates.title[row]),
                cosines=(float(candidates.cosines[row, 0]), float(candidates.cosines[row, 1])),
                bm25=(float(candidates.bm25[row, 0]), float(candidates.bm25[row, 1])),
            )
            for row in rows
        ),
    )


class BruteForce:
    """A register in plain lists. `sequences` holds the number of each profile's last revision, by id."""

    def __init__(self, profiles: Sequence[Profile], sequences: Mapping[str, int], encoder: Encoder) -> None:
        self.profiles = {profile.id: profile for profile in profiles}
        self.sequences = sequences
        self._encoder = encoder
        texts = {profile.id: [passage.text for passage in passages_of(profile)] for profile in profiles}
        self._vectors = {id: list(encoder.encode(own)) for id, own in texts.items()}
        self._counts = {id: [Counter(terms_of(text)) for text in own] for id, own in texts.items()}
        every = [count for own in self._counts.values() for count in own]
        self._passages = len(every)
        self._used = Counter(term for count in every for term in count)
        self._mean = max(sum(count.total() for count in every) / max(len(every), 1), 1.0)

    def eligible(self, need: Need, filters: Filters, on: date) -> list[str]:
        """Return the profiles that pass the filters and meet the requirements of the need."""
        required = _required(need, filters)
        return [
            id
            for id, profile in self.profiles.items()
            if not failing(profile, self.sequences[id], filters, on)
            and not failing(profile, self.sequences[id], required, on)
        ]

    def excluded(self, need: Need, filters: Filters, on: date) -> Counter[str]:
        """Return how many profiles each filter excludes, whether the user chose it, the need requires it, or both."""
        required = _required(need, filters)
        return Counter(
            name
            for id, profile in self.profiles.items()
            for name in failing(profile, self.sequences[id], filters, on)
            | failing(profile, self.sequences[id], required, on)
        )

    def cosines(self, text: str, id: str) -> list[float]:
        """Return the cosine of `text` with each passage of a profile."""
        query = self._encoder.encode([text])[0]
        return [
            float(sum(float(a) * float(b) for a, b in zip(query, vector, strict=True) if a))
            for vector in self._vectors[id]
        ]

    def bm25(self, text: str, id: str) -> list[float]:
        """Return the share of the highest possible BM25 score that each passage of a profile reaches."""
        weights = self._weights(text)
        ceiling = 0.0
        for weight in weights.values():
            ceiling += weight
        scores = []
        for count in self._counts[id]:
            score = 0.0
            for term, weight in weights.items():
                norm = K1 * (1 - B + B * count.total() / self._mean)
                score += weight * (count[term] / (count[term] + norm))
            scores.append(score / ceiling if ceiling else score)
        return scores

    def lexical_cosines(self, text: str, id: str) -> list[float]:
        """Return the lnc.ltc cosine of `text` with each passage of a profile. Each term in `text` counts once."""
        weights = self._weights(text)
        length = math.sqrt(sum(weight**2 for weight in weights.values()))
        cosines = []
        for count in self._counts[id]:
            damped = {term: 1 + math.log(times) for term, times in count.items()}
            own = math.sqrt(sum(weight**2 for weight in damped.values()))
            shared = sum(weight * damped.get(term, 0.0) for term, weight in weights.items())
            cosines.append(shared / (own * length) if shared else 0.0)
        return cosines

    def _weights(self, text: str) -> dict[str, float]:
        """Return the idf of each term in `text` and its other forms that any passage uses, in alphabetical order."""
        used = [term for term in sorted(set(terms_of(" ".join((text, *related(text)))))) if self._used[term]]
        return {
            term: float(np.log1p((self._passages - self._used[term] + 0.5) / (self._used[term] + 0.5))) for term in used
        }

    def describe(self, need: Need, id: str, on: date) -> DescribedCandidate:
        """Return everything that should be known about a candidate for `need`."""
        profile = self.profiles[id]
        whole, title = query_of(need), title_of(need)
        cosines, bm25, lexical_cosines = (
            list(zip(closeness(whole, id), closeness(title, id), strict=True))
            for closeness in (self.cosines, self.bm25, self.lexical_cosines)
        )
        pieces: dict[tuple[PassageKind, int], list[DescribedPassage]] = {}
        for number, passage in enumerate(passages_of(profile)):
            title_only = passage.kind is PassageKind.TRACK_RECORD_TITLE
            kind = PassageKind.TRACK_RECORD if title_only else passage.kind
            pieces.setdefault((kind, passage.part), []).append(
                DescribedPassage(title_only, cosines[number], bm25[number])
            )
        return DescribedCandidate(
            tuple(self._piece(need, profile, kind, part, own) for (kind, part), own in pieces.items()),
            (*_measures(need, profile, on), *(cosine for pair in lexical_cosines for cosine in pair)),
        )

    def _piece(
        self, need: Need, profile: Profile, kind: PassageKind, part: int, passages: Sequence[DescribedPassage]
    ) -> DescribedPiece:
        work = profile.track_record[part] if kind is PassageKind.TRACK_RECORD else None
        capability = profile.capabilities[part] if kind is PassageKind.CAPABILITY else None
        codes = work.cpv if work else capability.cpv if capability else ()
        return DescribedPiece(
            kind=kind,
            part=part,
            family="work" if work else "name" if kind is PassageKind.NAME else "offer",
            day=work.date if work else None,
            value=work.value if work else None,
            regions=regions_of_record(work) if work else frozenset(),
            category=max((_agreement(own, target) for own in codes for target in need.cpv), default=0.0),
            passages=tuple(passages),
        )

    def candidates(self, need: Need, eligible: Iterable[str], depth: int) -> set[str]:
        """Return the `depth` profiles closest in meaning and the `depth` profiles closest in words.

        Return all profiles if there are at most `depth`.
        """
        everyone = list(eligible)
        if len(everyone) <= depth:
            return set(everyone)
        text = query_of(need)
        chosen: set[str] = set()
        for closeness in (self.cosines, self.bm25):
            best = {id: max(closeness(text, id)) for id in everyone}
            chosen |= set(sorted(everyone, key=lambda own: (-best[own], own))[:depth])
        return chosen


def _agreement(own: str, target: str) -> float:
    return sum(own[:digits] == target[:digits] for digits in CPV_LEVELS) / len(CPV_LEVELS)


def _measures(need: Need, profile: Profile, on: date) -> tuple[float, float, float]:
    """Return capacity (NaN where unknown), coverage and accreditations."""
    capacity = math.nan
    if need.value and profile.turnover is not None:
        capacity = math.log10(max(profile.turnover, 1)) - math.log10(need.value)
    home, target = stated(profile), regions_of_record(need)
    coverage = float(bool(home & target)) if home and target else 0.5
    required = need.requirements.accreditations
    held = [holds(profile, scheme, on) for scheme in required]
    return capacity, coverage, sum(held) / len(held) if held else 1.0


def _required(need: Need, filters: Filters) -> Filters:
    """Return the requirements of `need` as filters, with the user's choice for suppliers whose place is not known."""
    return Filters.required_by(need).model_copy(update={"include_unknown": filters.include_unknown})
