"""The report of a programme: a self-contained, accessible page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from matcher.programme.area import area_of
from matcher.programme.results.report import report_page
from matcher.search.engine import Engine
from tests.support.published import NEEDS, published, sheet_rows


class Page(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def test_the_page_is_self_contained_and_has_no_scripts(engine: Engine, tmp_path: Path) -> None:
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


def test_the_page_is_accessible(engine: Engine, tmp_path: Path) -> None:
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
    names = [attributes["aria-label"] for _, attributes in page.tags if attributes.get("role") == "region"]
    names += re.findall(r'<h2 id="[^"]+">([^<]+)</h2>', text)
    assert len(names) == len(set(names)), "landmark names are unique"
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert all(attributes["aria-labelledby"] in ids for attributes in [*charts, *page.of("section")])
    assert len(charts) == text.count("<details>") == 7, "every chart has a table"


def test_every_chart_fits_its_view_box(engine: Engine, tmp_path: Path) -> None:
    published(engine, tmp_path)
    text = (tmp_path / "report.html").read_text()
    for piece in text.split("<svg viewBox=")[1:]:
        svg = ElementTree.fromstring("<svg viewBox=" + piece.split("</svg>")[0] + "</svg>")
        _, _, width, height = map(float, svg.attrib["viewBox"].split())
        for part in svg.iter("rect"):
            assert 0 <= float(part.attrib["x"]) <= float(part.attrib["x"]) + float(part.attrib["width"]) <= width
            assert float(part.attrib["y"]) + float(part.attrib["height"]) <= height


def test_a_report_without_any_match(engine: Engine, tmp_path: Path) -> None:
    done = published(engine, tmp_path, [NEEDS[2]])
    assert done.figures.overall.counts == {"strong": 0, "possible": 0, "unlikely": 0, "nobody": 1}
    assert "No supplier is shown for any need." in (tmp_path / "report.html").read_text()
    assert len(pd.read_parquet(tmp_path / "matches.parquet")) == 0
    assert len(sheet_rows(tmp_path / "matches.xlsx")["Needs without partner"]) == 2


def test_the_report_names_the_area_and_the_filters(engine: Engine, tmp_path: Path) -> None:
    area = area_of("London").model_copy(update={"asked": "Old London"})
    figures = published(engine, tmp_path, area=area, filters={"size": "sme", "regions": ["London"]}).figures
    text = report_page(figures)
    assert "London (requested as Old London)" in text
    assert "Filter: size sme" in text
    assert "Filter: regions London" in text
