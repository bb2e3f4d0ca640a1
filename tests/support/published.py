"""A publication for tests: a small register, needs with hostile texts, and the published results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl

from matcher.programme.area import NhsBody
from matcher.programme.programme import Programme
from matcher.programme.results.exposure import EligibleMix
from matcher.programme.results.publication import Publication, PublicationSources, publish
from matcher.records import (
    Accreditation,
    Buyer,
    Coverage,
    Need,
    Profile,
    Requirements,
    SearchResult,
    Sector,
)
from matcher.search.engine import Engine

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


def lookup(code_or_name: str) -> Sequence[NhsBody]:
    return [Body()] if code_or_name == "NHS Leeds CCG" else []


def published(engine: Engine, out: Path, needs: Sequence[Need] = NEEDS, **options: Any) -> Publication:
    max_rows = options.pop("max_rows", 1_048_576)
    programme = Programme.model_validate({"name": f"P {EVIL}", "top": 5, "on": TODAY, "capacity": 1, **options})
    results = answers(engine, programme, needs)
    eligible = EligibleMix(engine.index(), programme.filters, TODAY)
    sources = PublicationSources(lambda ids, at: engine.store.profiles(ids, at=at), eligible, lookup)
    return publish(programme, iter(needs), results, sources, out, notes=(f"note {EVIL}",), max_rows=max_rows)


def answers(engine: Engine, programme: Programme, needs: Sequence[Need]) -> Iterator[SearchResult]:
    for need in needs:
        yield engine.search(need, programme.filters, top=programme.top, on=TODAY)


def sheet_rows(path: Path) -> Mapping[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(path)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
