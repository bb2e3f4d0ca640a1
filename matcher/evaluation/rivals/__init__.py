"""Rivals: other search systems to compare with, for `matcher evaluate --compare`.

Each rival is a `ProfileScorer` in a module of its own. All rivals except popularity index the same passages, use the
same query text and score a profile by its best passage, so that only the search method differs.
"""

from __future__ import annotations

from matcher.evaluation.baselines import baselines
from matcher.evaluation.ranker import System, text_system
from matcher.evaluation.rivals.bm25 import Bm25
from matcher.evaluation.rivals.encoding import Encode, MemoisedEncode
from matcher.evaluation.rivals.lancedb_hybrid import LanceDbHybrid
from matcher.evaluation.rivals.minilm import MiniLm
from matcher.evaluation.rivals.packages import PACKAGES, require
from matcher.evaluation.rivals.popularity import Popularity
from matcher.evaluation.rivals.tfidf import TfIdf
from matcher.evaluation.rivals.txtai_hybrid import TxtaiHybrid

__all__ = ["Encode", "rivals"]


def rivals(encode: Encode) -> tuple[System, ...]:
    """Return the rival systems. Each system is built when the evaluation reaches it.

    Args:
        encode: encodes texts with all-MiniLM-L6-v2. Each text is encoded once for all rivals, so the encoding
            time is charged to the first rival that needs vectors, and the others are charged only for search.

    Raises:
        Unavailable: a package from the extra `benchmarks` is not installed.

    """
    require(*PACKAGES)
    memoised = MemoisedEncode(encode)
    return (
        *baselines(Bm25, lambda profiles: MiniLm(profiles, memoised), names=("bm25s", "minilm-faiss")),
        text_system("tfidf", TfIdf),
        text_system("txtai", lambda profiles: TxtaiHybrid(profiles, memoised)),
        text_system("lancedb", lambda profiles: LanceDbHybrid(profiles, memoised)),
        text_system("popularity", Popularity),
    )
