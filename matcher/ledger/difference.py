"""Difference: what a replay gave that is not, bit for bit, what the decision record says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from matcher.ledger.answer import Answer


@dataclass(frozen=True)
class Difference:
    """`what` was `then` and is `now`; of which profile, and which contribution or filter, where it is of one.

    Where an ingredient of the search is missing, `what` is that ingredient and `now` says what is wrong with it.
    """

    what: str
    then: Any
    now: Any
    profile: str | None = None
    name: str | None = None

    def __str__(self) -> str:
        of = f"{self.what} {self.name}" if self.name else self.what
        return f"{of}{f' of {self.profile}' if self.profile else ''}: then {self.then}, now {self.now}"


def differences(then: Answer, now: Answer) -> Iterator[Difference]:
    """Yield every difference of two answers: in candidates, order, numbers, and who was excluded by what."""
    yield from _of_members("candidate", then.profiles, now.profiles)
    ranks = {profile: i for i, profile in enumerate(now.profiles)}
    both = [(i, ranks[profile], profile) for i, profile in enumerate(then.profiles) if profile in ranks]
    for i, j, profile in both:
        if i != j:
            yield Difference("rank", i + 1, j + 1, profile)
    rows = np.array([[i, j] for i, j, _ in both], dtype=np.int64).reshape(-1, 2)
    ids = [profile for *_, profile in both]
    for what in ("revision", "score", "probability"):
        columns = (getattr(then, _PLURALS[what])[rows[:, 0]], getattr(now, _PLURALS[what])[rows[:, 1]])
        yield from _of_numbers(what, None, ids, *columns)
    for name in dict.fromkeys((*then.part_names, *now.part_names)):
        yield from _of_numbers("contribution", name, ids, _part(then, name, rows[:, 0]), _part(now, name, rows[:, 1]))
    excluded_then, excluded_now = then.excluded_by(), now.excluded_by()
    for name in dict.fromkeys((*excluded_then, *excluded_now)):
        yield from _of_members("excluded by", excluded_then.get(name, ()), excluded_now.get(name, ()), name)


_PLURALS = {"revision": "revisions", "score": "scores", "probability": "probabilities"}


def _of_members(what: str, then: Any, now: Any, name: str | None = None) -> Iterator[Difference]:
    left, right = frozenset(then), frozenset(now)
    for profile in sorted(left ^ right):
        yield Difference(what, profile in left, profile in right, profile, name)


def _of_numbers(what: str, name: str | None, ids: list[str], then: Any, now: Any) -> Iterator[Difference]:
    # Compared as bits: 0.0 is not -0.0, and what is no number is the same as itself.
    for i in np.flatnonzero(then.view(np.int64) != now.view(np.int64)):
        yield Difference(what, then[i].item(), now[i].item(), ids[i], name)


def _part(answer: Answer, name: str, rows: Any) -> Any:
    """Return a contribution of each row; one that the answer does not know adds nothing."""
    if name not in answer.part_names:
        return np.zeros(len(rows))
    return np.ascontiguousarray(answer.parts[rows, answer.part_names.index(name)])
