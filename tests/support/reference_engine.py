"""The reference that the engine is held against: everybody looked at, one after the other, in plain Python.

Slow and obvious on purpose. It shares with the product the cutting of records into passages, the cutting of
texts into terms, the finding of places in texts, and the encoder; who passes a filter, what is close, what is
told of a candidate, what comes first are worked out anew.
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
from matcher.scoring.signals import FAMILIES, UNDATED, Candidates
from matcher.texts.language import related
from matcher.texts.passages import PassageKind, passages_of, query_of, title_of
from tests.support.eligibility import at_home, failing, holds

K1, B = 1.2, 0.75
# How many digits of a CPV code name its division, group, class, category, and the whole of it.
CPV_LEVELS = (2, 3, 4, 5, 8)


@dataclass(frozen=True)
class ToldPassage:
    """A passage of a candidate, and how close it is to need and title."""

    title: bool
    cosines: tuple[float, float]
    words: tuple[float, float]


@dataclass(frozen=True)
class ToldPiece:
    """A piece of a candidate; None where a fact is not known."""

    kind: PassageKind
    part: int
    family: str
    day: date | None
    value: float | None
    regions: frozenset[Region]
    category: float
    passages: tuple[ToldPassage, ...]


@dataclass(frozen=True)
class Told:
    """All that is held of one candidate: the pieces, and what takes a logarithm, a root or a mean to find.

    The pieces are the same to the last bit however they are found; `measures` may differ in the last digits.
    """

    pieces: tuple[ToldPiece, ...]
    measures: tuple[float, ...]  # capacity, coverage, accreditations, then both lexical cosines of each passage


def told(index: Index, candidates: Candidates) -> dict[str, Told]:
    """Return what `candidates` holds of each, by id."""
    found = {}
    pieces = [*candidates.piece_starts.tolist(), len(candidates.family)]
    passages = [*candidates.passage_starts.tolist(), len(candidates.passages)]
    for i, (first, end) in enumerate(pairwise(pieces)):
        rows = range(passages[first], passages[end])
        found[str(index.profiles.id[candidates.profiles[i]])] = Told(
            pieces=tuple(
                _told_piece(index, candidates, piece, range(passages[piece], passages[piece + 1]))
                for piece in range(first, end)
            ),
            measures=(
                float(candidates.capacity[i]),
                float(candidates.coverage[i]),
                float(candidates.accreditations[i]),
                *(cosine for row in rows for cosine in candidates.wording[row].tolist()),
            ),
        )
    return found


def _told_piece(index: Index, candidates: Candidates, piece: int, rows: range) -> ToldPiece:
    day, value, bits = (column[piece].item() for column in (candidates.day, candidates.value, candidates.regions))
    row = index.passages.piece[candidates.passages[rows[0]]]
    return ToldPiece(
        kind=PassageKind(index.pieces.kind[row]),
        part=int(index.pieces.part[row]),
        family=FAMILIES[candidates.family[piece]],
        day=None if day == UNDATED else date(1970, 1, 1) + timedelta(days=day),
        value=None if math.isnan(value) else value,
        regions=frozenset(region for i, region in enumerate(Region) if bits >> i & 1),
        category=float(candidates.category[piece]),
        passages=tuple(
            ToldPassage(
                title=bool(candidates.title[row]),
                cosines=(float(candidates.cosines[row, 0]), float(candidates.cosines[row, 1])),
                words=(float(candidates.words[row, 0]), float(candidates.words[row, 1])),
            )
            for row in rows
        ),
    )


class BruteForce:
    """A register held in plain lists. `sequences` are the numbers of the last revisions, by id."""

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
        """Return who passes the filters and brings what the need requires."""
        required = Filters.required_by(need)
        return [
            id
            for id, profile in self.profiles.items()
            if not failing(profile, self.sequences[id], filters, on)
            and not failing(profile, self.sequences[id], required, on)
        ]

    def excluded(self, need: Need, filters: Filters, on: date) -> Counter[str]:
        """Return how many profiles each filter leaves out, whether chosen or required or both."""
        required = Filters.required_by(need)
        return Counter(
            name
            for id, profile in self.profiles.items()
            for name in failing(profile, self.sequences[id], filters, on)
            | failing(profile, self.sequences[id], required, on)
        )

    def meaning(self, text: str, id: str) -> list[float]:
        """Return the cosine of `text` with each passage of a profile."""
        query = self._encoder.encode([text])[0]
        return [
            float(sum(float(a) * float(b) for a, b in zip(query, vector, strict=True) if a))
            for vector in self._vectors[id]
        ]

    def words(self, text: str, id: str) -> list[float]:
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

    def wording(self, text: str, id: str) -> list[float]:
        """Return the lnc.ltc cosine of `text`, each term counted once, with each passage of a profile."""
        weights = self._weights(text)
        asked = math.sqrt(sum(weight**2 for weight in weights.values()))
        cosines = []
        for count in self._counts[id]:
            damped = {term: 1 + math.log(times) for term, times in count.items()}
            own = math.sqrt(sum(weight**2 for weight in damped.values()))
            shared = sum(weight * damped.get(term, 0.0) for term, weight in weights.items())
            cosines.append(shared / (own * asked) if shared else 0.0)
        return cosines

    def _weights(self, text: str) -> dict[str, float]:
        """Return the idf of each term of `text` and of its other forms that somebody uses, in alphabetical order."""
        asked = [term for term in sorted(set(terms_of(" ".join((text, *related(text)))))) if self._used[term]]
        return {
            term: float(np.log1p((self._passages - self._used[term] + 0.5) / (self._used[term] + 0.5)))
            for term in asked
        }

    def told(self, need: Need, id: str, on: date) -> Told:
        """Return all that is to be known of a candidate for `need`."""
        profile = self.profiles[id]
        whole, title = query_of(need), title_of(need)
        cosines, words, wording = (
            list(zip(closeness(whole, id), closeness(title, id), strict=True))
            for closeness in (self.meaning, self.words, self.wording)
        )
        pieces: dict[tuple[PassageKind, int], list[ToldPassage]] = {}
        for number, passage in enumerate(passages_of(profile)):
            title_only = passage.kind is PassageKind.TRACK_RECORD_TITLE
            kind = PassageKind.TRACK_RECORD if title_only else passage.kind
            pieces.setdefault((kind, passage.part), []).append(ToldPassage(title_only, cosines[number], words[number]))
        return Told(
            tuple(self._piece(need, profile, kind, part, own) for (kind, part), own in pieces.items()),
            (*_measures(need, profile, on), *(cosine for pair in wording for cosine in pair)),
        )

    def _piece(
        self, need: Need, profile: Profile, kind: PassageKind, part: int, passages: Sequence[ToldPassage]
    ) -> ToldPiece:
        work = profile.track_record[part] if kind is PassageKind.TRACK_RECORD else None
        capability = profile.capabilities[part] if kind is PassageKind.CAPABILITY else None
        codes = work.cpv if work else capability.cpv if capability else ()
        return ToldPiece(
            kind=kind,
            part=part,
            family="work" if work else "name" if kind is PassageKind.NAME else "offer",
            day=work.date if work else None,
            value=work.value if work else None,
            regions=regions_of_record(work) if work else frozenset(),
            category=max((_agreement(own, wanted) for own in codes for wanted in need.cpv), default=0.0),
            passages=tuple(passages),
        )

    def candidates(self, need: Need, eligible: Iterable[str], depth: int) -> set[str]:
        """Return the `depth` closest in meaning and the `depth` closest in words; all, where there are no more."""
        everyone = list(eligible)
        if len(everyone) <= depth:
            return set(everyone)
        text = query_of(need)
        chosen: set[str] = set()
        for closeness in (self.meaning, self.words):
            best = {id: max(closeness(text, id)) for id in everyone}
            chosen |= set(sorted(everyone, key=lambda own: (-best[own], own))[:depth])
        return chosen


def _agreement(own: str, wanted: str) -> float:
    return sum(own[:digits] == wanted[:digits] for digits in CPV_LEVELS) / len(CPV_LEVELS)


def _measures(need: Need, profile: Profile, on: date) -> tuple[float, float, float]:
    """Return capacity (NaN where unknown), coverage and accreditations."""
    capacity = math.nan
    if need.value and profile.turnover is not None:
        capacity = math.log10(max(profile.turnover, 1)) - math.log10(need.value)
    home, wanted = at_home(profile), regions_of_record(need)
    coverage = float(bool(home & wanted)) if home and wanted else 0.5
    required = need.requirements.accreditations
    held = [holds(profile, scheme, on) for scheme in required]
    return capacity, coverage, sum(held) / len(held) if held else 1.0
