"""`matcher bulk`: many needs against the whole register."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress as Bar

from matcher.bootstrap import opened_engine
from matcher.cli.app import announcing, err, out, progress_bar
from matcher.cli.options import Json, Scheduler, input_file, output_folder
from matcher.programme import CHUNK, Programme, Progress, RunOptions, Runs, State
from matcher.programme.runs.run import OnProgress
from matcher.records import Need, parse
from matcher.records.fields import MAX_TITLE
from matcher.sources.formats.jsonl import Rejected, read


def bulk(
    context: typer.Context,
    needs: Annotated[Path | None, input_file("A JSON Lines file of needs.")] = None,
    out_folder: Annotated[Path | None, output_folder("Folder for the results.")] = None,
    top: Annotated[int, typer.Option(min=1, max=10_000, help="Number of partners for each need.")] = 10,
    chunk: Annotated[int, typer.Option(min=1, max=10_000, help="Number of needs to search together.")] = CHUNK,
    scheduler: Scheduler = None,
    resume: Annotated[str | None, typer.Option(help="Id of a paused or interrupted run.", metavar="ID")] = None,
    json: Json = False,
) -> None:
    """Match every need in a file. Write JSON Lines, CSV, Parquet, a workbook and a report.

    You can resume an interrupted run, including a run of a programme.
    """
    if resume is None and (needs is None or out_folder is None):
        raise typer.BadParameter("give --needs and --out, or --resume")
    if resume is not None and (needs is not None or out_folder is not None):
        raise typer.BadParameter("--resume uses the needs and the folder of the run: leave out --needs and --out")
    with opened_engine(context.obj) as engine, progress_bar() as bar:
        runs = Runs(engine, context.obj.programmes_folder)
        if needs is not None and out_folder is not None:
            wanted = _read(needs)
            engine.index(announcing(bar, "Encoding new passages"))
            engine.save()
            asked = parse(Programme, {"name": f"Matches for {needs.name}"[:MAX_TITLE], "top": top})
            resume = runs.create(wanted, out_folder, RunOptions(asked, chunk=chunk)).id
            print_run_id(resume)
        report = runs.run(str(resume), scheduler=scheduler, on_progress=progress_bar_callback(bar))
    print_progress(report, json)


def _read(file: Path) -> list[Need]:
    wanted = []
    for line in read(file, Need):
        if isinstance(line, Rejected):
            raise line.problem
        wanted.append(line.record)
    return wanted


def print_run_id(id: str) -> None:
    """Say by which id a run is resumed, where somebody watches."""
    if err.is_terminal:
        err.print(f"run {id}; should it be broken off: matcher bulk --resume {id}")


def progress_bar_callback(bar: Bar) -> OnProgress:
    """Return how a run tells this bar of its progress."""
    task = bar.add_task("Matching needs", total=None)

    def tell(progress: Progress) -> None:
        phase = progress.phase.capitalize() or "Done"
        bar.update(task, description=f"{phase} ({progress.id})", completed=progress.done, total=progress.total)

    return tell


def print_progress(report: Progress, json: bool) -> None:
    """Print how a run stands: its files once it is finished, else how to go on."""
    if json:
        done = {"run": report.id, "state": report.state, "needs": report.done, "matches": report.matches}
        typer.echo(
            json_format.dumps({**done, "unmatched": list(report.unmatched), "files": list(report.files)}, indent=2)
        )
        return
    if report.state is not State.FINISHED:
        out.print(f"{report.done:,} of {report.total:,} needs done: {report.state}. matcher bulk --resume {report.id}")
        return
    out.print(
        f"{report.done:,} needs, {report.matches:,} matches, {len(report.unmatched):,} needs with nobody eligible."
    )
    for path in report.files:
        out.print(path)
