"""Bulk matching: every need in order, complete files or none, and no formulas."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from matcher.foundations.errors import Unavailable
from matcher.foundations.spreadsheet_cells import escape_formula
from matcher.programme.programme import Programme
from matcher.programme.runs import InProcess, RunOptions, Runs
from matcher.programme.runs.progress import Progress
from matcher.records import Need, Profile
from matcher.search.engine import Engine
from matcher.store import Store
from tests.support.fakes import engine_over
from tests.support.registers import made_register

NEEDS = [Need(id=f"n{n}", title=title) for n, title in enumerate(["falls", "=1+1 meals", "café", "memory"] * 3)]


def filled(store: Store, *profiles: Profile) -> Store:
    with store.writing() as writer:
        writer.put_many([(profile, None) for profile in profiles])
    return store


def run_bulk(engine: Engine, needs: list[Need], out: Path, *, top: int = 10, chunk: int = 5) -> Progress:
    runs = Runs(engine, out.parent / f"{out.name}-programmes")
    return runs.run(
        runs.create(needs, out, RunOptions(Programme(name="Test", top=top), chunk=chunk)).id, scheduler=InProcess()
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_formulas_are_escaped(text: str) -> None:
    assert escape_formula(text) == f"'{text}"


@pytest.mark.parametrize("value", ["text", "1-1", "", 3.5, -3.5, None])
def test_other_values_are_unchanged(value: object) -> None:
    assert escape_formula(value) == value


def test_all_files_hold_every_match_in_order(file_store: Store, tmp_path: Path) -> None:
    dangerous = Profile(id="x", name="=HYPERLINK(0)", summary="+falls meals café memory")
    engine = engine_over(filled(file_store, dangerous, *made_register(30, seed=2)))
    report = run_bulk(engine, NEEDS, tmp_path / "out", top=31)
    assert (report.done, report.matches, report.unmatched) == (12, 12 * 31, ())
    expected = [engine.search(need, top=31) for need in NEEDS]
    lines = [json.loads(line) for line in (tmp_path / "out" / "matches.jsonl").read_text().splitlines()]
    assert lines == [json.loads(result.model_dump_json(exclude_none=True)) for result in expected]
    order = [(result.need_id, match.rank, match.profile_id) for result in expected for match in result.results]
    table = pd.read_parquet(tmp_path / "out" / "matches.parquet")
    assert list(zip(table["need_id"], table["rank"], table["profile_id"], strict=True)) == order
    with (tmp_path / "out" / "matches.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["need_id"], int(row["rank"]), row["profile_id"]) for row in rows] == order
    assert [float(row["score"]) for row in rows] == table["score"].tolist()
    cells = [cell for row in rows for name, cell in row.items() if name != "score"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert any(cell == "'=HYPERLINK(0)" for cell in cells)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "figures.json",
        "matches.csv",
        "matches.jsonl",
        "matches.parquet",
        "matches.xlsx",
        "report.html",
    ]


def test_needs_without_an_eligible_supplier_are_listed(file_store: Store, tmp_path: Path) -> None:
    report = run_bulk(engine_over(file_store), NEEDS[:2], tmp_path / "out")
    assert (report.matches, report.unmatched) == (0, ("n0", "n1"))
    assert all(Path(path).exists() for path in report.files)


def test_a_file_that_cannot_be_written_leaves_no_partial_files(file_store: Store, tmp_path: Path) -> None:
    (tmp_path / "matches.csv").mkdir()
    (tmp_path / "matches.parquet").write_text("from an earlier run")
    with pytest.raises(Unavailable, match="cannot be written"):
        run_bulk(engine_over(filled(file_store, Profile(id="p", name="N"))), NEEDS, tmp_path)
    assert (tmp_path / "matches.parquet").read_text() == "from an earlier run"
