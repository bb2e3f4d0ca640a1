"""`matcher import`: files of records, and of public sources, into the register."""

from __future__ import annotations

import json as json_format
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table

from matcher.bootstrap import engine_of, opened_store
from matcher.cli.app import announcing, err, out, progress_bar
from matcher.foundations.settings import Settings
from matcher.register import IntakeReport, take_files
from matcher.register import Kind as SourceKind
from matcher.register.importing import ImportReport, import_files
from matcher.register.intake import DROPPED, shown_as_json
from matcher.store import RecordKind, Store


class Kind(StrEnum):
    """What the files hold."""

    PROFILES = "profiles"
    NEEDS = "needs"
    OCDS = "ocds"
    CHARITY_COMMISSION = "charity-commission"
    COMPANIES_HOUSE = "companies-house"
    CQC = "cqc"
    ODS = "ods"


class OnError(StrEnum):
    """What to do at a line that cannot be read."""

    STOP = "stop"
    SKIP = "skip"


_RECORDS = {Kind.PROFILES: RecordKind.PROFILE, Kind.NEEDS: RecordKind.NEED}
# Dropped fields that are named in the table; the others are counted together, and all stand in the JSON.
_NAMED_FIELDS: Final = 12


def import_(
    context: typer.Context,
    kind: Annotated[Kind, typer.Argument(help="What the files hold.")],
    paths: Annotated[
        list[Path],
        typer.Argument(help="Files or folders. Records: .jsonl, .jsonl.gz; public sources: as published, .gz, .zip."),
    ],
    on_error: Annotated[
        OnError, typer.Option(help="At a bad line: stop, or skip it and keep it in a rejects file.")
    ] = OnError.STOP,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Import records or a public source. A file is one transaction: nothing of it is kept if it fails."""
    settings = context.obj
    with opened_store(settings) as store:
        if kind in _RECORDS:
            _import_records(settings, store, kind, paths, on_error, json)
        else:
            _import_source(settings, store, kind, paths, on_error, json)


def _import_records(
    settings: Settings, store: Store, kind: Kind, paths: list[Path], on_error: OnError, json: bool
) -> None:
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
            index(settings, store)
    _tell(report, kind, json=json, held=store.counts()[kind.value])


def _import_source(
    settings: Settings, store: Store, kind: Kind, paths: list[Path], on_error: OnError, json: bool
) -> None:
    with progress_bar() as bar:
        task = bar.add_task("Reading", total=None)
        report = take_files(
            store,
            SourceKind(kind.value),
            paths,
            on_error=on_error.value,
            rejects=settings.rejects_folder,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
        bar.remove_task(task)
    if report.profiles:
        index(settings, store)
    tell_intake(report, json=json)


def index(settings: Settings, store: Store) -> None:
    """Bring the index up to date with the store, and keep it."""
    with progress_bar() as bar:
        engine = engine_of(settings, store)
        engine.index(announcing(bar, "Encoding new passages"))
        engine.save()


def tell_intake(report: IntakeReport, *, json: bool) -> None:
    """Print what was taken of a public source and what was dropped."""
    if json:
        typer.echo(shown_as_json(report))
    else:
        table = Table("taken and dropped", "number")
        table.columns[1].justify = "right"
        for section in _sections(report):
            for name, number in section:
                table.add_row(name, f"{number:,}")
            table.add_section()
        out.print(table)
    if report.rejects_file:
        err.print(f"what was rejected, with the reason and the remedy: {report.rejects_file}")


def _sections(report: IntakeReport) -> Iterator[list[tuple[str, int]]]:
    """What was taken, what became of the profiles, what was dropped, and the fields that are not kept."""
    yield [
        ("files or pages", report.files),
        *((name, n) for name, n in sorted(report.counts.items()) if _taken(name, n)),
    ]
    yield [(f"profiles {name}", number) for name, number in sorted((+report.profiles).items())]
    dropped = [(name, report.counts[name]) for name in DROPPED if name in report.counts]
    yield [*dropped, *([("rejected", report.rejected)] if report.rejected else [])]
    named = Counter(report.dropped).most_common(_NAMED_FIELDS)
    rest = sum(report.dropped.values()) - sum(number for _, number in named)
    others = [(f"{len(report.dropped) - len(named)} other fields", rest)] if rest else []
    yield [*((f"field {name}", number) for name, number in named if number), *others]


def _taken(name: str, number: int) -> bool:
    return number > 0 and name not in DROPPED


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
