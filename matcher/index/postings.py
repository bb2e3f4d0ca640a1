"""Postings: the terms of passages, and the formulas of the two lexical scores.

The first score is BM25 (Robertson and Zaragoza 2009) with Lucene's non-negative idf. The second is the cosine
that SMART calls lnc.ltc: damped counts for both texts, idf for the query only. Frequencies across the register are
counted over the live passages when a query is made, and the norm of a passage does not depend on other passages. An
index updated in steps therefore gives the same scores, bit for bit, as an index built in one go.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.sparse import csc_array, csr_array
from Stemmer import Stemmer

from matcher.foundations.arrays import Array, Floats, Ints, Mask, Rows, Vectors
from matcher.records.text import normalize

# The usual BM25 settings. Nearby settings give almost the same accuracy on the award data.
K1: Final = 1.2
B: Final = 0.75

_WORD = re.compile(r"[a-z0-9]+")
_STOP_WORDS = frozenset(
    """
    a about above after again all also am an and any are as at be because been before being below between both
    but by can could did do does doing down during each few for from further had has have having he her here
    hers him his how i if in into is it its itself just me more most my no nor not now of off on once only or
    other our ours out over own same she should so some such than that the their theirs them then there these
    they this those through to too under until up us very was we were what when where which while who whom why
    will with within would you your yours
    """.split()
)


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer:
    return Stemmer("english")


def terms_of(text: str) -> list[str]:
    """Return the lexical terms of `text` in order: lower-case and stemmed, without accents or stop words."""
    plain = normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    stems: list[str] = _stemmer().stemWords([word for word in _WORD.findall(plain) if word not in _STOP_WORDS])
    return stems


@dataclass(frozen=True)
class Postings:
    """The passages that use each term, and how often each of them uses it.

    Terms are numbered in alphabetical order. The passages that use term i are `passages[starts[i]:starts[i + 1]]`,
    ascending. The same slice of `counts` gives how often each of those passages uses the term.
    """

    terms: dict[str, int]
    starts: Rows
    passages: Array  # int32
    counts: Array  # float32

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]]) -> Postings:
        """Build the postings from the lexical terms of each passage."""
        counted = [Counter(terms) for terms in texts]
        vocabulary = {term: i for i, term in enumerate(sorted({term for row in counted for term in row}))}
        size = sum(len(row) for row in counted)
        term = np.fromiter((vocabulary[t] for row in counted for t in row), np.int32, size)
        passage = np.repeat(np.arange(len(counted), dtype=np.int32), [len(row) for row in counted])
        count = np.fromiter((c for row in counted for c in row.values()), np.float32, size)
        return cls._sorted(vocabulary, term, passage, count)

    @classmethod
    def _sorted(cls, vocabulary: dict[str, int], term: Array, passage: Array, count: Array) -> Postings:
        order = np.lexsort((passage, term))
        starts = np.zeros(len(vocabulary) + 1, dtype=np.int64)
        np.cumsum(np.bincount(term, minlength=len(vocabulary)), out=starts[1:])
        return cls(vocabulary, starts, passage[order], count[order])

    def contents(self, passages: int) -> csr_array:
        """Return how often each passage uses each term, shape (passages, terms). Terms ascend within each row."""
        columns = (self.counts, self.passages, self.starts)
        return csc_array(columns, shape=(passages, len(self.terms))).tocsr()

    @classmethod
    def join(cls, parts: Sequence[tuple[Postings, Mask]]) -> Postings:
        """Join the postings in `parts`, each with a mask of the passages to keep, and renumber the passages."""
        vocabulary: dict[str, int] = {}
        columns: list[tuple[Array, Array, Array]] = []
        offset = 0
        for postings, mask in parts:
            number = np.cumsum(mask, dtype=np.int32) - 1 + offset
            codes = np.fromiter((vocabulary.setdefault(t, len(vocabulary)) for t in postings.terms), np.int32)
            term = np.repeat(codes, np.diff(postings.starts))
            included = mask[postings.passages]
            columns.append(
                (term[included], number[postings.passages[included]].astype(np.int32), postings.counts[included])
            )
            offset += int(mask.sum())
        term, passage, count = (np.concatenate(column) for column in zip(*columns, strict=True))
        present = np.zeros(len(vocabulary), dtype=bool)
        present[term] = True
        words = np.array(list(vocabulary), dtype=object)
        order = [i for i in np.argsort(words) if present[i]] if len(words) else []
        renumber = np.full(len(vocabulary), -1, dtype=np.int32)
        renumber[order] = np.arange(len(order), dtype=np.int32)
        return cls._sorted({str(words[i]): n for n, i in enumerate(order)}, renumber[term], passage, count)


def damped(count: Vectors) -> Floats:
    """Return 1 + ln of each count, because each repetition of a term adds less information."""
    weight: Floats = 1.0 + np.log(count.astype(np.float64))
    return weight


def norm_of(terms: Sequence[str]) -> float:
    """Return the Euclidean length of the damped counts for `terms`, or 1 if there are no terms."""
    return math.sqrt(sum((1.0 + math.log(count)) ** 2 for count in Counter(terms).values())) or 1.0


def idf(documents: int, frequency: Ints) -> Floats:
    """Return ln(1 + (N - n + 0.5) / (n + 0.5)) for each frequency n in N documents. The idf is never negative."""
    weights: Floats = np.log1p((documents - frequency + 0.5) / (frequency + 0.5))
    return weights
