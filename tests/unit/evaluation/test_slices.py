from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from matcher.evaluation.measures.slices import (
    Slicer,
    health_buyer,
    read_health_flags,
    track_record,
    winner_sector,
    winner_size,
)
from matcher.records import Profile, Sector

from .samples import need, profile


@pytest.mark.parametrize(
    ("need_id", "cpv", "expected"),
    [
        ("flagged", ("45000000",), "yes"),
        ("cleared", ("85000000",), "no"),
        ("other", ("45000000", "85110000"), "yes"),
        ("other", ("33600000",), "yes"),
        ("other", ("45850000",), "no"),
        ("other", (), "unknown"),
        ("flagged", (), "yes"),
    ],
)
def test_health_buyer_follows_the_flag_then_the_cpv_codes(need_id: str, cpv: tuple[str, ...], expected: str) -> None:
    assert health_buyer(need(need_id, cpv=cpv), {"flagged": True, "cleared": False}) == expected


def test_reads_flags_and_skips_lines_without_one(tmp_path: Path) -> None:
    path = tmp_path / "needs.jsonl"
    path.write_text('{"id": "a", "health": true}\n\n{"id": "b"}\n{"id": "c", "health": false}\n[1]\nnot json\n')
    assert read_health_flags(path) == {"a": True, "c": False}


@pytest.mark.parametrize(
    ("sector", "employees", "turnover", "expected"),
    [
        (Sector.SME, 900, None, "large"),
        (Sector.LARGE, None, None, "large"),
        (Sector.CHARITY, 250, 1e6, "large"),
        (Sector.CHARITY, 249, 44e6, "sme"),
        (Sector.CHARITY, 249, 45e6, "large"),
        (Sector.CHARITY, 249, None, "sme"),
        (Sector.CHARITY, None, 1e6, "sme"),
        (Sector.CHARITY, None, None, "unknown"),
    ],
)
def test_size_follows_the_sector_then_the_statutory_test(
    sector: Sector, employees: int | None, turnover: float | None, expected: str
) -> None:
    one = Profile(id="p", name="p", sector=sector, employees=employees, turnover=turnover)
    assert winner_size(one) == expected
    assert winner_sector(one) == sector.value


def test_track_record_is_none_one_or_several() -> None:
    assert [track_record(profile("p", past=["work"] * count)) for count in (0, 1, 2, 5)] == [
        "none",
        "one",
        "several",
        "several",
    ]


def test_a_slice_by_winner_removes_the_other_winners() -> None:
    register = [profile("a", sector=Sector.CHARITY), profile("b", sector=Sector.SME), profile("c", sector=Sector.SME)]
    slices = Slicer.of(register, {}).slices_of(need("n"), np.array([1, 2, 0]))
    masks = {(slicing, kind): mask.tolist() for slicing, kind, mask in slices}
    assert masks["winner_sector", "charity"] == [True, False, True]
    assert masks["winner_sector", "sme"] == [False, True, True]
    assert masks["track_record", "none"] == [True, True, True]
    assert masks["health_buyer", "unknown"] == [True, True, True]
