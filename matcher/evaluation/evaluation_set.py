"""The evaluation set: a register, the needs to rank profiles for, and the profiles relevant to each need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from matcher.evaluation.judgements import Judgements
from matcher.evaluation.report import IgnoredCounts
from matcher.foundations.arrays import Ints
from matcher.foundations.errors import InvalidInput
from matcher.records import Need, Profile


@dataclass(frozen=True)
class EvaluationSet:
    """A register, and the needs that have a relevant profile in it.

    `positions` maps each profile id to a position in the register, counting from 0. `judged` maps each need id to
    grades, which are keyed by profile position. Every need in `needs` has at least one grade above 0. The needs in
    `unmet` were judged too, but nobody got a grade above 0.
    """

    profiles: Sequence[Profile]
    positions: Mapping[str, int]
    needs: tuple[Need, ...]
    judged: Mapping[str, Mapping[int, int]]
    ignored: IgnoredCounts
    unmet: tuple[Need, ...] = ()

    @classmethod
    def of(cls, profiles: Sequence[Profile], needs: Sequence[Need], judgements: Judgements) -> Self:
        """Select the needs with a relevant profile in the register, and count the ignored needs and judgements.

        Raises:
            InvalidInput: two profiles or two needs have the same id, or no need has a relevant profile.

        """
        positions = _positions("profile", [profile.id for profile in profiles])
        need_ids = _positions("need", [need.id for need in needs])
        judged = {
            need_id: {positions[pid]: grade for pid, grade in by_profile.items() if pid in positions}
            for need_id, by_profile in judgements.grades.items()
            if need_id in need_ids
        }
        selected = tuple(need for need in needs if any(judged.get(need.id, {}).values()))
        if not selected:
            raise InvalidInput(
                "no need has a relevant profile in this register",
                remedy="Use judgements with the same need and profile ids as the other two files",
            )
        ignored = _ignored(judgements, positions, need_ids, len(selected))
        unmet = tuple(need for need in needs if judged.get(need.id) and not any(judgements.grades[need.id].values()))
        return cls(profiles, positions, selected, judged, ignored, unmet)

    def grades(self, need: Need) -> Ints:
        """Return the grade of every profile for `need`, shape (profiles,), with 0 for profiles that were not judged."""
        grades = np.zeros(len(self.positions), dtype=np.int64)
        for position, grade in self.judged[need.id].items():
            grades[position] = grade
        return grades

    @property
    def has_misfits(self) -> bool:
        """Whether some profile was judged not to be relevant to a need, as happens when people judge by reading."""
        return any(0 in self.judged[need.id].values() for need in self.needs)

    def judged_positions(self, need: Need) -> Ints:
        """Return the positions of the profiles judged for `need`, shape (judged profiles,)."""
        return np.array(sorted(self.judged[need.id]), dtype=np.int64)


def _positions(kind: str, ids: Sequence[str]) -> dict[str, int]:
    positions: dict[str, int] = {}
    for position, record_id in enumerate(ids):
        if positions.setdefault(record_id, position) != position:
            raise InvalidInput(f"{kind} {record_id} appears twice", remedy=f"Include each {kind} once")
    return positions


def _ignored(
    judgements: Judgements, positions: Mapping[str, int], need_ids: Mapping[str, int], selected: int
) -> IgnoredCounts:
    grades = judgements.grades
    unjudged = sum(need_id not in grades for need_id in need_ids)
    return IgnoredCounts(
        needs_without_judgement=unjudged,
        needs_without_relevant_profile=len(need_ids) - unjudged - selected,
        judgements_of_unknown_needs=sum(len(by) for need_id, by in grades.items() if need_id not in need_ids),
        judgements_of_unknown_profiles=sum(
            profile_id not in positions for need_id, by in grades.items() if need_id in need_ids for profile_id in by
        ),
    )
