"""Query: a need as search sees it, in meaning, in words, and in facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from matcher.embedding import CachedEncoder
from matcher.foundations.arrays import Vectors
from matcher.index.eligibility import bits_of, day_number
from matcher.index.postings import terms_of
from matcher.records import Need
from matcher.records.need import FREE_TEXT
from matcher.records.places import regions_of_record
from matcher.scoring.signals import NeedFacts
from matcher.texts.language import related
from matcher.texts.passages import query_of, title_of


@dataclass(frozen=True)
class Query:
    """Vectors, shape (2, dimensions), and terms, each of the whole need and of its title; and its facts."""

    vectors: Vectors
    terms: tuple[tuple[str, ...], tuple[str, ...]]
    facts: NeedFacts
    accreditations: tuple[str, ...]


def query_for(need: Need, encoder: CachedEncoder, on: date) -> Query:
    """Return the query that stands for `need`; `on` stands in for the day it was published."""
    whole, title = query_of(need), title_of(need)
    return Query(
        vectors=encoder.encode_query((whole, title), remember=need.id != FREE_TEXT),
        terms=terms_for(need),
        facts=facts_of(need, on),
        accreditations=need.requirements.accreditations,
    )


def terms_for(need: Need) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the terms to search for, of the whole need and of its title."""
    return _searched(query_of(need)), _searched(title_of(need))


def _searched(text: str) -> tuple[str, ...]:
    """Return the terms of `text` and of the other forms of what it speaks of."""
    return tuple(terms_of(" ".join((text, *related(text)))))


def facts_of(need: Need, on: date) -> NeedFacts:
    """Return the facts of `need`; `on` stands in for the day it was published."""
    return NeedFacts(
        regions=bits_of(regions_of_record(need)),
        value=need.value or float("nan"),
        cpv=tuple(int(code) for code in need.cpv),
        day=day_number(need.published or on),
    )
