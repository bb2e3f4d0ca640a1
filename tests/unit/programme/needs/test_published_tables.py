"""Tables as they are published, from ../shared/cases: each gives its right answer. Skipped without that folder."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from matcher.programme.needs.preview import NeedsPreview, preview_of
from matcher.records import Need, Region, Stage
from matcher.records.places import regions_of_record


@pytest.fixture
def cases(shared_data: Path) -> Path:
    """The folder of published tables."""
    return shared_data.parent / "cases"


def needs_of(preview: NeedsPreview) -> list[Need]:
    return list(preview.needs.values())


def told(preview: NeedsPreview) -> list[tuple[int, str, str]]:
    return [(warning.row, warning.field, warning.text) for warning in preview.warnings]


def test_optional_cells_never_lose_a_need(cases: Path) -> None:
    preview = preview_of(cases / "05-needs-cells.csv", first=9)
    assert (preview.accepted, preview.refused) == (4, 0)
    assert [need.value for need in needs_of(preview)] == [1_200_000, 1_200_000, None, 300_000]
    assert {(4, "value", "TBC"), (4, "starts", "2026-04-31"), (5, "value", "£250k - £300k")} <= set(told(preview))


def test_a_commercial_pipeline(cases: Path) -> None:
    preview = preview_of(cases / "06-commercial-pipeline.csv", first=9)
    assert (preview.accepted, preview.refused, preview.passed_over) == (3, 0, 1)
    assert [need.value for need in needs_of(preview)] == [4_500_000, 100_000, 5]
    assert [need.starts for need in needs_of(preview)] == [date(2027, 4, 1), date(2027, 1, 1), None]


def test_other_currencies_and_thousands(cases: Path) -> None:
    preview = preview_of(cases / "19-currency.csv", first=9)
    assert [need.value for need in needs_of(preview)] == [None, 120_000, None, 450_000]
    assert [field for _, field, _ in told(preview)] == ["value", "value"]


def test_the_export_of_contracts_finder(cases: Path) -> None:
    preview = preview_of(cases / "20-contracts-finder-export.csv", first=9)
    assert [(need.id, need.value, need.stage) for need in needs_of(preview)] == [
        ("RIB-26-001", 400_000, Stage.TENDER),
        ("RIB-26-002", 515_000, Stage.AWARD),
    ]
    assert [row.row for row in preview.passed_over_rows] == [5]
    assert regions_of_record(needs_of(preview)[0]) == {Region.NORTH_WEST, Region.YORKSHIRE_AND_THE_HUMBER}


def test_nhs_regions_and_codes(cases: Path) -> None:
    preview = preview_of(cases / "21-nhs-regions.csv", first=9)
    midlands = {Region.EAST_MIDLANDS, Region.WEST_MIDLANDS}
    assert [regions_of_record(need) for need in needs_of(preview)] == [
        midlands,
        {Region.NORTH_EAST, Region.YORKSHIRE_AND_THE_HUMBER},
        {Region.SOUTH_EAST},
        {Region.SOUTH_EAST},
        {Region.LONDON},
        {Region.WEST_MIDLANDS},
        midlands,
        {Region.SOUTH_EAST},
        {Region.SOUTH_EAST},
    ]
    assert not preview.warnings
