"""Hypothesis strategies for valid records and filters. Words, places and schemes are few, so values often match."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from matcher.records import Filters, Need, Profile, Region, Sector, Size, parse

# The date used in generated searches. Accreditations must be valid on that date.
TODAY: Final = date(2026, 6, 1)

WORDS: Final = (
    "falls", "prevention", "older", "people", "dementia", "memory", "clinic", "remote", "monitoring", "asthma",
    "children", "transport", "meals", "recovery", "college", "loneliness", "befriending", "carers", "café",
    "diabetes", "screening", "digital", "interpreting", "housing", "naïve", "日本", "7,500",
)  # fmt: skip
SCHEMES: Final = ("Cyber Essentials", "cyber-essentials PLUS", "ISO 9001", "DSPT", "Quality Mark 質")
POSTCODES: Final = ("LS1 4AP", "M1 1AE", "SW1A 1AA", "CF10 1EP", "BT1 5GS", "PO16")
TURNOVERS: Final = (0.0, 50_000.0, 44_000_000.0, 44_000_001.0, 1e9)
EMPLOYEES: Final = (0, 12, 249, 250, 5_000)
CPV: Final = ("85100000", "85312310", "48180000")
CHARITIES: Final = ("1000003", "SC037738")

words = st.sampled_from(WORDS)
titles = st.lists(words, min_size=1, max_size=4).map(" ".join)
sentences = titles.map(lambda text: f"{text}.")
texts = st.lists(sentences, max_size=4).map(" ".join) | st.just("")
days = st.integers(-2, 2).map(lambda days: (TODAY + timedelta(days=days)).isoformat())
places = st.sampled_from([*Region, "Eastern", "France", "the north west"])


def known(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the `fields` that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return None or a value of `strategy`."""
    return st.none() | strategy


cpv_codes = st.lists(st.sampled_from(CPV), max_size=2)
capabilities = st.fixed_dictionaries(
    {"title": titles, "description": texts, "outcomes": st.lists(texts, max_size=2), "cpv": cpv_codes}
)
track_records = st.fixed_dictionaries(
    {
        "title": titles,
        "description": texts,
        "buyer": maybe(titles),
        "region": maybe(places),
        "date": maybe(days),
        "value": maybe(st.sampled_from(TURNOVERS)),
        "cpv": cpv_codes,
    }
).map(known)
accreditations = st.fixed_dictionaries({"scheme": st.sampled_from(SCHEMES), "expires": maybe(days)}).map(known)
coverages = st.fixed_dictionaries({"national": st.booleans(), "regions": st.lists(st.sampled_from(Region), max_size=2)})
identifiers = st.fixed_dictionaries(
    {"charity": maybe(st.sampled_from(CHARITIES)), "company": maybe(st.just("02324869")), "ods": maybe(st.just("RR8"))}
).map(known)
ids = st.integers(0, 11).map(lambda n: f"p{n}") | st.sampled_from(["P1", "é/1", "a.b:c", "p-1"])


def profiles(ids: st.SearchStrategy[str] = ids) -> st.SearchStrategy[Profile]:
    """Return profiles, sparse and complete, with ids from `ids`."""
    return st.fixed_dictionaries(
        {
            "id": ids,
            "name": titles,
            "sector": st.sampled_from(Sector),
            "size": maybe(st.sampled_from(Size)),
            "summary": texts,
            "identifiers": identifiers,
            "postcode": maybe(st.sampled_from(POSTCODES)),
            "coverage": coverages,
            "turnover": maybe(st.sampled_from(TURNOVERS)),
            "employees": maybe(st.sampled_from(EMPLOYEES)),
            "capabilities": st.lists(capabilities, max_size=2),
            "track_record": st.lists(track_records, max_size=2),
            "accreditations": st.lists(accreditations, max_size=2),
        }
    ).map(lambda fields: parse(Profile, known(fields)))


def registers(min_size: int = 0, max_size: int = 16) -> st.SearchStrategy[list[Profile]]:
    """Return lists of profiles with different ids."""
    return st.lists(profiles(), min_size=min_size, max_size=max_size, unique_by=lambda profile: profile.id)


def needs() -> st.SearchStrategy[Need]:
    """Return needs with and without requirements."""
    requirements = st.fixed_dictionaries(
        {
            "accreditations": st.lists(st.sampled_from(SCHEMES), max_size=2),
            "sectors": st.lists(st.sampled_from(Sector), max_size=4),
            "regions": st.lists(st.sampled_from(Region), max_size=2),
        }
    )
    return st.fixed_dictionaries(
        {
            "id": st.integers(0, 9).map(lambda n: f"need-{n}"),
            "title": titles,
            "description": texts,
            "outcomes": st.lists(texts, max_size=2),
            "requirements": st.just({}) | requirements,
            "cpv": cpv_codes,
            "region": maybe(places),
            "postcode": maybe(st.sampled_from(POSTCODES)),
            "value": maybe(st.sampled_from(TURNOVERS)),
        }
    ).map(lambda fields: parse(Need, known(fields)))


def filters() -> st.SearchStrategy[Filters]:
    """Return filters with any combination of fields set."""
    numbers = st.sampled_from(["charity", "company", "ods", "cqc", "charity:1000003", "charity:sc037738", "ods:RR8"])
    optional = {
        "sectors": st.lists(st.sampled_from(Sector), min_size=1, max_size=4),
        "regions": st.lists(st.sampled_from(Region), min_size=1, max_size=3),
        "include_unknown": st.booleans(),
        "accreditations": st.lists(st.sampled_from(SCHEMES), min_size=1, max_size=2),
        "size": st.sampled_from(Size),
        "min_turnover": st.sampled_from(TURNOVERS),
        "max_turnover": st.sampled_from(TURNOVERS),
        "identifiers": st.lists(numbers, min_size=1, max_size=2),
        "changed_since": st.integers(0, 20),
    }
    return st.fixed_dictionaries({}, optional=optional).map(lambda fields: parse(Filters, fields))
