"""The size of a supplier: small or medium, or large."""

from __future__ import annotations

from matcher.records.policy import SME_MAX_EMPLOYEES, SME_MAX_TURNOVER
from matcher.records.profile import Profile
from matcher.records.vocabulary import SIZE_OF_OLD_SECTOR, Size


def size_of(profile: Profile) -> Size | None:
    """Return the size of the supplier that `profile` describes, or None if the size is unknown.

    If the number of staff or the turnover is known, the statutory test is applied to the known figures. Otherwise the
    size is the one that the profile states, in `size` or as an older value of `sector`.
    """
    employees, turnover = profile.employees, profile.turnover
    if employees is not None or turnover is not None:
        is_small = (employees or 0) < SME_MAX_EMPLOYEES and (turnover or 0) <= SME_MAX_TURNOVER
        return Size.SME if is_small else Size.LARGE
    return profile.size or SIZE_OF_OLD_SECTOR.get(profile.sector)
