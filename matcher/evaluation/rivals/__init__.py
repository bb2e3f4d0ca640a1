"""Rivals: how others would rank the same passages, for `matcher evaluate --compare`.

Each is one file and a `ProfileScorer`. All read the same passages and query text as the product and score
a profile by its best passage, so what differs is the way of searching alone.
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
    """Return the rivals, each to be built over a register when its turn comes.

    Args:
        encode: all-MiniLM-L6-v2; each text is encoded once for all rivals, so the first of them to need
            vectors bears the time of encoding, and the times of the others are of search alone.

    Raises:
        Unavailable: a package of the extra `benchmarks` is not installed; found before any work begins.

    """
    require(*PACKAGES)
    remembered = MemoisedEncode(encode)
    return (
        *baselines(Bm25, lambda profiles: MiniLm(profiles, remembered), names=("bm25s", "minilm-faiss")),
        text_system("tfidf", TfIdf),
        text_system("txtai", lambda profiles: TxtaiHybrid(profiles, remembered)),
        text_system("lancedb", lambda profiles: LanceDbHybrid(profiles, remembered)),
        text_system("popularity", Popularity),
    )
