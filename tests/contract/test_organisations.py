"""Organisations of the NHS that are no more, and who took their place, on every database."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcher.foundations.errors import NotFound
from matcher.register import Kind, Organisations, take_files
from matcher.store import Store


def test_organisations_of_the_past_resolve(store: Store, tmp_path: Path) -> None:
    organisations = Organisations(store)

    def today(asked: str) -> list[str]:
        return [one.code or one.name for one in organisations.today(asked)]

    assert today("01F") == today("NHS Halton CCG") == today("qyg") == ["QYG"]
    assert today("M1J4Y") == ["S1Y5D"], "a group, its board, and the board merged in 2026"
    assert today("07H") == ["D7T5G"], "West Essex, of a board that was split"
    assert today("QNQ") == ["QRL", "S0E4D", "S9B9J"]
    assert today("Oxford AHSN") == ["Health Innovation Oxford and Thames Valley"]
    with pytest.raises(NotFound, match="matcher import ods"):
        today("ZZZ9")
    (tmp_path / "o.csv").write_text(
        "code,name,status,successor,since\nZZZ9,Old Trust,Inactive,ZZZ8,2024-04-01\nZZZ8,New Trust,,,\n"
    )
    report = take_files(store, Kind.ODS, [tmp_path / "o.csv"])
    assert report.counts["organisations new or changed"] == 2
    assert today("ZZZ9") == today("old trust") == ["ZZZ8"]
    assert take_files(store, Kind.ODS, [tmp_path / "o.csv"]).counts["organisations new or changed"] == 0


def test_successions_in_a_circle_end(store: Store, tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("code,name,successor\nZ1,One,Z2\nZ2,Two,Z1\n")
    take_files(store, Kind.ODS, [tmp_path / "o.csv"])
    assert Organisations(store).today("Z1") == ()
