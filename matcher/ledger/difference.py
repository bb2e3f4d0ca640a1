"""Differences, bit for bit, between a recorded result and its replay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from matcher.foundations.arrays import Floats, Rows
from matcher.ledger.recorded_result import RecordedResult


@dataclass(frozen=True)
class Difference:
    """A value that a replay does not reproduce.

    `what` is the kind of value, `profile` is the id of the profile concerned, and `name` names the contribution or
    filter. `profile` and `name` are None if they do not apply. If something that the search used is
    missing or unusable, `what` names it and `replayed` states the problem.
    """

    what: str
    recorded: Any
    replayed: Any
    profile: str | None = None
    name: str | None = None

    def __str__(self) -> str:
        value = " ".join(part for part in (self.what, self.name) if part)
        subject = f"{self.profile}, {value}" if self.profile else value
        return f"{subject}: recorded {self.recorded}, now {self.replayed}"

    def to_json(self) -> dict[str, Any]:
        """Return the difference as a JSON value, without `profile` and `name` if they do not apply."""
        where = {"profile": self.profile, "name": self.name}
        known = {name: value for name, value in where.items() if value is not None}
        return {"what": self.what, "then": self.recorded, "now": self.replayed, **known}


def differences(recorded: RecordedResult, replayed: RecordedResult) -> Iterator[Difference]:
    """Yield every difference in the candidates, in their order or numbers, or in the profiles each filter excludes."""
    yield from _of_members("candidate", recorded.profiles, replayed.profiles)
    ranks = {profile: i for i, profile in enumerate(replayed.profiles)}
    both = [(i, ranks[profile], profile) for i, profile in enumerate(recorded.profiles) if profile in ranks]
    for i, j, profile in both:
        if i != j:
            yield Difference("rank", i + 1, j + 1, profile)
    rows = np.array([[i, j] for i, j, _ in both], dtype=np.int64).reshape(-1, 2)
    ids = [profile for *_, profile in both]
    for what, field in _FIELDS.items():
        yield from _of_numbers(
            what, None, ids, getattr(recorded, field)[rows[:, 0]], getattr(replayed, field)[rows[:, 1]]
        )
    for name in dict.fromkeys((*recorded.part_names, *replayed.part_names)):
        before, after = _part(recorded, name, rows[:, 0]), _part(replayed, name, rows[:, 1])
        if before is not None and after is not None:
            yield from _of_numbers("contribution", name, ids, before, after)
        else:
            yield from _of_lone_part(name, ids, before, after)
    was, now = recorded.excluded_by(), replayed.excluded_by()
    for name in dict.fromkeys((*was, *now)):
        yield from _of_members("excluded by", was.get(name, ()), now.get(name, ()), name)


_FIELDS = {"revision": "revisions", "score": "scores", "probability": "probabilities"}


def _of_members(what: str, recorded: Any, replayed: Any, name: str | None = None) -> Iterator[Difference]:
    left, right = frozenset(recorded), frozenset(replayed)
    for profile in sorted(left ^ right):
        yield Difference(what, profile in left, profile in right, profile, name)


def _of_numbers(what: str, name: str | None, ids: list[str], recorded: Any, replayed: Any) -> Iterator[Difference]:
    # Compare the bits of the numbers, so that 0.0 differs from -0.0 and NaN equals itself.
    for i in np.flatnonzero(recorded.view(np.int64) != replayed.view(np.int64)):
        yield Difference(what, recorded[i].item(), replayed[i].item(), ids[i], name)


def _of_lone_part(name: str, ids: list[str], recorded: Floats | None, replayed: Floats | None) -> Iterator[Difference]:
    """Yield the differences for a contribution that is missing from one result. A missing contribution is taken as 0.

    If the model does not use the signal, the contribution in the other result is 0.0 or, for a negative signal, -0.0.
    Values are compared as numbers, not as bits, so neither of these differs from a missing contribution.
    """
    zeros = np.zeros(len(ids))
    left, right = zeros if recorded is None else recorded, zeros if replayed is None else replayed
    for i in np.flatnonzero(left != right):
        yield Difference("contribution", left[i].item(), right[i].item(), ids[i], name)


def _part(result: RecordedResult, name: str, rows: Rows) -> Floats | None:
    """Return the contribution `name` in each of `rows`, or None if `result` has no such contribution."""
    if name not in result.part_names:
        return None
    return np.ascontiguousarray(result.parts[rows, result.part_names.index(name)])
