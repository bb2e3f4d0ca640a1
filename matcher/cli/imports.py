"""`matcher import`: files of records into the register, each file wholly or not at all."""

from __future__ import annotations

import json as json_format
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from matcher.bootstrap import engine_of, opened_store
from matcher.cli.app import announcing, err, out, progress_bar
from matcher.importing import ImportReport, import_files
from matcher.store import RecordKind


class Kind(StrEnum):
    """What the files hold."""

    PROFILES = "profiles"
    NEEDS = "needs"


class OnError(StrEnum):
    """What to do at a line that cannot be read."""

    STOP = "stop"
    SKIP = "skip"


_RECORDS = {Kind.PROFILES: RecordKind.PROFILE, Kind.NEEDS: RecordKind.NEED}


def import_(
    context: typer.Context,
    kind: Annotated[Kind, typer.Argument(help="What the files hold.")],
    paths: Annotated[list[Path], typer.Argument(help="JSON Lines files (.jsonl, .jsonl.gz) or folders of them.")],
    on_error: Annotated[
        OnError, typer.Option(help="At a bad line: stop, or skip it and keep it in a rejects file.")
    ] = OnError.STOP,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Import profiles or needs. A file is one transaction: nothing of it is kept if it fails."""
    settings = context.obj
    with opened_store(settings) as store:
        with progress_bar() as bar:
            task = bar.add_task("Reading", total=None)
            report = import_files(
                store,
                _RECORDS[kind],
                paths,
                on_error=on_error.value,
                rejects=settings.rejects_folder,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
            bar.remove_task(task)
            if kind is Kind.PROFILES:
                engine = engine_of(settings, store)
                engine.index(announcing(bar, "Encoding new passages"))
                engine.save()
        _tell(report, kind, json=json, held=store.counts()[kind.value])


def _tell(report: ImportReport, kind: Kind, *, json: bool, held: int) -> None:
    ignored = dict(sorted(report.ignored_fields.items()))
    if json:
        done = {name: getattr(report, name) for name in ("files", "added", "updated", "unchanged", "rejected")}
        rejects = str(report.rejects_file) if report.rejects_file else None
        typer.echo(json_format.dumps({**done, "ignored_fields": ignored, "rejects_file": rejects}, indent=2))
        return
    out.print(
        f"{kind.value}: {report.added:,} added, {report.updated:,} updated, {report.unchanged:,} unchanged, "
        f"{report.rejected:,} rejected. The register now holds {held:,}."
    )
    if ignored:
        err.print("fields no record has, left out: " + ", ".join(f"{name} ({n:,})" for name, n in ignored.items()))
    if report.rejects_file:
        err.print(f"rejected lines, each with the reason and the remedy: {report.rejects_file}")
