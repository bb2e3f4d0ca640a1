"""The reference that the engine is held against: everybody looked at, one after the other, in plain Python.

Slow and obvious on purpose. It shares with the product the cutting of records into passages, the cutting of
texts into terms, and the encoder; who passes a filter, what is close, what comes first are worked out anew.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import numpy as np

from matcher.embedding import Encoder
from matcher.index import terms_of
from matcher.language import related
from matcher.passages import passages_of, query_of
from matcher.records import Filters, Need, Profile, Region, Sector, Size, parse
from matcher.records.postcodes import region_of_postcode
from matcher.records.vocabulary import find_region
from tests.strategies import POSTCODES, SCHEMES, TURNOVERS, WORDS

K1, B = 1.2, 0.75


def served(profile: Profile) -> set[Region]:
    """Return the regions a profile covers: stated, else of its postcode, else of its track record."""
    if profile.coverage.national:
        return set(Region)
    if profile.coverage.regions:
        return set(profile.coverage.regions)
    if profile.postcode and (home := region_of_postcode(profile.postcode)):
        return {home}
    places = [find_region(piece.region) for piece in profile.track_record if piece.region]
    return {place for place in places if place}


def holds(profile: Profile, scheme: str, on: date) -> bool:
    """Return whether `profile` holds `scheme` on the day `on`, however the name is written."""

    def plain(name: str) -> str:
        return re.sub(r"[\W_]", "", name.casefold())

    for accreditation in profile.accreditations:
        if accreditation.expires is None or accreditation.expires >= on:
            held = plain(accreditation.scheme)
            if held == plain(scheme) or (held, plain(scheme)) == ("cyberessentialsplus", "cyberessentials"):
                return True
    return False


def size(profile: Profile) -> Size | None:
    """Return the size by staff and turnover where either is known, else by sector."""
    if profile.employees is None and profile.turnover is None:
        return {Sector.SME: Size.SME, Sector.LARGE: Size.LARGE}.get(profile.sector)
    return Size.SME if (profile.employees or 0) < 250 and (profile.turnover or 0) <= 44_000_000 else Size.LARGE


def identified(profile: Profile, wanted: str) -> bool:
    """Return whether `profile` has the identifier: a kind, or a kind with its number."""
    kind, _, number = wanted.partition(":")
    own = getattr(profile.identifiers, kind)
    return own is not None and (not number or own == number.upper())


def failing(profile: Profile, sequence: int, filters: Filters, on: date) -> set[str]:
    """Return the names of the filters that `profile`, revised last at `sequence`, does not pass."""
    turnover = profile.turnover
    passes = {
        "sectors": not filters.sectors or profile.sector in filters.sectors,
        "regions": not filters.regions or bool(served(profile) & set(filters.regions)),
        "accreditations": all(holds(profile, scheme, on) for scheme in filters.accreditations),
        "size": filters.size is None or size(profile) == filters.size,
        "min_turnover": filters.min_turnover is None or (turnover is not None and turnover >= filters.min_turnover),
        "max_turnover": filters.max_turnover is None or (turnover is not None and turnover <= filters.max_turnover),
        "identifiers": all(identified(profile, wanted) for wanted in filters.identifiers),
        "changed_since": filters.changed_since is None or sequence > filters.changed_since,
    }
    return {name for name, passed in passes.items() if not passed}


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
        asked = [term for term in sorted(set(terms_of(" ".join((text, *related(text)))))) if self._used[term]]
        weights = {
            term: float(np.log1p((self._passages - self._used[term] + 0.5) / (self._used[term] + 0.5)))
            for term in asked
        }
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


def made_register(count: int, seed: int) -> list[Profile]:
    """Return `count` profiles dealt by chance.

    Everybody holds the scheme "whole", and exactly 10 %, 2 %, 0.5 % and 0.1 % those named so, at random places.
    """
    deal = random.Random(seed)
    places = {share: set(deal.sample(range(count), max(1, round(count * share)))) for share in SHARES.values()}
    made = []
    for n in range(count):
        shares = [name for name, share in SHARES.items() if n in places[share]]
        held = [{"scheme": scheme} for scheme in [*shares, *deal.sample(SCHEMES, deal.randint(0, 2))]]
        turnover = deal.choice([None, *TURNOVERS])
        fields = {
            "id": f"p{deal.randrange(16**4):04x}-{n}",
            "name": _words(deal),
            "sector": deal.choice(list(Sector)),
            "summary": f"{_words(deal)}. {_words(deal)}." if deal.random() < 0.8 else "",
            "postcode": deal.choice(POSTCODES),
            "coverage": {"national": deal.random() < 0.1, "regions": deal.sample(list(Region), deal.randint(0, 2))},
            "capabilities": [{"title": _words(deal), "description": _words(deal)} for _ in range(deal.randint(0, 2))],
            "accreditations": held,
            **({} if turnover is None else {"turnover": turnover}),
        }
        made.append(parse(Profile, fields))
    return made


SHARES = {"whole": 1.0, "tenth": 0.1, "fiftieth": 0.02, "two hundredth": 0.005, "thousandth": 0.001}


def _words(deal: random.Random) -> str:
    return " ".join(deal.choices(WORDS, k=deal.randint(1, 4)))
