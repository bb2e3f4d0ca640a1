"""Retrieval: from everyone eligible to the candidates worth scoring in full."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcher.embedding import Vectors
from matcher.index.columns import Mask
from matcher.index.eligibility import passing
from matcher.index.index import Index
from matcher.records import Filters, Need
from matcher.records.vocabulary import find_region
from matcher.signals import Candidates, best


def retrieve(
    index: Index, eligible: Mask, vector: Vectors, terms: Sequence[str], need: Need, *, depth: int, on: date
) -> Candidates:
    """Return the union of the `depth` eligible profiles closest in meaning and in words to the need.

    Both searches are exact over all passages of all eligible profiles. Profiles level at the cut are taken
    in alphabetical order of their ids.

    Args:
        eligible: mask over the profiles of the index.
        vector: the need's unit vector, shape (dimensions,).
        terms: the need's lexical terms.
        on: the day on which accreditations must be held.

    """
    passages = index.passages_of(eligible)
    owners = index.passages.owner[passages]
    cosines = index.similarities(vector, passages)
    words = index.term_scores(terms)[passages]
    starts = _starts(owners)
    profiles = owners[starts].astype(np.int64)
    if len(profiles) > depth:
        ties = index.by_id[profiles]
        chosen = np.zeros(len(index.live), dtype=bool)
        for scores in (best(cosines, starts), best(words, starts)) if len(starts) else ():
            chosen[profiles[highest(scores, ties, depth)]] = True
        keep = chosen[owners]
        passages, owners, cosines, words = passages[keep], owners[keep], cosines[keep], words[keep]
        starts = _starts(owners)
        profiles = owners[starts].astype(np.int64)
    return Candidates(
        profiles=profiles,
        passages=passages,
        starts=starts,
        cosines=cosines,
        terms=words,
        place=_place(index, profiles, need),
        accreditations=_accreditations(index, profiles, need, on),
    )


def highest(scores: NDArray[np.float64], ties: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the positions of the `count` highest scores; among equal ones the lowest `ties` come first."""
    if count < len(scores):
        cut = np.partition(scores, len(scores) - count)[len(scores) - count]
        positions = np.flatnonzero(scores >= cut)
    else:
        positions = np.arange(len(scores))
    order: NDArray[np.int64] = positions[np.lexsort((ties[positions], -scores[positions]))][:count]
    return order


def _starts(owners: NDArray[Any]) -> NDArray[np.int64]:
    if not len(owners):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.concatenate([[True], owners[1:] != owners[:-1]]))


def _place(index: Index, profiles: NDArray[np.int64], need: Need) -> NDArray[np.float64]:
    region = find_region(need.region) if need.region else None
    if region is None or not len(profiles):
        return np.ones(len(profiles))
    covers = passing(index.profiles, Filters(regions=(region,)), date.min)["regions"][profiles]
    return np.where(covers, 1.0, np.where(index.profiles.regions[profiles] == 0, 0.5, 0.0))


def _accreditations(index: Index, profiles: NDArray[np.int64], need: Need, on: date) -> NDArray[np.float64]:
    required = need.requirements.accreditations
    if not required or not len(profiles):
        return np.ones(len(profiles))
    held = [passing(index.profiles, Filters(accreditations=(scheme,)), on)["accreditations"] for scheme in required]
    share: NDArray[np.float64] = np.mean([mask[profiles] for mask in held], axis=0, dtype=np.float64)
    return share
