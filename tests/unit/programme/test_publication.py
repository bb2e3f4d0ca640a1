"""What a programme hands out: the same matches in every form, no formula supplied, a page that stands alone."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pytest

from matcher.engine import Engine
from matcher.errors import InvalidInput, Unavailable
from matcher.programme.area import Known, area_of
from matcher.programme.exposure import EligibleMix
from matcher.programme.figures import Figures
from matcher.programme.programme import Programme
from matcher.programme.publication import Publication, Sources, publish
from matcher.programme.report import report_page
from matcher.records import (
    Accreditation,
    Buyer,
    Coverage,
    Filters,
    Need,
    Profile,
    Requirements,
    SearchResult,
    Sector,
)
from matcher.store import Store
from tests.fakes import engine_over
from tests.reference import made_register

EVIL = '<script>alert("x")</script>&<b>'
TODAY = date(2026, 11, 1)
NEEDS = [
    Need(id="falls", title="Falls clinic for older people", buyer=Buyer(name="NHS Leeds CCG"), region="London"),
    Need(id="evil", title=f"=1+1 {EVIL}", buyer=Buyer(name=f"@SUM {EVIL}")),
    Need(id="none", title="Nobody", requirements=Requirements(accreditations=("No such scheme",))),
    Need(id="meals", title="Meals at home", description="hot meals"),
]
REGISTER = [
    Profile(id="x", name=f"=HYPERLINK(0) {EVIL}", summary="+falls meals clinic", website="https://x.example/a"),
    Profile(id="y", name="Yarrow", sector=Sector.CHARITY, summary="falls clinic older people meals",
            website="y.example", coverage=Coverage(national=True), turnover=1e5,
            accreditations=(Accreditation(scheme="DSPT"),)),
    Profile(id="z", name="Zed", sector=Sector.LARGE, summary="meals", website="javascript:alert(1)"),
]  # fmt: skip


class Body:
    code, name, role = "QWO", "NHS West Yorkshire ICB", "icb"


def lookup(asked: str) -> Sequence[Known]:
    return [Body()] if asked == "NHS Leeds CCG" else []


@pytest.fixture
def engine(file_store: Store) -> Engine:
    with file_store.writing() as writer:
        writer.put_many([(profile, None) for profile in [*REGISTER, *made_register(30, seed=3)]])
    return engine_over(file_store)


def published(engine: Engine, out: Path, needs: Sequence[Need] = NEEDS, **options: Any) -> Publication:
    most_rows = options.pop("most_rows", 1_048_576)
    programme = Programme.model_validate({"name": f"P {EVIL}", "top": 5, "on": TODAY, "capacity": 1, **options})
    results = answers(engine, programme, needs)
    eligible = EligibleMix(engine.index(), programme.filters, TODAY)
    sources = Sources(lambda ids, at: engine.store.profiles(ids, at=at), eligible, lookup)
    return publish(programme, iter(needs), results, sources, out, notes=(f"note {EVIL}",), most_rows=most_rows)


def answers(engine: Engine, programme: Programme, needs: Sequence[Need]) -> Iterator[SearchResult]:
    for need in needs:
        yield engine.search(need, programme.filters, top=programme.top, on=TODAY)


def sheet_rows(path: Path) -> Mapping[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(path)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


def test_every_form_holds_the_same_matches(engine: Engine, tmp_path: Path) -> None:
    published(engine, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "matches.jsonl").read_text().splitlines()]
    order = [(line["need_id"], match["rank"], match["profile_id"]) for line in lines for match in line["results"]]
    assert len(order) == 15, "three needs with five, one with none"
    parquet = pd.read_parquet(tmp_path / "matches.parquet")
    assert list(zip(parquet["need_id"], parquet["rank"], parquet["profile_id"], strict=True)) == order
    with (tmp_path / "matches.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["need_id"], int(row["rank"]), row["profile_id"]) for row in rows] == order
    assert [float(row["score"]) for row in rows] == parquet["score"].tolist()
    sheets = sheet_rows(tmp_path / "matches.xlsx")
    assert [(row[0], row[2], row[4]) for row in sheets["Matches"][1:]] == order
    reverse = sorted((row[5], row[7], row[1]) for row in sheets["By supplier"][1:])
    assert reverse == sorted(order)
    names = ["Read me", "Summary", "Needs", "Matches", "Needs without partner", "By supplier", "Assignment"]
    assert list(sheets) == names
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("store.db")) == [
        "figures.json", "matches.csv", "matches.jsonl", "matches.parquet", "matches.xlsx", "report.html",
    ]  # fmt: skip


def test_nothing_supplied_is_a_formula_or_a_wild_link(engine: Engine, tmp_path: Path) -> None:
    published(engine, tmp_path)
    book = openpyxl.load_workbook(tmp_path / "matches.xlsx")
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert any(str(cell.value).startswith("=HYPERLINK(0)") for cell in cells), "kept as it was supplied"
    # openpyxl takes each text that begins with = for a formula; the file says which are.
    assert b"<f>" not in b"".join(_parts(tmp_path / "matches.xlsx", "xl/worksheets/"))
    targets = {cell.hyperlink.target for cell in cells if cell.hyperlink and cell.hyperlink.target}
    assert targets <= {"https://x.example/a", "https://y.example"}
    assert "https://x.example/a" in targets
    with (tmp_path / "matches.csv").open(newline="", encoding="utf-8") as file:
        texts = [cell for row in csv.DictReader(file) for name, cell in row.items() if name != "score"]
    assert not any(text.startswith(("=", "+", "-", "@")) for text in texts)


def _parts(path: Path, under: str) -> list[bytes]:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist() if name.startswith(under)]


def test_links_lead_to_the_rows_they_name(engine: Engine, tmp_path: Path) -> None:
    published(engine, tmp_path)
    book = openpyxl.load_workbook(tmp_path / "matches.xlsx")

    def at(location: str) -> Any:
        sheet, cell = location.split("!")
        return book[sheet.strip("'")][cell].value

    for row in book["Needs"].iter_rows(min_row=2):
        if row[9].value:
            assert at(row[9].hyperlink.location) == row[0].value
    for row in book["Matches"].iter_rows(min_row=2):
        assert at(row[0].hyperlink.location) == row[0].value
    for row in book["By supplier"].iter_rows(min_row=2):
        assert at(row[5].hyperlink.location) == row[5].value
    for sheet in book.worksheets[2:]:
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref == sheet.dimensions


def test_rows_beyond_a_sheet_go_on_in_another(engine: Engine, tmp_path: Path) -> None:
    published(engine, tmp_path, most_rows=4)
    sheets = sheet_rows(tmp_path / "matches.xlsx")
    found = [row for name, rows in sheets.items() if name.startswith("Matches") for row in rows[1:]]
    assert len(found) == 15
    assert {f"Matches {n}" for n in (2, 3, 4, 5)} <= sheets.keys()
    assert all(len(rows) <= 4 for name, rows in sheets.items() if name.startswith(("Matches", "By", "Needs")))
    assert any("Matches 5" in row for row in sheets["Read me"])


def test_equal_answers_give_equal_files(engine: Engine, tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    for out in (first, second):
        published(engine, out)
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes(), path.name


def test_figures_are_what_was_found(engine: Engine, tmp_path: Path) -> None:
    done = published(engine, tmp_path)
    figures = Figures.model_validate_json((tmp_path / "figures.json").read_text())
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


def test_exposure_by_hand(engine: Engine, tmp_path: Path) -> None:
    filters = Filters(identifiers=())
    figures = published(engine, tmp_path, NEEDS[:1], top=1, filters=filters).figures
    first = json.loads((tmp_path / "matches.jsonl").read_text())["results"][0]
    profiles = [*REGISTER, *made_register(30, seed=3)]
    for line in figures.sectors:
        share = sum(profile.sector.value == line.kind for profile in profiles) / len(profiles)
        assert line.eligible == pytest.approx(share)
        assert line.first == line.shown == float(first["sector"] == line.kind)


class Page(HTMLParser):
    """Collects what the checks ask of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def test_the_page_stands_alone_and_runs_nothing(engine: Engine, tmp_path: Path) -> None:
    published(engine, tmp_path)
    text = (tmp_path / "report.html").read_text()
    page = Page(text)
    assert not page.of("script", "link", "img", "iframe", "object", "embed", "form", "base", "b")
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    loaded = [value for _, attributes in page.tags for name, value in attributes.items() if name in ("src", "href")]
    assert loaded == ["#main"]
    assert "@import" not in text
    assert "http" not in text.replace("http-equiv", "")
    assert "&lt;script&gt;" in text


def test_the_page_can_be_read_without_eyes(engine: Engine, tmp_path: Path) -> None:
    published(engine, tmp_path)
    text = (tmp_path / "report.html").read_text()
    page = Page(text)
    levels = [int(tag[1]) for tag, _ in page.tags if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    tables = text.count("<table>")
    assert tables == text.count("<caption>") >= 7
    assert all(attributes.get("scope") in ("col", "row") for attributes in page.of("th"))
    assert page.of("html") == [{"lang": "en-GB"}]
    charts = [attributes for attributes in page.of("svg") if attributes.get("role") == "img"]
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert all(attributes["aria-labelledby"] in ids for attributes in [*charts, *page.of("section")])
    assert len(charts) == text.count("<details>") == 7, "a table behind every chart"


def test_every_chart_fits_its_frame(engine: Engine, tmp_path: Path) -> None:
    published(engine, tmp_path)
    text = (tmp_path / "report.html").read_text()
    for piece in text.split("<svg viewBox=")[1:]:
        svg = ElementTree.fromstring("<svg viewBox=" + piece.split("</svg>")[0] + "</svg>")
        _, _, width, height = map(float, svg.attrib["viewBox"].split())
        for part in svg.iter("rect"):
            assert 0 <= float(part.attrib["x"]) <= float(part.attrib["x"]) + float(part.attrib["width"]) <= width
            assert float(part.attrib["y"]) + float(part.attrib["height"]) <= height


def test_a_programme_nobody_fits_is_a_report_too(engine: Engine, tmp_path: Path) -> None:
    done = published(engine, tmp_path, [NEEDS[2]])
    assert done.figures.overall.counts == {"strong": 0, "possible": 0, "unlikely": 0, "nobody": 1}
    assert "Nobody is shown for any need." in (tmp_path / "report.html").read_text()
    assert len(pd.read_parquet(tmp_path / "matches.parquet")) == 0
    assert len(sheet_rows(tmp_path / "matches.xlsx")["Needs without partner"]) == 2


def test_no_need_is_an_error_and_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no need"):
        published(engine, tmp_path / "out", [])
    assert list((tmp_path / "out").iterdir()) == []


def test_a_failure_halfway_leaves_what_was_there(engine: Engine, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "matches.parquet").mkdir(parents=True)
    (out / "report.html").write_text("of an earlier run")
    with pytest.raises(Unavailable, match="cannot be written"):
        published(engine, out)
    assert (out / "report.html").read_text() == "of an earlier run"
    assert sorted(path.name for path in out.iterdir()) == ["matches.parquet", "report.html"]


def test_an_answer_in_the_wrong_place_is_refused(engine: Engine, tmp_path: Path) -> None:
    programme = Programme(name="P", on=TODAY)
    sources = Sources(lambda ids, at: engine.store.profiles(ids, at=at), EligibleMix(engine.index(), Filters(), TODAY))
    with pytest.raises(ValueError, match="stands where"):
        publish(programme, NEEDS, answers(engine, programme, NEEDS[::-1]), sources, tmp_path / "out")
    with pytest.raises(ValueError, match="shorter"):
        publish(programme, NEEDS, answers(engine, programme, NEEDS[:2]), sources, tmp_path / "out")


def test_the_area_and_filters_stand_in_the_report(engine: Engine, tmp_path: Path) -> None:
    area = area_of("London").model_copy(update={"asked": "Old London"})
    figures = published(engine, tmp_path, area=area, filters={"size": "sme", "regions": ["London"]}).figures
    text = report_page(figures)
    assert "London (asked for as Old London)" in text
    assert "Filter: size sme" in text
    assert "Filter: regions London" in text
