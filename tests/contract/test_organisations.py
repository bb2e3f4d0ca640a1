"""Past NHS organisations and their successors, on every database."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcher.foundations.errors import NotFound
from matcher.register import Organisations, import_files
from matcher.store import Store


def test_a_past_organisation_resolves_to_its_successors(store: Store, tmp_path: Path) -> None:
    organisations = Organisations(store)

    def current(code_or_name: str) -> list[str]:
        return [organisation.code or organisation.name for organisation in organisations.current(code_or_name)]

    assert current("01F") == current("NHS Halton CCG") == current("qyg") == ["QYG"]
    assert current("M1J4Y") == ["S1Y5D"], "a group, its board, and the board that merged in 2026"
    assert current("07H") == ["D7T5G"], "West Essex, from a board that was divided"
    assert current("QNQ") == ["QRL", "S0E4D", "S9B9J"]
    assert current("Oxford AHSN") == ["Health Innovation Oxford and Thames Valley"]
    with pytest.raises(NotFound, match="matcher import ods"):
        current("ZZZ9")
    (tmp_path / "o.csv").write_text(
        "code,name,status,successor,since\nZZZ9,Old Trust,Inactive,ZZZ8,2024-04-01\nZZZ8,New Trust,,,\n"
    )
    report = import_files(store, "ods", [tmp_path / "o.csv"])
    assert report.counts["organisations new or changed"] == 2
    assert current("ZZZ9") == current("old trust") == ["ZZZ8"]
    assert import_files(store, "ods", [tmp_path / "o.csv"]).counts["organisations new or changed"] == 0


def test_circular_successions_end(store: Store, tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("code,name,successor\nZ1,One,Z2\nZ2,Two,Z1\n")
    import_files(store, "ods", [tmp_path / "o.csv"])
    assert Organisations(store).current("Z1") == ()
