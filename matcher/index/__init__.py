"""The index: dense and lexical search over the eligible, exact, kept as a disposable cache of the store."""

from matcher.index.eligibility import Eligible
from matcher.index.index import Index
from matcher.index.postings import terms_of
from matcher.index.prefilter import Coarse
from matcher.index.query import Query, facts_of, query_for, terms_for
from matcher.index.retrieval import retrieve, retrieve_together
from matcher.index.shortlist import highest
from matcher.index.snapshot import Snapshots

__all__ = [
    "Coarse",
    "Eligible",
    "Index",
    "Query",
    "Snapshots",
    "facts_of",
    "highest",
    "query_for",
    "retrieve",
    "retrieve_together",
    "terms_for",
    "terms_of",
]
