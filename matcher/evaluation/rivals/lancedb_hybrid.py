"""LanceDB's hybrid search in memory: a full-text index and MiniLM vectors, combined by reciprocal rank fusion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from matcher.evaluation.rivals.corpus import Corpus
from matcher.evaluation.rivals.encoding import Encode
from matcher.evaluation.rivals.packages import package
from matcher.foundations.arrays import Floats
from matcher.records import Profile

# The number of passages to retrieve, high enough not to limit recall@100 over profiles.
_DEPTH: Final = 1_000


class LanceDbHybrid:
    """Scores a profile by its best retrieved passage. Vector search is exact."""

    def __init__(self, profiles: Sequence[Profile], encode: Encode) -> None:
        self._corpus = Corpus.of(profiles)
        self._encode = encode
        self._table = package("lancedb").connect("memory://").create_table("passages", self._rows())
        self._table.create_index("text", config=package("lancedb.index").FTS())

    def scores(self, query: str) -> Floats:
        """Return one score per profile, shape (profiles,), with -inf for a profile without a retrieved passage."""
        search = self._table.search(query_type="hybrid", vector_column_name="vector", fts_columns="text")
        search = search.vector(self._encode([query])[0]).text(query).distance_type("cosine").limit(_DEPTH)
        rows = search.to_arrow()
        positions, scores = rows["position"].to_numpy(), rows["_relevance_score"].to_numpy()
        return self._corpus.best_per_profile(self._corpus.over_passages(positions, scores))

    def _rows(self) -> Any:
        arrow = package("pyarrow")
        vectors = self._encode(self._corpus.texts)
        column = arrow.FixedSizeListArray.from_arrays(arrow.array(vectors.ravel()), vectors.shape[1])
        positions = np.arange(len(vectors))
        return arrow.table({"position": positions, "text": list(self._corpus.texts), "vector": column})
