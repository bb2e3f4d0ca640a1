"""The index: exact dense and lexical search over eligible profiles. It can be rebuilt from the store."""

from matcher.index.eligibility import Eligible, passing
from matcher.index.index import Index
from matcher.index.postings import terms_of
from matcher.index.prefilter import Prefilter
from matcher.index.query import Query, facts_of, query_for, terms_for
from matcher.index.retrieval import retrieve, retrieve_batch
from matcher.index.shortlist import highest
from matcher.index.snapshot import Snapshots

__all__ = [
    "Eligible",
    "Index",
    "Prefilter",
    "Query",
    "Snapshots",
    "facts_of",
    "highest",
    "passing",
    "query_for",
    "retrieve",
    "retrieve_batch",
    "terms_for",
    "terms_of",
]
