"""`matcher evaluate`: measure how well known partners are ranked, with intervals, slices and rival systems."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from matcher.bootstrap import engine_of, opened_store, with_model
from matcher.cli.app import out, print_json, progress_bar, records_in
from matcher.cli.options import Json, input_file
from matcher.embedding import CachedEncoder, InMemoryOverlay, SentenceEncoder, packaged_model
from matcher.evaluation import Comparison, MetricFigures, Report, read_health_flags, read_judgements
from matcher.evaluation import evaluate as measure
from matcher.evaluation.measures.metrics import METRICS
from matcher.evaluation.measures.suitability import SUITABILITY
from matcher.evaluation.product import product_baselines, product_system
from matcher.evaluation.rivals import rivals
from matcher.records import Need, Profile
from matcher.search.engine import Engine
from matcher.store import Store

# The two rows below each row of figures: (heading, index of the interval bound to show).
_INTERVAL_ROWS: Final = (("  95% from", 0), ("  95% to", 1))


def evaluate(
    context: typer.Context,
    profiles: Annotated[Path, input_file("A JSON Lines file of profiles to rank.")],
    needs: Annotated[Path, input_file("A JSON Lines file of needs.")],
    qrels: Annotated[Path, input_file("Relevance judgements of profiles for needs (TREC qrels).")],
    baseline: Annotated[bool, typer.Option(help="Also measure BM25, the encoder alone, and their sum.")] = False,
    compare: Annotated[bool, typer.Option(help="Also measure other search systems on the same files.")] = False,
    model: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Use the model in this folder, written by matcher train."),
    ] = None,
    without: Annotated[list[str] | None, typer.Option(help="A signal to switch off. Repeat for more signals.")] = None,
    json: Json = False,
) -> None:
    """Measure how well the partners judged relevant are ranked, using a temporary register and index."""
    settings = with_model(context.obj, model) if model else context.obj
    judgements = read_judgements(qrels)
    profile_records, need_records = records_in(profiles, Profile), records_in(needs, Need)
    with opened_store(settings) as store, progress_bar() as bar:

        def build_engine(register_store: Store) -> Engine:
            engine = engine_of(settings, register_store, vectors=store.vectors)
            engine.model = engine.model.without(without or ())
            return engine

        def track(needs: Sequence[Need], name: str) -> Iterable[Need]:
            task = bar.add_task(f"Ranking with {name}", total=len(needs))
            for need in needs:
                yield need
                bar.advance(task)

        stock = SentenceEncoder(packaged_model(), settings.device)  # without tuned weights
        # Rivals encode needs in the same way as passages, so none of their vectors are stored.
        unsaved = CachedEncoder(stock, InMemoryOverlay(store.vectors))
        report = measure(
            product_system(build_engine),
            profile_records,
            need_records,
            judgements,
            health=read_health_flags(needs),
            baselines=product_baselines(CachedEncoder(stock, store.vectors)) if baseline else (),
            compared=rivals(unsaved.encode) if compare else (),
            progress=track,
        )
    if json:
        print_json(report.to_json())
    else:
        show(report)


def show(report: Report, console: Console = out) -> None:
    """Print `report` as tables, with each interval below its figure, so that seven columns fit into 80 characters."""
    table = _table("Means over needs, with 95% bootstrap intervals. Ties take their mean rank")
    _add(table, "matcher", report.figures)
    for name, other in {**report.baselines, **report.compared}.items():
        _add(table, name, other.figures)
        _add_ratios(table, other)
    console.print(table)
    if report.suitability:
        console.print(_suitability_table(report))
    if report.slices:
        slices = _table("Figures of matcher by slice")
        for slicing, kinds in report.slices.items():
            slices.add_row(f"[bold]by {slicing.replace('_', ' ')}[/bold]")
            for kind, figures in kinds.items():
                _add(slices, kind.replace("_", " "), figures)
        console.print(slices)
    if report.calibration:
        error, shown = (report.calibration[f"expected_calibration_error{of}"] for of in ("", "@10"))
        console.print(f"Expected calibration error: {error:.4f} over comparable pairs, {shown:.3f} over the top ten.")
    if report.promises:
        _show_promises(report.promises, console)
    if report.fairness:
        small, large, gap = (report.fairness[name] for name in ("small", "large_at_equal_evidence", "difference"))
        low, high = gap["mean_rank"]["interval"]
        console.print(
            f"Mean rank of winners with equal evidence: {small['mean_rank']:.1f} for {small['winners']} SMEs and "
            f"not-for-profits, {large['mean_rank']:.1f} for {large['winners']} large suppliers. "
            f"Difference: {gap['mean_rank']['value']:+.1f} ({low:+.1f} to {high:+.1f})."
        )
    for line in report.ignored.lines():
        console.print(line)


def _show_promises(promises: dict[str, Any], console: Console) -> None:
    bands = ", ".join(f"{band} {of['suitable']:.0%} of {of['pairs']}" for band, of in promises["bands"].items())
    without, within = promises["needs_without_suitable"], promises["needs_with_suitable"]
    console.print(
        f"Judged pairs that are suitable, by band: {bands}. "
        f"Expected calibration error: {promises['expected_calibration_error']:.3f}."
    )
    console.print(
        f"No strong match: for {without['no_strong_match']} of {without['needs']} needs that nobody judged suits, and "
        f"for {within['no_strong_match']} of {within['needs']} other needs."
    )


def _suitability_table(report: Report) -> Table:
    table = _table("Judged profiles alone: a grade of 2 or more is suitable, 0 is a misfit", SUITABILITY)
    systems = {"matcher": report.suitability} | {
        name: other.suitability for name, other in {**report.baselines, **report.compared}.items()
    }
    for name, figures in systems.items():
        if figures is None:
            continue
        means = [figures.means.get(metric) for metric in SUITABILITY]
        table.add_row(escape(name), *("–" if mean is None else f"{mean:.3f}" for mean in means), str(figures.needs))
        for heading, end in _INTERVAL_ROWS:
            bounds = [figures.intervals.get(metric) for metric in SUITABILITY]
            table.add_row(heading, *("–" if bound is None else f"{bound[end]:.3f}" for bound in bounds), style="dim")
    return table


def _table(title: str, metrics: Sequence[str] = METRICS) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", overflow="fold")
    for name in (*metrics, "needs"):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _add(table: Table, name: str, figures: MetricFigures) -> None:
    bounds = [figures.intervals[metric] for metric in METRICS]
    table.add_row(escape(name), *(f"{figures.means[metric]:.3f}" for metric in METRICS), str(figures.queries))
    for heading, end in _INTERVAL_ROWS:
        table.add_row(heading, *(f"{bound[end]:.3f}" for bound in bounds), style="dim")


def _add_ratios(table: Table, other: Comparison) -> None:
    ratios = [other.ratios[metric] for metric in METRICS]
    table.add_row("  matcher / this", *(_ratio(ratio.value) for ratio in ratios))
    for heading, end in _INTERVAL_ROWS:
        table.add_row(heading, *(_ratio((ratio.low, ratio.high)[end]) for ratio in ratios), style="dim")


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.{2 if value < 100 else 0}f}×"
