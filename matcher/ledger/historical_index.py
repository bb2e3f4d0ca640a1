"""Past: the index as it was at an earlier sequence number, built again from the revisions of then."""

from __future__ import annotations

from collections.abc import Sequence

from matcher.embedding import CachedEncoder, Progress
from matcher.foundations.arrays import Vectors
from matcher.foundations.errors import MatcherError
from matcher.index import Index
from matcher.store import Store


class VectorsGone(MatcherError):
    """Vectors of another encoder than the one in use are no longer kept; `texts` says of how many texts."""

    def __init__(self, texts: int) -> None:
        super().__init__(texts)
        self.texts = texts


class Recalled:
    """An encoder known by the vectors it once made. A vector that is gone is made again where it is the one in use.

    `again` counts the texts of which that was so.
    """

    def __init__(self, fingerprint: str, dimensions: int, in_use: CachedEncoder) -> None:
        self.fingerprint = fingerprint
        self.dimensions = dimensions
        self.again = 0
        self._in_use = in_use

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return one row a text, shape (len(texts), dimensions).

        Raises:
            VectorsGone: another encoder is in use.

        """
        if self._in_use.fingerprint != self.fingerprint:
            raise VectorsGone(len(texts))
        self.again += len(texts)
        return self._in_use.encode(texts, progress)

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Return what `encode` returns: only passages are asked for, the vectors of a query are in the record."""
        return self.encode(texts)


class Past:
    """Builds indexes of earlier moments. The last one is kept and brought forward, which gives bit for bit what
    building it at once would.
    """

    def __init__(self, store: Store, in_use: CachedEncoder) -> None:
        self._store = store
        self._in_use = in_use
        self._index: Index | None = None

    def recalled(self, fingerprint: str, dimensions: int) -> Recalled:
        """Return the encoder with this fingerprint, as far as its vectors are kept."""
        return Recalled(fingerprint, dimensions, self._in_use)

    def at(self, sequence: int, encoder: Recalled) -> Index:
        """Return the index of the store as it was at `sequence`.

        Raises:
            VectorsGone: vectors are missing, and another encoder is in use.

        """
        index = self._index
        if index is None or index.encoder != encoder.fingerprint or index.sequence > sequence:
            index = Index(encoder.fingerprint)
        if index.sequence < sequence:
            found = self._store.profile_changes(index.sequence, until=sequence)
            changes = [(change.sequence, change.id, change.profile) for change in found]
            index = index.updated(changes, self._in_use.over(encoder).encode, sequence)
        self._index = index
        return index
