"""Pairs of texts that belong together, from which the encoder learns what counts as close in this field."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.foundations.arrays import Vectors
from matcher.records import Profile
from matcher.sources.awards import Award
from matcher.texts.passages import headline, query_of, telling

# How many of a supplier's other notices each is paired with, and how close these must be (cosine of the
# stock encoder): further apart is another line of business, closer is the same notice again.
NEAREST: Final = 3
LEAST_CLOSE: Final = 0.15
MOST_CLOSE: Final = 0.985
# A notice with more winners than this is a framework of everybody in the trade and says little of each.
MOST_WINNERS: Final = 12
# Shorter texts than this say too little.
LEAST_CHARACTERS: Final = 20

# What share of the pairs of each kind is used: notices of one winner are what it is about, and few.
SHARES: Final = {"same_winner": 1.0, "title_and_text": 0.2, "two_texts": 0.2, "name": 0.3, "register": 1.0}

_LEGAL_FORMS = re.compile(r"\b(?:ltd|limited|plc|llp|cic|the|uk|charity|trust|company|services|group|of)\b")


@dataclass(frozen=True)
class TextPair:
    """Two texts. `owners` name who they are of: pairs with an owner in common are no counterexamples."""

    kind: str
    left: str
    right: str
    owners: frozenset[str]


def name_key(name: str) -> str:
    """Return the form in which names of organisations are compared across registers."""
    plain = re.sub(r"[^a-z0-9 ]", " ", name.lower().replace("&", " and "))
    # A name of nothing else stays as it is: all such names would be one.
    return " ".join(_LEGAL_FORMS.sub(" ", plain).split()) or name.lower()


def pairs_of(
    awards: Sequence[Award], vectors: Vectors, register: Iterable[Profile], deal: random.Random
) -> list[TextPair]:
    """Return the pairs of `awards`, whose needs have `vectors`, shape (awards, dimensions), and of `register`."""
    found = [*_of_winners(awards, vectors, deal), *_of_notices(awards)]
    texts: dict[str, str] = {}
    for profile in register:
        summary, objects = telling(profile.summary), telling(" ".join(c.description for c in profile.capabilities))
        texts.setdefault(name_key(profile.name), summary or objects)
        told = min(len(summary), len(objects)) > LEAST_CHARACTERS
        if told and summary[:60].lower() != objects[:60].lower():
            found.append(TextPair("two_texts", summary, objects, frozenset({profile.id})))
    return [*found, *_of_names(awards, texts, deal)]


def _of_winners(awards: Sequence[Award], vectors: Vectors, deal: random.Random) -> Iterator[TextPair]:
    won: dict[str, list[int]] = defaultdict(list)
    for i, award in enumerate(awards):
        if len(award.winners) <= MOST_WINNERS:
            for winner in award.winners:
                won[winner.id].append(i)
    close: dict[tuple[int, int], None] = {}
    for rows in won.values():
        cosines = vectors[rows] @ vectors[rows].T
        for row, near in zip(rows, cosines, strict=True):
            others = [rows[j] for j in np.argsort(-near, kind="stable") if LEAST_CLOSE < near[j] < MOST_CLOSE]
            close |= dict.fromkeys(tuple(sorted((row, other))) for other in others[:NEAREST])
    for a, b in close:
        one, other = awards[a].need, awards[b].need
        owners = frozenset(winner.id for award in (awards[a], awards[b]) for winner in award.winners)
        right = query_of(other) if deal.random() < 0.7 else headline(other.title)
        yield TextPair("same_winner", query_of(one), right, owners)
        if deal.random() < 0.5:
            yield TextPair("same_winner", headline(one.title), query_of(other), owners)


def _of_notices(awards: Sequence[Award]) -> Iterator[TextPair]:
    for award in awards:
        text = telling(award.need.description)
        if len(text) > 2 * LEAST_CHARACTERS:
            yield TextPair("title_and_text", headline(award.need.title), text, frozenset(w.id for w in award.winners))


def _of_names(awards: Sequence[Award], texts: dict[str, str], deal: random.Random) -> Iterator[TextPair]:
    won: dict[str, list[Award]] = defaultdict(list)
    names: dict[str, str] = {}
    for award in awards:
        for winner in award.winners:
            won[winner.id].append(award)
            names.setdefault(winner.id, winner.name)
    for id, rows in won.items():
        text = texts.get(name_key(names[id]))
        for award in deal.sample(rows, min(2, len(rows))):
            owners = frozenset(winner.id for winner in award.winners)
            if len(award.winners) <= 4:
                yield TextPair("name", names[id], query_of(award.need), owners)
            if text and len(text) > LEAST_CHARACTERS:
                yield TextPair("register", text, query_of(award.need), owners)
                yield TextPair("register", query_of(award.need), text, owners)
