"""The size of a supplier: by the statutory test if staff or turnover is known, otherwise by sector."""

from __future__ import annotations

import pytest

from matcher.records import Profile, Sector, Size, size_of


@pytest.mark.parametrize(
    ("sector", "employees", "turnover", "size"),
    [
        (Sector.UNKNOWN, 10, None, Size.SME),
        (Sector.UNKNOWN, 249, 44e6, Size.SME),
        (Sector.UNKNOWN, 250, None, Size.LARGE),
        (Sector.CHARITY, None, 44e6 + 1, Size.LARGE),
        (Sector.SME, 900, None, Size.LARGE),
        (Sector.LARGE, None, 0, Size.SME),
        (Sector.SME, None, None, Size.SME),
        (Sector.LARGE, None, None, Size.LARGE),
        (Sector.CHARITY, None, None, None),
    ],
)
def test_size(sector: Sector, employees: int | None, turnover: float | None, size: Size | None) -> None:
    assert size_of(Profile(id="p", name="p", sector=sector, employees=employees, turnover=turnover)) is size
