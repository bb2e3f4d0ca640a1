"""The output of the command line fits the console, with complete numbers and ids."""

from __future__ import annotations

import io
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from rich.console import Console

from matcher.cli.evaluation import show as show_evaluation
from matcher.cli.search import show as show_search
from matcher.embedding import InMemoryOverlay
from matcher.evaluation import Comparison, IgnoredCounts, MetricFigures, Report
from matcher.evaluation.measures.bootstrap import Ratio
from matcher.evaluation.measures.metrics import METRICS
from matcher.evaluation.rivals.packages import PACKAGES
from matcher.foundations.settings import Settings
from matcher.records import Evidence, Match, Need, Profile, SearchResult, Sector
from matcher.records.policy import Band
from matcher.sources.formats.jsonl import Accepted, read
from matcher.store import Store
from matcher.texts.passages import passages_of
from tests.support.commands import Command
from tests.support.fakes import MemoryVectors

DEMO = Path(__file__).resolve().parents[3] / "data" / "demo"


def console(width: int) -> Console:
    return Console(file=io.StringIO(), width=width, highlight=False)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def figures(start: float) -> MetricFigures:
    means = {name: start + n / 1000 for n, name in enumerate(METRICS)}
    return MetricFigures(1234, means, {name: (mean - 0.111, mean + 0.111) for name, mean in means.items()})


def report() -> Report:
    ratios = {name: Ratio(12.34 + n, 11.11 + n, 133.33 + n) for n, name in enumerate(METRICS)}
    ratios["mrr"] = Ratio(None, None, None)
    other = Comparison(figures(0.3), ratios, 1.0, 0.1)
    return Report(
        figures(0.5),
        IgnoredCounts(),
        slices={"winner_sector": {"social_enterprise": figures(0.6)}},
        baselines={"bm25": other},
        compared={"bm25s+minilm-faiss": other},
    )


@pytest.mark.parametrize("width", [80, 200])
def test_the_figures_of_an_evaluation_are_complete(width: int) -> None:
    shown = console(width)
    show_evaluation(report(), shown)
    text = printed(shown)
    assert "…" not in text
    assert all(len(line) <= width for line in text.splitlines())
    numbers = re.findall(r"\d+\.?\d*×?", text)
    for n in range(len(METRICS)):
        assert {f"{start + n / 1000:.3f}" for start in (0.3, 0.5, 0.6, 0.389, 0.611)} <= set(numbers)
        assert n == 0 or {f"{12.34 + n:.2f}×", f"{11.11 + n:.2f}×", f"{133 + n}×"} <= set(numbers)
    for name in ("matcher", "bm25", "bm25s+minilm-faiss", "social enterprise", "by winner sector"):
        assert re.search(rf"^ *{re.escape(name)}( |$)", text, re.M), name


def result(id: str) -> SearchResult:
    quote = Evidence(
        text="Falls clinics for older people. " * 5, source="capability: Falls clinic", similarity=0.5, share=0.25
    )
    parts = {"meaning": 0.5, "words": 0.25}
    names = ("Pennine [Movement] and Steadiness for Older People of the Upper Calder Valley Mutual", "Short")
    matches = tuple(
        Match(
            rank=n,
            profile_id=f"{id}{n}",
            name=name,
            sector=Sector.SOCIAL_ENTERPRISE,
            score=0.75,
            probability=0.125,
            band=Band.STRONG,
            contributions=parts,
            evidence=(quote,),
        )
        for n, name in enumerate(names, 1)
    )
    return SearchResult(need_id="n", sequence=1, model="m", considered=9, eligible=2, excluded={}, results=matches)


@pytest.mark.parametrize("width", [40, 80, 99, 100, 120, 200])
@pytest.mark.parametrize("id", ["made-", "pennine-movement-and-steadiness-for-", "x" * 130])
def test_the_ids_in_a_search_result_are_not_folded(width: int, id: str) -> None:
    shown = console(width)
    show_search(Need(id="n", title="Fewer falls"), result(id), shown)
    text = printed(shown)
    for match in result(id).results:
        assert match.profile_id in text
        assert f"{match.rank}" in text
    assert text.count("strong 12.5%") == 2, "the fit is complete"
    assert "[Movement]" in text
    assert text.count("┃") == 0 or width >= 100, "a narrow console gets a list"
    too_long = [line for line in text.splitlines() if len(line) > width and id not in line]
    assert not too_long


def test_new_vectors_are_kept_in_memory_only() -> None:
    table = MemoryVectors()
    table.put("m", {"a": b"1"})
    aside = InMemoryOverlay(table)
    aside.put("m", {"a": b"2", "b": b"3"})
    aside.put("m", {"b": b"4"})
    assert aside.get("m", ["a", "b", "c"]) == {"a": b"1", "b": b"3"}
    assert aside.get("other", ["a", "b"]) == {}
    assert table.stored == {("m", "a"): b"1"}


@pytest.mark.skipif(not all(find_spec(name) for name in PACKAGES), reason="the extra `benchmarks` is not installed")
def test_an_evaluation_stores_no_vector_of_its_needs(command: Command, tmp_path: Path) -> None:
    few, register = tmp_path / "few.jsonl", (DEMO / "profiles.jsonl").read_text().splitlines()[:40]
    few.write_text("\n".join(register))
    profiles = [line.record for line in read(few, Profile) if isinstance(line, Accepted)]
    passages = len({passage.text for profile in profiles for passage in passages_of(profile)})
    files = ("--profiles", few, "--needs", DEMO / "needs.jsonl", "--qrels", DEMO / "qrels.tsv")
    # The rivals use the stock encoder, so the same passages have a second set of vectors.
    for options, encoders in (((), 1), (("--baseline", "--compare"), 2)):
        assert command("evaluate", *files, *options).code == 0
        with Store.open(Settings(home=tmp_path / "home").store_url) as store, store._database.reading() as connection:
            kept = connection.exec_driver_sql("SELECT count(*) FROM vector").scalar_one()
        assert kept == passages * encoders
