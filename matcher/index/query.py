"""Query: a need in the form used for search, as vectors, lexical terms and facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from matcher.embedding import CachedEncoder
from matcher.foundations.arrays import Vectors
from matcher.index.codes import bits_of, day_number, scheme_key
from matcher.index.postings import terms_of
from matcher.records import Need
from matcher.records.need import FREE_TEXT
from matcher.records.places import CURRENT_RULE, ReadingRule, record_by_earlier_rules, regions_needed
from matcher.scoring import NeedFacts
from matcher.texts.language import related
from matcher.texts.passages import query_of, title_of


@dataclass(frozen=True)
class Query:
    """A need to search for.

    Attributes:
        vectors: the embeddings of the whole need and of its title, shape (2, dimensions).
        terms: the lexical terms of the whole need and of its title.
        facts: what the need states besides its text.

    """

    vectors: Vectors
    terms: tuple[tuple[str, ...], tuple[str, ...]]
    facts: NeedFacts


def query_for(need: Need, encoder: CachedEncoder, on: date) -> Query:
    """Return the query for `need` on day `on`. The embeddings of free-text needs are not cached."""
    vectors = encoder.encode_query((query_of(need), title_of(need)), remember=need.id != FREE_TEXT)
    return Query(vectors=vectors, terms=terms_for(need), facts=facts_of(need, on))


def terms_for(need: Need) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the lexical terms to search for: first for the whole need, then for its title."""
    return _expanded(query_of(need)), _expanded(title_of(need))


def _expanded(text: str) -> tuple[str, ...]:
    """Return the lexical terms of `text`, extended with other forms of any specialist terms that occur in it."""
    return tuple(terms_of(" ".join((text, *related(text)))))


def facts_of(need: Need, on: date, rule: ReadingRule = CURRENT_RULE) -> NeedFacts:
    """Return the facts of `need`, whose place is read by `rule`. A national need has no region, as any place fits it.

    Accreditations must be valid on day `on`. If the publication date is unknown, `on` is used instead.
    """
    regions = record_by_earlier_rules(need) if rule < ReadingRule.KNOWN_FACTS else regions_needed(need)
    return NeedFacts(
        regions=bits_of(regions),
        value=need.value or float("nan"),
        cpv=tuple(int(code) for code in need.cpv),
        day=day_number(need.published or on),
        accreditations=tuple(scheme_key(scheme) for scheme in need.requirements.accreditations),
        on=day_number(on),
    )
