"""`matcher programme`: match a region's needs with the whole register and report on the result."""

from __future__ import annotations

import json as json_format
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from matcher.bootstrap import opened_engine
from matcher.cli.app import announcing, err, out, progress_bar
from matcher.cli.bulk import print_progress, print_run_id, progress_bar_callback
from matcher.cli.imports import OnError
from matcher.cli.options import (
    AccreditationFilter,
    IgnoreRequirements,
    Json,
    RegionFilter,
    Scheduler,
    SectorFilter,
    SizeFilter,
    output_folder,
)
from matcher.foundations.errors import InvalidInput
from matcher.foundations.staged_files import StagedFiles
from matcher.programme import Programme, Progress, RunOptions, Runs, State
from matcher.programme.area import EVERYWHERE, area_of
from matcher.programme.needs.columns import parse_column_choice
from matcher.programme.needs.needs_file import REJECTS, ReadSummary, read_needs, source_notes
from matcher.programme.needs.preview import NeedsPreview, preview_of
from matcher.programme.needs.stored import NeedQuery
from matcher.programme.needs.template import write_template
from matcher.programme.results.figures import LEVELS, ProgrammeFigures
from matcher.programme.results.publication import FIGURES
from matcher.records import Need, parse
from matcher.register import Organisations
from matcher.sources.formats.jsonl import Accepted, read

programme = typer.Typer(
    name="programme", help="Match a region's needs with the whole register and write a report.", no_args_is_help=True
)

Map = Annotated[
    str | None,
    typer.Option(
        "--map",
        help="The column of each field, such as title=Column,value=Column. Check it with: matcher programme preview.",
    ),
]
SheetName = Annotated[
    str | None, typer.Option("--sheet", help="Sheet of a workbook. By default, the sheet that fits best.")
]
_NEEDS_FILE = "needs.jsonl"
_SHOWN = 90
_FILES = "A file of needs: CSV, Excel (.xlsx), JSON Lines (.jsonl) or OCDS packages (.json)."


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
        typer.Option(help="A region, or the code or name of an ICB, CCG, AHSN or health innovation network."),
    ] = None,
    map_: Map = None,
    sheet: SheetName = None,
    on_error: Annotated[
        OnError, typer.Option(help="If a row cannot be read: stop, or skip it and write it to rejects.csv.")
    ] = OnError.STOP,
    where_stage: Annotated[
        list[str] | None, typer.Option(help="Only stored needs at this stage. Repeat for any of several stages.")
    ] = None,
    where_region: Annotated[
        list[str] | None, typer.Option(help="Only stored needs in this region. Repeat for any of several regions.")
    ] = None,
    where_cpv: Annotated[
        list[str] | None, typer.Option(help="Only stored needs with a CPV code that begins with these digits.")
    ] = None,
    where_buyer: Annotated[
        str | None, typer.Option(help="Only stored needs of this buyer. Give its ODS code or part of its name.")
    ] = None,
    where_words: Annotated[str | None, typer.Option(help="Only stored needs that contain all these words.")] = None,
    where_open: Annotated[bool, typer.Option("--where-open", help="Only stored needs that have not closed.")] = False,
    supplier_region: RegionFilter = None,
    sector: SectorFilter = None,
    accreditation: AccreditationFilter = None,
    size: SizeFilter = None,
    ignore_requirements: IgnoreRequirements = False,
    capacity: Annotated[
        int | None,
        typer.Option(min=1, help="Also assign one partner to each need, with at most this many needs for a partner."),
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
        _given(stages=where_stage, regions=where_region, cpv=where_cpv, buyer=where_buyer, words=where_words)
        | ({"open_on": date.today()} if where_open else {}),
    )
    if not stored and query != NeedQuery():
        raise InvalidInput("--where options select stored needs", remedy="Replace --needs with --stored")
    chosen, intake = parse_column_choice(map_), ReadSummary()
    with opened_engine(context.obj) as engine:
        asked = parse(
            Programme,
            {
                "name": name,
                "area": EVERYWHERE if region is None else area_of(region, Organisations(engine.store).current),
                "filters": _given(regions=supplier_region, sectors=sector, accreditations=accreditation, size=size),
                "top": top,
                "apply_requirements": not ignore_requirements,
                "capacity": capacity,
                "on": date.today(),
            },
        )
        if needs is None:
            found = query.select_from(engine.store)
            intake.form = "stored needs"
        else:
            found = read_needs(needs, out_folder, on_error=on_error.value, chosen=chosen, sheet=sheet, intake=intake)
        file = _kept(asked, found, out_folder, intake)
        runs = Runs(engine, context.obj.programmes_folder)
        done = _matched(runs, RunOptions(asked, notes=source_notes(asked, intake)), file, out_folder, scheduler)
    _tell(done, intake, out_folder, json=json)


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
    """Show how a file of needs would be read, and its problems. Nothing is matched or saved."""
    found = preview_of(needs, parse_column_choice(map_), sheet, first=rows)
    if json:
        typer.echo(found.model_dump_json(indent=2, exclude_none=True))
        return
    _show_preview(found)


def _kept(asked: Programme, needs: Iterable[Need], folder: Path, intake: ReadSummary) -> Path:
    """Write the needs as they are matched into `folder`, and return the file."""
    count = 0
    with StagedFiles(folder) as staging, progress_bar() as bar:
        task = bar.add_task("Reading needs", total=None)
        with staging.path(_NEEDS_FILE).open("w", encoding="utf-8", newline="\n") as file:
            for count, need in enumerate(needs, start=1):
                file.write(asked.with_default_region(need).model_dump_json(exclude_none=True) + "\n")
                bar.update(task, completed=count)
        if not count:
            raise InvalidInput(
                "no stored need is selected", remedy="Remove some --where options, or import needs first"
            )
    intake.accepted = count
    return folder / _NEEDS_FILE


def _matched(runs: Runs, order: RunOptions, file: Path, folder: Path, scheduler: str | None) -> Progress:
    with progress_bar() as bar:
        runs.engine.index(announcing(bar, "Encoding new passages"))
        runs.engine.save()
        job = runs.create(list(_read(file)), folder, order)
        print_run_id(job.id)
        return runs.run(job.id, scheduler=scheduler, on_progress=progress_bar_callback(bar))


def _read(file: Path) -> Iterator[Need]:
    for line in read(file, Need):
        if not isinstance(line, Accepted):
            raise line.problem
        yield line.record


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _tell(done: Progress, intake: ReadSummary, folder: Path, *, json: bool) -> None:
    if done.state is not State.FINISHED:
        print_progress(done, json)
        return
    figures, files = ProgrammeFigures.model_validate_json((folder / FIGURES).read_bytes()), list(done.files)
    rejects = str(folder / REJECTS) if intake.refused else None
    if json:
        told = {"run": done.id, "needs": figures.needs, "matches": figures.matches, "suppliers": figures.suppliers}
        levels = {"coverage": figures.overall.counts, "refused": intake.refused, "rejects_file": rejects}
        ways = {"assignments": [way.model_dump() for way in figures.assignments]}
        typer.echo(json_format.dumps({**told, **levels, **ways, "read_as": intake.form, "files": files}, indent=2))
        return
    counts = ", ".join(f"{figures.overall.counts[level]:,} {level}" for level in LEVELS)
    out.print(f"{figures.needs:,} needs ({escape(intake.form)}), {figures.matches:,} matches. Best match: {counts}.")
    for way in figures.assignments:
        out.print(
            f"{way.way}: {way.served:,} needs served, {way.first_choices:,} by their first choice, "
            f"sum of probabilities {way.probability:,.2f}, {way.suppliers:,} suppliers, at most {way.most:,} needs each"
        )
    for path in files:
        out.print(escape(path), soft_wrap=True)
    if rejects:
        err.print(f"{intake.refused:,} rows refused, each with the reason and the remedy: {escape(rejects)}")


def _show_preview(found: NeedsPreview) -> None:
    under = f", column names in row {found.header_row}" if found.header_row else ""
    out.print(f"{escape(found.form)}{under}: {found.accepted:,} needs, {found.refused:,} rows refused.")
    if found.columns:
        out.print("Columns: " + ", ".join(f"{field}={escape(heading)!r}" for field, heading in found.columns.items()))
    if found.unread:
        out.print("Not read: " + ", ".join(escape(repr(heading)) for heading in found.unread))
    if found.needs:
        out.print(_needs_table(found))
    for one in found.problems:
        where = f"row {one.row}" + (f", {one.field}" if one.field else "")
        err.print(f"{escape(where)}: {escape(one.problem)}. {escape(one.remedy)}", soft_wrap=True)


def _needs_table(found: NeedsPreview) -> Table:
    table = Table("row", "id", "title", "other fields", pad_edge=False)
    for row, need in found.needs.items():
        content = need.model_dump(mode="json", exclude_defaults=True, exclude={"id", "title"})
        others = "; ".join(f"{name} {_brief(value)}" for name, value in content.items())
        table.add_row(str(row), escape(need.id), escape(need.title[:_SHOWN]), escape(others))
    return table


def _brief(value: Any) -> str:
    text = value if isinstance(value, str) else json_format.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + " …"
