"""Generated registers: random profiles, with every value that a filter or a signal distinguishes."""

from __future__ import annotations

import random
from datetime import timedelta

from matcher.records import Profile, Region, Sector, parse
from tests.support.strategies import CPV, POSTCODES, SCHEMES, TODAY, TURNOVERS, WORDS

# Schemes, and the share of profiles in a register that hold each.
SHARES = {"whole": 1.0, "tenth": 0.1, "fiftieth": 0.02, "two hundredth": 0.005, "thousandth": 0.001}


def made_register(count: int, seed: int) -> list[Profile]:
    """Return `count` random profiles.

    Every profile holds the scheme "whole". Exactly 10%, 2%, 0.5% and 0.1% hold the others, at random positions.
    """
    rng = random.Random(seed)
    places = {share: set(rng.sample(range(count), max(1, round(count * share)))) for share in SHARES.values()}
    profiles = []
    for n in range(count):
        shares = [name for name, share in SHARES.items() if n in places[share]]
        accreditations = [{"scheme": scheme} for scheme in [*shares, *rng.sample(SCHEMES, rng.randint(0, 2))]]
        turnover = rng.choice([None, *TURNOVERS])
        fields = {
            "id": f"p{rng.randrange(16**4):04x}-{n}",
            "name": _words(rng),
            "sector": rng.choice(list(Sector)),
            "summary": f"{_words(rng)}. {_words(rng)}." if rng.random() < 0.8 else "",
            "postcode": rng.choice(POSTCODES),
            "coverage": {"national": rng.random() < 0.1, "regions": rng.sample(list(Region), rng.randint(0, 2))},
            "capabilities": [
                {"title": _words(rng), "description": _words(rng), "cpv": rng.sample(CPV, rng.randint(0, 2))}
                for _ in range(rng.randint(0, 2))
            ],
            "track_record": [_piece(rng) for _ in range(rng.choice([0, 0, 1, 2]))],
            "accreditations": accreditations,
            **({} if turnover is None else {"turnover": turnover}),
        }
        profiles.append(parse(Profile, fields))
    return profiles


def _piece(rng: random.Random) -> dict[str, object]:
    fields = {
        "title": _words(rng),
        "description": _words(rng) if rng.random() < 0.7 else None,
        "region": rng.choice([None, *Region, "LS1 4AP", "near Leeds"]),
        "buyer": rng.choice([None, "Kent County Council"]),
        "date": rng.choice([None, (TODAY - timedelta(days=rng.randrange(3_000))).isoformat()]),
        "value": rng.choice([None, *TURNOVERS]),
        "cpv": rng.sample(CPV, rng.randint(0, 2)),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _words(rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randint(1, 4)))
