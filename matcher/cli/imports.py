"""`matcher import`: import record files and public sources into the register."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.table import Table

from matcher.bootstrap import engine_of, opened_store
from matcher.cli.app import announcing, err, out, print_json, progress_bar
from matcher.cli.options import Json
from matcher.foundations.settings import Settings
from matcher.register import ImportReport, import_files
from matcher.register.file_importers import PROFILES, RECORD_IMPORTERS
from matcher.register.import_report import DROP_COUNTS, ENDED, records_report, source_report
from matcher.register.importing import KINDS
from matcher.store import Store

if TYPE_CHECKING:
    Kind = str
else:
    Kind = StrEnum("Kind", {kind: kind for kind in KINDS})


class OnError(StrEnum):
    """What to do with a line that cannot be read."""

    STOP = "stop"
    SKIP = "skip"


# The maximum number of warnings printed below the table. The JSON lists up to 1,000.
_LISTED_WARNINGS: Final = 10
# The maximum number of dropped fields listed in the table. One more row counts the rest. The JSON lists every field.
_LISTED_FIELDS: Final = 12


def import_(
    context: typer.Context,
    kind: Annotated[Kind, typer.Argument(help="What the files contain: records, or a public source.")],
    paths: Annotated[
        list[Path],
        typer.Argument(help="Files or folders. Records: .jsonl, .jsonl.gz. Public sources: as published, .gz, .zip."),
    ],
    on_error: Annotated[
        OnError | None,
        typer.Option(
            help="If a line cannot be read: stop, or skip it and write it to a rejects file. By default, notices are "
            "skipped, and anything else stops."
        ),
    ] = None,
    whole: Annotated[
        bool,
        typer.Option("--whole", help="The files are a whole register: end the suppliers that it no longer lists."),
    ] = False,
    json: Json = False,
) -> None:
    """Import records or a public source. If a file fails, nothing from it is imported."""
    settings: Settings = context.obj
    with opened_store(settings) as store:
        with progress_bar() as bar:
            task = bar.add_task("Reading", total=None)
            report = import_files(
                store,
                str(kind),
                paths,
                on_error=on_error.value if on_error else None,
                rejects_folder=settings.rejects_folder,
                whole=whole,
                on_progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        if kind == PROFILES or report.profiles:
            update_index(settings, store)
        if kind in RECORD_IMPORTERS:
            _print_records_report(report, kind, json=json, total=store.counts()[kind])
        else:
            print_source_report(report, json=json)


def update_index(settings: Settings, store: Store) -> None:
    """Bring the index up to date with the store, and save the index."""
    with progress_bar() as bar:
        engine = engine_of(settings, store)
        engine.index(announcing(bar, "Encoding new passages"))
        engine.save()


def print_source_report(report: ImportReport, *, json: bool) -> None:
    """Print what was imported from a public source and what was dropped."""
    if json:
        print_json(source_report(report))
    else:
        table = Table("imported and dropped", "number")
        table.columns[1].justify = "right"
        for section in _sections(report):
            for name, number in section:
                table.add_row(name, f"{number:,}")
            table.add_section()
        out.print(table)
        _print_warnings(report)
    if report.no_longer_listed and not report.counts[ENDED]:
        err.print(
            f"{len(report.no_longer_listed):,} records that earlier files listed are not in these. If these files "
            "are the whole register, import them with --whole to end these suppliers.",
            soft_wrap=True,
        )
    if report.rejects_file:
        err.print(f"rejected parts, with reasons and remedies: {report.rejects_file}", soft_wrap=True)


def _print_warnings(report: ImportReport) -> None:
    for warning in report.warnings[:_LISTED_WARNINGS]:
        place = ", ".join(part for part in (warning.file, warning.place, warning.field) if part)
        err.print(f"{place}: “{warning.text}” {warning.action}", soft_wrap=True, markup=False)
    if (rest := report.warned - _LISTED_WARNINGS) > 0:
        err.print(f"{rest:,} more warnings. To see up to 1,000, import again with --json")


def _sections(report: ImportReport) -> Iterator[list[tuple[str, int]]]:
    """Yield the table's sections: what was imported, profiles by outcome, what was dropped, and the dropped fields."""
    imported = [(name, n) for name, n in sorted(report.counts.items()) if n > 0 and name not in DROP_COUNTS]
    yield [("files or pages", report.files), *imported]
    yield [(f"profiles {outcome}", number) for outcome, number in sorted((+report.profiles).items())]
    dropped = [(name, report.counts[name]) for name in DROP_COUNTS if name in report.counts]
    yield [*dropped, *([("rejected", report.rejected)] if report.rejected else [])]
    listed = Counter(report.dropped_fields).most_common(_LISTED_FIELDS)
    rest = sum(report.dropped_fields.values()) - sum(number for _, number in listed)
    others = [(f"{len(report.dropped_fields) - len(listed)} other fields", rest)] if rest else []
    yield [*((f"field {name}", number) for name, number in listed if number), *others]


def _print_records_report(report: ImportReport, kind: str, *, json: bool, total: int) -> None:
    values = records_report(report)
    if json:
        print_json(values)
        return
    out.print(
        f"{kind}: {values['added']:,} added, {values['updated']:,} updated, {values['unchanged']:,} unchanged, "
        f"{values['rejected']:,} rejected. The register has {total:,} {kind}."
    )
    for what, counts in (
        ("ignored unknown fields", values["ignored_fields"]),
        ("removed contact details from", values["redacted_fields"]),
    ):
        if counts:
            err.print(f"{what}: " + ", ".join(f"{name} ({n:,})" for name, n in counts.items()))
    if report.rejects_file:
        err.print(f"rejected lines, with reasons and remedies: {report.rejects_file}", soft_wrap=True)
