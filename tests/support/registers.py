"""Made registers: profiles dealt by chance, of every kind that a filter or a signal tells apart."""

from __future__ import annotations

import random
from datetime import timedelta

from matcher.records import Profile, Region, Sector, parse
from tests.support.strategies import CPV, POSTCODES, SCHEMES, TODAY, TURNOVERS, WORDS

# Schemes, and what share of a register holds each.
SHARES = {"whole": 1.0, "tenth": 0.1, "fiftieth": 0.02, "two hundredth": 0.005, "thousandth": 0.001}


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
            "capabilities": [
                {"title": _words(deal), "description": _words(deal), "cpv": deal.sample(CPV, deal.randint(0, 2))}
                for _ in range(deal.randint(0, 2))
            ],
            "track_record": [_made_work(deal) for _ in range(deal.choice([0, 0, 1, 2]))],
            "accreditations": held,
            **({} if turnover is None else {"turnover": turnover}),
        }
        made.append(parse(Profile, fields))
    return made


def _made_work(deal: random.Random) -> dict[str, object]:
    fields = {
        "title": _words(deal),
        "description": _words(deal) if deal.random() < 0.7 else None,
        "region": deal.choice([None, *Region, "LS1 4AP", "near Leeds"]),
        "buyer": deal.choice([None, "Kent County Council"]),
        "date": deal.choice([None, (TODAY - timedelta(days=deal.randrange(3_000))).isoformat()]),
        "value": deal.choice([None, *TURNOVERS]),
        "cpv": deal.sample(CPV, deal.randint(0, 2)),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _words(deal: random.Random) -> str:
    return " ".join(deal.choices(WORDS, k=deal.randint(1, 4)))
