"""`matcher evaluate`: how well known partners are found, with intervals, slices and rivals."""

from __future__ import annotations

import json as json_format
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from matcher.bootstrap import encoder_of, engine_of, opened_store
from matcher.cli.app import err, out, progress_bar
from matcher.embedding import CachedEncoder
from matcher.evaluation import Figures, Report, read_health_flags, read_judgements
from matcher.evaluation import evaluate as measure
from matcher.evaluation.metrics import METRICS
from matcher.evaluation.product import product_baselines, product_contender
from matcher.evaluation.rivals import rivals
from matcher.records import Need, Profile
from matcher.sources.jsonl import Rejected, read

R = TypeVar("R", Profile, Need)

File = Annotated[Path, typer.Option(exists=True, dir_okay=False)]


def evaluate(
    context: typer.Context,
    profiles: File,
    needs: File,
    qrels: File,
    baseline: Annotated[bool, typer.Option(help="Beside it: BM25, the encoder alone, and their sum.")] = False,
    compare: Annotated[bool, typer.Option(help="Beside it: other systems on the same files.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure how well the judged partners are found, over an index made for the purpose."""
    judgements = read_judgements(qrels)
    register, wanted = _records(profiles, Profile), _records(needs, Need)
    with opened_store(context.obj) as store, progress_bar() as bar:

        def tracked(needs: Sequence[Need], name: str) -> Iterable[Need]:
            task = bar.add_task(f"Ranking by {name}", total=len(needs))
            for need in needs:
                yield need
                bar.advance(task)

        encoder = CachedEncoder(encoder_of(context.obj), store.vectors)
        report = measure(
            product_contender(lambda own: engine_of(context.obj, own, vectors=store.vectors)),
            register,
            wanted,
            judgements,
            health=read_health_flags(needs),
            baselines=product_baselines(encoder) if baseline else (),
            compared=rivals(encoder.encode) if compare else (),
            progress=tracked,
        )
    if json:
        typer.echo(json_format.dumps(report.to_json(), indent=2))
    else:
        _show(report)


def _records(path: Path, kind: type[R]) -> list[R]:
    """Read a file of records; lines that cannot be used are left out and said."""
    records = []
    rejected = []
    for line in read(path, kind):
        if isinstance(line, Rejected):
            rejected.append(line)
        else:
            records.append(line.record)
    if rejected:
        err.print(f"{path}: {len(rejected)} lines left out; the first: {rejected[0].problem}")
    return records


def _show(report: Report) -> None:
    table = Table("", *METRICS, "needs", title="Rank ties at their mean; 95 % intervals by bootstrap over needs")
    _add(table, "matcher", report.figures)
    for name, other in {**report.baselines, **report.compared}.items():
        _add(table, name, other.figures)
    out.print(table)
    if report.slices:
        slices = Table("slice of matcher's figures", *METRICS, "needs")
        for slicing, kinds in report.slices.items():
            for kind, figures in kinds.items():
                _add(slices, f"{slicing}: {kind}", figures)
        out.print(slices)
    for line in report.ignored.lines():
        out.print(line)


def _add(table: Table, name: str, figures: Figures) -> None:
    cells = []
    for metric in METRICS:
        low, high = figures.intervals[metric]
        cells.append(f"{figures.means[metric]:.3f}\n[dim]{low:.3f}–{high:.3f}[/dim]")
    table.add_row(name, *cells, str(figures.queries))
