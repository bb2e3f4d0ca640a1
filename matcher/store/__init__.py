"""The store: one SQL database with records (kept as revisions), contacts and an embedding cache."""

from matcher.store.revisions import Change, RecordKind, Revision
from matcher.store.store import Store
from matcher.store.vectors import VectorCache
from matcher.store.writer import Outcome, Put, Writer

__all__ = ["Change", "Outcome", "Put", "RecordKind", "Revision", "Store", "VectorCache", "Writer"]
