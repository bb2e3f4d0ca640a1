"""Pairs of texts that belong together, used to tune the encoder."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.foundations.arrays import Vectors
from matcher.records import Profile
from matcher.register.names import without_generic_words
from matcher.sources.awards import Award
from matcher.texts.passages import headline, query_of, strip_boilerplate

# For each notice, at most this many partners are chosen: the nearest other notices won by the same supplier.
NEAREST: Final = 3
# Two notices are paired only if their cosine, computed with the stock encoder, lies in this range. Notices below the
# range are about different lines of business. Notices above the range are the same notice published twice.
MIN_COSINE: Final = 0.15
MAX_COSINE: Final = 0.985
# A notice with more winners than this announces a framework agreement with most suppliers in a trade, so it says little
# about each winner.
MAX_WINNERS: Final = 12
# Texts up to this length say too little to be paired. Notice descriptions must be more than twice as long.
MIN_CHARACTERS: Final = 20

# The share of each kind of pair that is used. Pairs with the same winner matter most and are rare.
SHARES: Final = {"same_winner": 1.0, "title_and_text": 0.2, "two_texts": 0.2, "name": 0.3, "register": 1.0}


@dataclass(frozen=True)
class TextPair:
    """Two texts that belong together.

    `owners` holds the ids of the suppliers that the texts are about. Pairs that share an owner are not used as
    negatives of each other.
    """

    kind: str
    left: str
    right: str
    owners: frozenset[str]


def pairs_of(
    awards: Sequence[Award], vectors: Vectors, register: Iterable[Profile], rng: random.Random
) -> list[TextPair]:
    """Return the text pairs built from `awards` and from the profiles in `register`.

    `vectors`, shape (awards, dimensions), holds the vector of each need in `awards`. `rng` decides which texts to pair.
    """
    pairs = [*_of_winners(awards, vectors, rng), *_of_notices(awards)]
    texts: dict[str, str] = {}
    for profile in register:
        summary = strip_boilerplate(profile.summary)
        objects = strip_boilerplate(" ".join(c.description for c in profile.capabilities))
        texts.setdefault(without_generic_words(profile.name), summary or objects)
        long_enough = min(len(summary), len(objects)) > MIN_CHARACTERS
        if long_enough and summary[:60].lower() != objects[:60].lower():
            pairs.append(TextPair("two_texts", summary, objects, frozenset({profile.id})))
    return [*pairs, *_of_names(awards, texts, rng)]


def _of_winners(awards: Sequence[Award], vectors: Vectors, rng: random.Random) -> Iterator[TextPair]:
    """Yield the "same_winner" pairs: two notices with the same winner."""
    won: dict[str, list[int]] = defaultdict(list)
    for i, award in enumerate(awards):
        if len(award.winners) <= MAX_WINNERS:
            for winner in award.winners:
                won[winner.id].append(i)
    close: dict[tuple[int, int], None] = {}
    for rows in won.values():
        cosines = vectors[rows] @ vectors[rows].T
        for row, near in zip(rows, cosines, strict=True):
            others = [rows[j] for j in np.argsort(-near, kind="stable") if MIN_COSINE < near[j] < MAX_COSINE]
            close |= dict.fromkeys(tuple(sorted((row, other))) for other in others[:NEAREST])
    for a, b in close:
        need, other = awards[a].need, awards[b].need
        owners = frozenset(winner.id for award in (awards[a], awards[b]) for winner in award.winners)
        right = query_of(other) if rng.random() < 0.7 else headline(other.title)
        yield TextPair("same_winner", query_of(need), right, owners)
        if rng.random() < 0.5:
            yield TextPair("same_winner", headline(need.title), query_of(other), owners)


def _of_notices(awards: Sequence[Award]) -> Iterator[TextPair]:
    """Yield the "title_and_text" pairs: the title and the description of a notice."""
    for award in awards:
        text = strip_boilerplate(award.need.description)
        if len(text) > 2 * MIN_CHARACTERS:
            yield TextPair("title_and_text", headline(award.need.title), text, frozenset(w.id for w in award.winners))


def _of_names(awards: Sequence[Award], texts: dict[str, str], rng: random.Random) -> Iterator[TextPair]:
    """Yield the "name" and "register" pairs, using at most two awards per winner.

    A "name" pair consists of the winner's name and an award. A "register" pair consists of the winner's text in `texts`
    and an award, in either order.
    """
    won: dict[str, list[Award]] = defaultdict(list)
    names: dict[str, str] = {}
    for award in awards:
        for winner in award.winners:
            won[winner.id].append(award)
            names.setdefault(winner.id, winner.name)
    for id, rows in won.items():
        text = texts.get(without_generic_words(names[id]))
        for award in rng.sample(rows, min(2, len(rows))):
            owners = frozenset(winner.id for winner in award.winners)
            if len(award.winners) <= 4:
                yield TextPair("name", names[id], query_of(award.need), owners)
            if text and len(text) > MIN_CHARACTERS:
                yield TextPair("register", text, query_of(award.need), owners)
                yield TextPair("register", query_of(award.need), text, owners)
