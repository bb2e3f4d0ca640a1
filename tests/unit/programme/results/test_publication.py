"""Publication: the same matches in every format, and all files or none."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from matcher.foundations.errors import InvalidInput, Unavailable
from matcher.programme.programme import Programme
from matcher.programme.results.exposure import EligibleMix
from matcher.programme.results.figures import ProgrammeFigures
from matcher.programme.results.publication import PublicationSources, publish
from matcher.records import (
    Filters,
)
from matcher.records.supplier_kind import supplier_kind
from matcher.search.engine import Engine
from tests.support.published import NEEDS, REGISTER, TODAY, answers, published, sheet_rows
from tests.support.registers import made_register


def test_every_format_holds_the_same_matches(engine: Engine, tmp_path: Path) -> None:
    published(engine, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "matches.jsonl").read_text().splitlines()]
    order = [(line["need_id"], match["rank"], match["profile_id"]) for line in lines for match in line["results"]]
    assert len(order) == 15, "three needs with five matches, one with none"
    parquet = pd.read_parquet(tmp_path / "matches.parquet")
    assert list(zip(parquet["need_id"], parquet["rank"], parquet["profile_id"], strict=True)) == order
    with (tmp_path / "matches.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["need_id"], int(row["rank"]), row["profile_id"]) for row in rows] == order
    assert [float(row["score"]) for row in rows] == parquet["score"].tolist()
    sheets = sheet_rows(tmp_path / "matches.xlsx")
    assert [(row[0], row[2], row[4]) for row in sheets["Matches"][1:]] == order
    told = ["; ".join(match["reasons"]) for line in lines for match in line["results"]]
    assert all(told)
    assert parquet["reasons"].tolist() == told
    heading = sheets["Matches"][0]
    assert [row[heading.index("Why")] for row in sheets["Matches"][1:]] == told
    places = [match.get("place", "") for line in lines for match in line["results"]]
    assert parquet["place"].tolist() == [row["place"] for row in rows] == places
    assert "national" in places
    reverse = sorted((row[5], row[7], row[1]) for row in sheets["By supplier"][1:])
    assert reverse == sorted(order)
    names = ["Read me", "Summary", "Needs", "Matches", "Needs without partner", "By supplier", "Assignment"]
    assert list(sheets) == names
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("store.db")) == [
        "figures.json", "matches.csv", "matches.jsonl", "matches.parquet", "matches.xlsx", "report.html",
    ]  # fmt: skip


def test_equal_results_give_equal_files(engine: Engine, tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    for out in (first, second):
        published(engine, out)
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes(), path.name


def test_the_figures_agree_with_the_results(engine: Engine, tmp_path: Path) -> None:
    done = published(engine, tmp_path)
    figures = ProgrammeFigures.model_validate_json((tmp_path / "figures.json").read_text())
    assert figures == done.figures
    assert (figures.needs, figures.matches, figures.considered) == (4, 15, 33)
    assert figures.overall.counts["nobody"] == 1
    for groups in (figures.by_region, figures.by_icb, figures.by_theme):
        assert sum(group.needs for group in groups) == 4
    assert [(line.group, line.needs) for line in figures.by_icb] == [
        ("NHS West Yorkshire ICB", 1),
        ("No ICB recognised", 3),
    ]
    assert any(gap.need_id == "none" and gap.eligible == 0 and gap.excluded for gap in figures.gaps)
    assert figures.exposed_needs == 3
    for lines in (figures.sectors, figures.sizes):
        for part in ("eligible", "shown", "first"):
            assert sum(getattr(line, part) for line in lines) == pytest.approx(1)
    ways = {way.way: way for way in figures.assignments}
    assert ways["Best"].most == ways["Greedy"].most == 1
    assert ways["Best"].served == 3


def test_exposure_worked_out_by_hand(engine: Engine, tmp_path: Path) -> None:
    filters = Filters(identifiers=())
    figures = published(engine, tmp_path, NEEDS[:1], top=1, filters=filters).figures
    first = json.loads((tmp_path / "matches.jsonl").read_text())["results"][0]
    profiles = [*REGISTER, *made_register(30, seed=3)]
    for line in figures.sectors:
        share = sum(supplier_kind(profile).value == line.kind for profile in profiles) / len(profiles)
        assert line.eligible == pytest.approx(share)
        assert line.first == line.shown == float(first["sector"] == line.kind)


def test_publishing_no_needs_is_an_error_and_leaves_no_files(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no need"):
        published(engine, tmp_path / "out", [])
    assert list((tmp_path / "out").iterdir()) == []


def test_a_failure_leaves_earlier_files_unchanged(engine: Engine, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "matches.parquet").mkdir(parents=True)
    (out / "report.html").write_text("from an earlier run")
    with pytest.raises(Unavailable, match="cannot be written"):
        published(engine, out)
    assert (out / "report.html").read_text() == "from an earlier run"
    assert sorted(path.name for path in out.iterdir()) == ["matches.parquet", "report.html"]


def test_results_in_the_wrong_order_are_refused(engine: Engine, tmp_path: Path) -> None:
    programme = Programme(name="P", on=TODAY)
    sources = PublicationSources(
        lambda ids, at: engine.store.profiles(ids, at=at), EligibleMix(engine.index(), Filters(), TODAY)
    )
    with pytest.raises(ValueError, match="in the place of"):
        publish(programme, NEEDS, answers(engine, programme, NEEDS[::-1]), sources, tmp_path / "out")
    with pytest.raises(ValueError, match="shorter"):
        publish(programme, NEEDS, answers(engine, programme, NEEDS[:2]), sources, tmp_path / "out")
