"""`matcher bulk`: many needs against the whole register."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from matcher.bootstrap import opened_engine
from matcher.cli.app import announcing, out, progress_bar
from matcher.programme import run_bulk
from matcher.records import Need
from matcher.sources.jsonl import Rejected, read


def bulk(
    context: typer.Context,
    needs: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="JSON Lines file of needs.")],
    out_folder: Annotated[Path, typer.Option("--out", file_okay=False, help="Folder for the results.")],
    top: Annotated[int, typer.Option(min=1, max=10_000, help="Partners per need.")] = 10,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Match every need of a file; write JSON Lines, CSV and Parquet."""
    wanted = []
    for line in read(needs, Need):
        if isinstance(line, Rejected):
            raise line.problem
        wanted.append(line.record)
    with opened_engine(context.obj) as engine, progress_bar() as bar:
        engine.index(announcing(bar, "Encoding new passages"))
        engine.save()
        report = run_bulk(engine, wanted, out_folder, top=top, progress=announcing(bar, "Matching needs")(len(wanted)))
    if json:
        done = {"needs": report.needs, "matches": report.matches, "unmatched": report.unmatched}
        typer.echo(json_format.dumps({**done, "files": [str(path) for path in report.files]}, indent=2))
        return
    out.print(
        f"{report.needs:,} needs, {report.matches:,} matches, {len(report.unmatched):,} needs with nobody eligible."
    )
    for path in report.files:
        out.print(str(path))
