"""`matcher bulk`: match many needs with the whole register."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress as Bar

from matcher.bootstrap import opened_engine
from matcher.cli.app import announcing, err, out, print_json, progress_bar
from matcher.cli.options import Json, Scheduler, input_file, output_folder
from matcher.programme.programme import Programme
from matcher.programme.runs import CHUNK, Progress, RunOptions, Runs, State
from matcher.programme.runs.run import OnProgress
from matcher.records import Need, parse
from matcher.records.fields import MAX_TITLE
from matcher.sources.formats.jsonl import read_records


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

    You can resume an interrupted run, including a programme run.
    """
    if resume is None and (needs is None or out_folder is None):
        raise typer.BadParameter("give --needs and --out, or --resume")
    if resume is not None and (needs is not None or out_folder is not None):
        raise typer.BadParameter("--resume uses the run's own needs and folder: leave out --needs and --out")
    with opened_engine(context.obj) as engine, progress_bar() as bar:
        runs = Runs(engine, context.obj.programmes_folder)
        if needs is not None and out_folder is not None:
            records = list(read_records(needs, Need))
            engine.index(announcing(bar, "Encoding new passages"))
            engine.save()
            programme = parse(Programme, {"name": f"Matches for {needs.name}"[:MAX_TITLE], "top": top})
            resume = runs.create(records, out_folder, RunOptions(programme, chunk=chunk)).id
            print_run_id(resume)
        progress = runs.run(str(resume), scheduler=scheduler, on_progress=progress_bar_callback(bar))
    print_progress(progress, json)


def print_run_id(id: str) -> None:
    """Print how to resume run `id`, if stderr is a terminal."""
    if err.is_terminal:
        err.print(f"Run {id}. If it is interrupted, resume it with: matcher bulk --resume {id}")


def progress_bar_callback(bar: Bar) -> OnProgress:
    """Return a callback that shows the progress of a run on `bar`."""
    task = bar.add_task("Matching needs", total=None)

    def update(progress: Progress) -> None:
        phase = progress.phase.capitalize() or "Done"
        bar.update(task, description=f"{phase} ({progress.id})", completed=progress.done, total=progress.total)

    return update


def print_progress(progress: Progress, json: bool) -> None:
    """Print the files of a finished run, or how to resume an unfinished run."""
    if json:
        content = {"run": progress.id, "state": progress.state, "needs": progress.done, "matches": progress.matches}
        lists = {"unmatched": list(progress.unmatched), "files": list(progress.files)}
        print_json({**content, **lists})
        return
    if progress.state is not State.FINISHED:
        out.print(
            f"The run is {progress.state}, with {progress.done:,} of {progress.total:,} needs done. "
            f"To resume it: matcher bulk --resume {progress.id}"
        )
        return
    out.print(
        f"{progress.done:,} needs, {progress.matches:,} matches, "
        f"{len(progress.unmatched):,} needs without an eligible partner."
    )
    for path in progress.files:
        out.print(path)
