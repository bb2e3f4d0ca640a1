"""The size of a supplier: small or medium, or large."""

from __future__ import annotations

from enum import StrEnum

from matcher.records.policy import SME_MAX_EMPLOYEES, SME_MAX_TURNOVER
from matcher.records.profile import Profile
from matcher.records.vocabulary import Sector


class Size(StrEnum):
    """The size of a supplier under the statutory test for small and medium enterprises."""

    SME = "sme"
    LARGE = "large"


def size_of(profile: Profile) -> Size | None:
    """Return the size of the supplier that `profile` describes, or None if the size is unknown.

    If the number of staff or the turnover is known, the statutory test is applied to the known figures. Otherwise the
    size follows from the sector, if the sector is `SME` or `LARGE`.
    """
    employees, turnover = profile.employees, profile.turnover
    if employees is not None or turnover is not None:
        is_small = (employees or 0) < SME_MAX_EMPLOYEES and (turnover or 0) <= SME_MAX_TURNOVER
        return Size.SME if is_small else Size.LARGE
    return {Sector.SME: Size.SME, Sector.LARGE: Size.LARGE}.get(profile.sector)
