"""Hybrid search of LanceDB: its full-text index and our vectors, by reciprocal rank fusion, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matcher.evaluation.rivals.corpus import Corpus
from matcher.evaluation.rivals.encoding import Encode
from matcher.evaluation.rivals.packages import package
from matcher.records import Profile

# Passages asked for: deep enough that recall@100 of profiles is not cut short.
_DEPTH: Final = 1_000


class LanceDbHybrid:
    """Scores a profile by its best passage among the best of the table. Vectors are searched exactly."""

    def __init__(self, profiles: Sequence[Profile], encode: Encode) -> None:
        self._corpus = Corpus.of(profiles)
        self._encode = encode
        self._table = package("lancedb").connect("memory://").create_table("passages", self._rows())
        self._table.create_index("text", config=package("lancedb.index").FTS())

    def scores(self, query: str) -> NDArray[np.float64]:
        """Return one score a profile, shape (profiles,), -inf where none of its passages was found."""
        search = self._table.search(query_type="hybrid", vector_column_name="vector", fts_columns="text")
        search = search.vector(self._encode([query])[0]).text(query).distance_type("cosine").limit(_DEPTH)
        found = search.to_arrow()
        places = found["place"].to_numpy()
        return self._corpus.best_per_profile(self._corpus.spread(places, found["_relevance_score"].to_numpy()))

    def _rows(self) -> Any:
        arrow = package("pyarrow")
        vectors = self._encode(self._corpus.texts)
        column = arrow.FixedSizeListArray.from_arrays(arrow.array(vectors.ravel()), vectors.shape[1])
        places = np.arange(len(vectors))
        return arrow.table({"place": places, "text": list(self._corpus.texts), "vector": column})
