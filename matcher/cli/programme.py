"""`matcher programme`: match a region's needs with the whole register and report on the result."""

from __future__ import annotations

import json as json_format
from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from matcher.bootstrap import opened_engine
from matcher.cli.app import announcing, err, out, print_json, progress_bar
from matcher.cli.bulk import print_progress, print_run_id, progress_bar_callback
from matcher.cli.imports import OnError
from matcher.cli.options import (
    AccreditationFilter,
    IgnoreRequirements,
    IncludeUnknown,
    Json,
    RegionFilter,
    Scheduler,
    SectorFilter,
    SizeFilter,
    output_folder,
)
from matcher.foundations.errors import InvalidInput
from matcher.programme.area import EVERYWHERE, area_of
from matcher.programme.needs.columns import parse_column_choice
from matcher.programme.needs.needs_file import REJECTS, ReadSummary, source_notes
from matcher.programme.needs.preview import NeedsPreview
from matcher.programme.needs.reading.reading import OPERATOR_LIMITS, NeedsSource, save
from matcher.programme.needs.reading.reading import preview as preview_reading
from matcher.programme.needs.reading.saved_needs import NEEDS, save_needs
from matcher.programme.needs.stored import NeedQuery
from matcher.programme.needs.template import write_template
from matcher.programme.programme import Programme
from matcher.programme.results.figures import LEVELS, ProgrammeFigures, level_name
from matcher.programme.results.publication import FIGURES
from matcher.programme.runs import Progress, RunOptions, Runs, State
from matcher.records import Need, parse
from matcher.register import Organisations

programme = typer.Typer(
    name="programme", help="Match a region's needs with the whole register and write a report.", no_args_is_help=True
)

Map = Annotated[
    str | None,
    typer.Option(
        "--map",
        help="The column for each field, such as title=Column,value=Column. Check it with: matcher programme preview.",
    ),
]
SheetName = Annotated[
    str | None, typer.Option("--sheet", help="Sheet of a workbook. By default, the sheet that fits best.")
]
# The maximum number of characters that a preview shows of a title or field.
_MAX_SHOWN = 90
_FILES = "A file of needs: CSV, Excel (.xlsx or .xls), OpenDocument (.ods), JSON Lines (.jsonl) or OCDS (.json)."


@programme.command()
def match(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="Name of the programme, as it appears in the report.")],
    out_folder: Annotated[Path, output_folder("Folder for the results.")],
    needs: Annotated[Path | None, typer.Option(help=_FILES, dir_okay=False)] = None,
    stored: Annotated[
        bool, typer.Option("--stored", help="Match the needs in the register. To select some, add --where options.")
    ] = False,
    region: Annotated[
        str | None,
        typer.Option(
            help="Only needs of this area: a region, or the code or name of an ICB, CCG, AHSN or health innovation "
            "network. Needs that name no place are kept."
        ),
    ] = None,
    map_: Map = None,
    sheet: SheetName = None,
    on_error: Annotated[
        OnError, typer.Option(help="If a row cannot be read: stop, or skip it and write it to rejects.csv.")
    ] = OnError.STOP,
    where_stage: Annotated[
        list[str] | None, typer.Option(help="Only stored needs at this stage. Repeat to accept any of several.")
    ] = None,
    where_region: Annotated[
        list[str] | None, typer.Option(help="Only stored needs in this region. Repeat to accept any of several.")
    ] = None,
    where_cpv: Annotated[
        list[str] | None, typer.Option(help="Only stored needs with a CPV code that begins with these digits.")
    ] = None,
    where_buyer: Annotated[
        str | None, typer.Option(help="Only stored needs of this buyer. Enter an ODS code or part of a name.")
    ] = None,
    where_words: Annotated[str | None, typer.Option(help="Only stored needs that contain all these words.")] = None,
    where_open: Annotated[bool, typer.Option("--where-open", help="Only stored needs that have not closed.")] = False,
    supplier_region: RegionFilter = None,
    include_unknown: IncludeUnknown = False,
    sector: SectorFilter = None,
    accreditation: AccreditationFilter = None,
    size: SizeFilter = None,
    ignore_requirements: IgnoreRequirements = False,
    capacity: Annotated[
        int | None,
        typer.Option(min=1, help="Also assign one partner to each need, and at most this many needs to each partner."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, max=1_000, help="Number of partners for each need.")] = 10,
    scheduler: Scheduler = None,
    json: Json = False,
) -> None:
    """Match every need. Write a report, a workbook, JSON Lines, CSV and Parquet."""
    if (needs is None) != stored:
        raise InvalidInput(
            "give either --needs FILE or --stored", remedy="To see the options, run: matcher programme match --help"
        )
    query = parse(
        NeedQuery,
        _without_empty(stages=where_stage, regions=where_region, cpv=where_cpv, buyer=where_buyer, words=where_words)
        | ({"open_on": date.today()} if where_open else {}),
    )
    if not stored and query != NeedQuery():
        raise InvalidInput("--where options select stored needs", remedy="Replace --needs with --stored")
    chosen = parse_column_choice(map_)
    with opened_engine(context.obj) as engine:
        settings = parse(
            Programme,
            {
                "name": name,
                "area": EVERYWHERE if region is None else area_of(region, Organisations(engine.store).current),
                "filters": _without_empty(
                    regions=supplier_region,
                    include_unknown=include_unknown,
                    sectors=sector,
                    accreditations=accreditation,
                    size=size,
                ),
                "top": top,
                "apply_requirements": not ignore_requirements,
                "capacity": capacity,
                "on": date.today(),
            },
        )
        if needs is None:
            summary = _save_stored(query.select_from(engine.store), out_folder, settings)
        else:
            summary = _read(NeedsSource(needs, chosen, sheet), out_folder, settings, on_error)
        runs = Runs(engine, context.obj.programmes_folder)
        options = RunOptions(settings, notes=source_notes(settings, summary))
        progress = _run(runs, options, out_folder, scheduler)
    _print_result(progress, summary, out_folder, json=json)


@programme.command()
def template(
    file: Annotated[Path, typer.Argument(help="File to write, such as needs.csv or needs.xlsx.", dir_okay=False)],
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write an empty table of needs for you to fill in."""
    if file.exists() and not force:
        raise InvalidInput(f"{file} already exists", remedy="Choose another file, or add --force")
    write_template(file)
    out.print(f"Fill in one need per row: {escape(str(file))}")


@programme.command()
def preview(
    needs: Annotated[Path, typer.Argument(help=_FILES, dir_okay=False)],
    map_: Map = None,
    sheet: SheetName = None,
    rows: Annotated[int, typer.Option(min=0, max=1_000, help="Number of needs to show.")] = 5,
    json: Json = False,
) -> None:
    """Show how a file of needs would be read, and any problems in it. Nothing is matched or saved."""
    with preview_reading(NeedsSource(needs, parse_column_choice(map_), sheet), OPERATOR_LIMITS, first=rows) as reading:
        result = reading.result()
    if json:
        typer.echo(result.model_dump_json(indent=2, exclude_none=True))
        return
    _print_preview(result)


def _read(source: NeedsSource, folder: Path, settings: Programme, on_error: OnError) -> ReadSummary:
    """Read the needs in a file into a file in `folder`, with the default region added."""
    with save(source, OPERATOR_LIMITS, folder, settings, on_error.value) as reading, progress_bar() as bar:
        task = bar.add_task("Reading needs", total=None)
        while not reading.is_finished(wait=0.2):
            bar.update(task, completed=reading.accepted)
        return reading.result()


def _save_stored(needs: Iterator[Need], folder: Path, settings: Programme) -> ReadSummary:
    """Write stored needs to a file in `folder`, with the default region added."""
    if (first := next(needs, None)) is None:
        raise InvalidInput("no stored need is selected", remedy="Remove some --where options, or import needs first")
    with progress_bar() as bar:
        task = bar.add_task("Reading needs", total=None)
        count = save_needs(chain([first], needs), folder, settings, lambda done: bar.update(task, completed=done))
    return ReadSummary("stored needs", count)


def _run(runs: Runs, options: RunOptions, folder: Path, scheduler: str | None) -> Progress:
    with progress_bar() as bar:
        runs.engine.index(announcing(bar, "Encoding new passages"))
        runs.engine.save()
        job = runs.create_from(folder / NEEDS, folder, options)
        print_run_id(job.id)
        return runs.run(job.id, scheduler=scheduler, on_progress=progress_bar_callback(bar))


def _without_empty(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _print_result(progress: Progress, summary: ReadSummary, folder: Path, *, json: bool) -> None:
    if progress.state is not State.FINISHED:
        print_progress(progress, json)
        return
    figures = ProgrammeFigures.model_validate_json((folder / FIGURES).read_bytes())
    rejects = str(folder / REJECTS) if summary.refused else None
    if json:
        content = {
            "run": progress.id,
            "needs": figures.needs,
            "matches": figures.matches,
            "suppliers": figures.suppliers,
            "coverage": figures.overall.counts,
            "refused": summary.refused,
            "passed_over": summary.passed_over,
            "warned": summary.warned,
            "rejects_file": rejects,
            "assignments": [way.model_dump() for way in figures.assignments],
            "read_as": summary.form,
            "files": list(progress.files),
        }
        print_json(content)
        return
    counts = ", ".join(f"{figures.overall.counts[level]:,} {level_name(level).lower()}" for level in LEVELS)
    out.print(f"{figures.needs:,} needs ({escape(summary.form)}), {figures.matches:,} matches. Best match: {counts}.")
    for way in figures.assignments:
        out.print(
            f"{way.way}: {way.served:,} needs served, {way.first_choices:,} by their first choice, "
            f"sum of probabilities {way.probability:,.2f}, {way.suppliers:,} suppliers, at most {way.most:,} needs each"
        )
    for path in progress.files:
        out.print(escape(path), soft_wrap=True)
    if summary.passed_over or summary.warned:
        err.print(
            f"{summary.passed_over:,} rows passed over, {summary.warned:,} cells left out or read as an estimate. To "
            "see them, run: matcher programme preview",
            soft_wrap=True,
        )
    if elsewhere := summary.accepted - figures.needs:
        err.print(f"{elsewhere:,} needs left out, because they name a place outside {figures.programme.area.name}")
    if rejects:
        err.print(f"{summary.refused:,} rows refused. For the reasons, see {escape(rejects)}")


def _print_preview(preview: NeedsPreview) -> None:
    header = f", column names in row {preview.header_row}" if preview.header_row else ""
    out.print(f"{escape(preview.form)}{header}: {preview.accepted:,} needs, {preview.refused:,} rows refused.")
    if preview.passed_over:
        out.print(f"{preview.passed_over:,} rows hold no need and are passed over.")
    if preview.columns:
        headings = (f"{field}={escape(heading)!r}" for field, heading in preview.columns.items())
        out.print("Columns: " + ", ".join(headings))
    if preview.unread:
        out.print("Not read: " + ", ".join(escape(repr(heading)) for heading in preview.unread))
    if preview.needs:
        out.print(_needs_table(preview))
    for skipped in preview.passed_over_rows:
        err.print(f"row {skipped.row} is passed over: {escape(skipped.reason)}", soft_wrap=True)
    for warning in preview.warnings:
        place = f"row {warning.row}, {warning.field}"
        err.print(f"{escape(place)}: {escape(repr(warning.text))} {escape(warning.problem)}", soft_wrap=True)
    if preview.warned > len(preview.warnings):
        err.print(f"and {preview.warned - len(preview.warnings):,} more cells")
    for problem in preview.problems:
        place = f"row {problem.row}" + (f", {problem.field}" if problem.field else "")
        err.print(f"{escape(place)}: {escape(problem.problem)}. {escape(problem.remedy)}", soft_wrap=True)


def _needs_table(preview: NeedsPreview) -> Table:
    table = Table("row", "id", "title", "other fields", pad_edge=False)
    for row, need in preview.needs.items():
        content = need.model_dump(mode="json", exclude_defaults=True, exclude={"id", "title"})
        others = "; ".join(f"{name} {_shortened(value)}" for name, value in content.items())
        table.add_row(str(row), escape(need.id), escape(need.title[:_MAX_SHOWN]), escape(others))
    return table


def _shortened(value: Any) -> str:
    text = value if isinstance(value, str) else json_format.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + " …"
