"""The index at an earlier sequence number, rebuilt from the revisions stored up to that number."""

from __future__ import annotations

from collections.abc import Sequence

from matcher.embedding import CachedEncoder, Progress
from matcher.foundations.arrays import Vectors
from matcher.foundations.errors import MatcherError
from matcher.index import Index
from matcher.records.places import ReadingRule
from matcher.store import Store


class MissingVectors(MatcherError):
    """The vectors for `texts` texts are no longer stored, and the encoder that made them is no longer in use."""

    def __init__(self, texts: int) -> None:
        super().__init__(texts)
        self.texts = texts


class ArchivedEncoder:
    """A past encoder, identified by its fingerprint.

    If it is still in use, it encodes texts that have no stored vector. `reencoded` counts the texts encoded again.
    """

    def __init__(self, fingerprint: str, dimensions: int, in_use: CachedEncoder) -> None:
        self.fingerprint = fingerprint
        self.dimensions = dimensions
        self.reencoded = 0
        self._in_use = in_use

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode texts that have no stored vector. Return one row per text, shape (len(texts), dimensions).

        Raises:
            MissingVectors: another encoder is in use.

        """
        if self._in_use.fingerprint != self.fingerprint:
            raise MissingVectors(len(texts))
        self.reencoded += len(texts)
        return self._in_use.encode(texts, progress)

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Return what `encode` returns. A replay never calls this, because the ledger holds the need's vectors."""
        return self.encode(texts)


class HistoricalIndexes:
    """Builds the index at earlier sequence numbers.

    The last index is kept, and updated when a later sequence number is needed. The updated index is identical, bit for
    bit, to a newly built one.
    """

    def __init__(self, store: Store, in_use: CachedEncoder) -> None:
        self._store = store
        self._in_use = in_use
        self._index: Index | None = None

    def encoder(self, fingerprint: str, dimensions: int) -> ArchivedEncoder:
        """Return the past encoder that has this fingerprint and makes vectors of `dimensions` numbers."""
        return ArchivedEncoder(fingerprint, dimensions, self._in_use)

    def at(self, sequence: int, encoder: ArchivedEncoder, rule: ReadingRule) -> Index:
        """Return the index of the store as it was at `sequence`. `rule` says how to read places and kinds.

        Raises:
            MissingVectors: vectors made by `encoder` are missing, and another encoder is in use.

        """
        index = self._index
        start = Index(encoder.fingerprint, rule=rule)
        if index is None or (index.encoder, index.rule) != (start.encoder, rule) or index.sequence > sequence:
            index = start
        if index.sequence < sequence:
            revisions = self._store.profile_changes(index.sequence, until=sequence)
            changes = [(change.sequence, change.id, change.profile) for change in revisions]
            index = index.updated(changes, self._in_use.over(encoder).encode, sequence)
        self._index = index
        return index
