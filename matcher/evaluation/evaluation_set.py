"""Trial: a register, the needs to rank it for, and what is known to be right."""

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
    """The needs that can be judged on this register.

    `positions` gives the place of each profile id in the register; `judged` the grade by such a place, by
    need id, at least one of them above 0 for every need.
    """

    profiles: Sequence[Profile]
    positions: Mapping[str, int]
    needs: tuple[Need, ...]
    judged: Mapping[str, Mapping[int, int]]
    ignored: IgnoredCounts

    @classmethod
    def of(cls, profiles: Sequence[Profile], needs: Sequence[Need], judgements: Judgements) -> Self:
        """Keep the needs with a relevant profile in the register, and count what falls out.

        Raises:
            InvalidInput: an id stands twice among the profiles or the needs, or no need is left.

        """
        positions = _positions("profile", [profile.id for profile in profiles])
        given = _positions("need", [need.id for need in needs])
        judged = {
            need_id: {positions[pid]: grade for pid, grade in by_profile.items() if pid in positions}
            for need_id, by_profile in judgements.grades.items()
            if need_id in given
        }
        kept = tuple(need for need in needs if any(judged.get(need.id, {}).values()))
        if not kept:
            raise InvalidInput(
                "no need has a profile of this register judged relevant",
                remedy="Give judgements whose need and profile ids are those of the files given",
            )
        return cls(profiles, positions, kept, judged, _ignored(judgements, positions, given, len(kept)))

    def grades(self, need: Need) -> Ints:
        """Return the grade of every profile for `need`, shape (profiles,), 0 where not judged."""
        grades = np.zeros(len(self.positions), dtype=np.int64)
        for position, grade in self.judged[need.id].items():
            grades[position] = grade
        return grades


def _positions(kind: str, ids: Sequence[str]) -> dict[str, int]:
    positions: dict[str, int] = {}
    for position, record_id in enumerate(ids):
        if positions.setdefault(record_id, position) != position:
            raise InvalidInput(f"{kind} {record_id} is given twice", remedy=f"Give each {kind} once")
    return positions


def _ignored(
    judgements: Judgements, positions: Mapping[str, int], given: Mapping[str, int], kept: int
) -> IgnoredCounts:
    grades = judgements.grades
    unjudged = sum(need_id not in grades for need_id in given)
    return IgnoredCounts(
        needs_without_judgement=unjudged,
        needs_without_relevant_profile=len(given) - unjudged - kept,
        judgements_of_unknown_needs=sum(len(by) for need_id, by in grades.items() if need_id not in given),
        judgements_of_unknown_profiles=sum(
            profile_id not in positions for need_id, by in grades.items() if need_id in given for profile_id in by
        ),
    )
