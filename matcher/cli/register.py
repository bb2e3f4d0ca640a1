"""`matcher fetch`, `provenance`, `split` and `organisation`: notices over HTTP, and who says what of whom."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from matcher.bootstrap import notices_client, notices_service, opened_store
from matcher.cli.app import out, progress_bar
from matcher.cli.imports import index, tell_intake
from matcher.foundations.errors import InvalidInput
from matcher.register import Organisations, Register
from matcher.register import fetch as fetch_notices
from matcher.sources.statement import Source


class Service(StrEnum):
    """The notice services that can be fetched from."""

    FIND_A_TENDER = "find-a-tender"
    CONTRACTS_FINDER = "contracts-finder"


def fetch(
    context: typer.Context,
    service: Annotated[Service, typer.Argument(help="Whose notices.")],
    since: Annotated[
        str | None, typer.Option("--from", help="Day such as 2025-03-01; default: since last time.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="Day after the last; default: now.")] = None,
    pages: Annotated[int | None, typer.Option(min=1, help="Stop after so many pages of 100 notices.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Fetch notices. What is stopped goes on where it stopped; fetching again changes nothing."""
    settings = context.obj
    asked = notices_service(settings, Source(service.value))
    with opened_store(settings) as store, notices_client(settings, asked) as client:
        with progress_bar() as bar:
            task = bar.add_task("Pages", total=None)
            report = fetch_notices(
                store,
                asked,
                client,
                since=_day(since, "--from"),
                until=_day(until, "--until"),
                most_pages=pages,
                told=lambda done: bar.update(task, completed=done),
            )
        if report.taken.profiles:
            index(settings, store)
    tell_intake(report.taken, json=json)
    if not json:
        out.print("All of it is here." if report.complete else "There is more: fetch again to go on.")


def provenance(
    context: typer.Context,
    profile_id: Annotated[str, typer.Argument(help="Id of a profile.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say of each part of a profile who states it, under which record, and why that is taken to be this supplier."""
    with opened_store(context.obj) as store:
        found = Register(store).provenance(profile_id)
    if json:
        typer.echo(json_format.dumps([asdict(part) for part in found], indent=2, default=str))
        return
    for part in found:  # a line each: a record that is cut cannot be copied
        why = f"{part.rule} {part.evidence}".strip()
        stated = f", {part.stated}" if part.stated else ""
        out.print(f"{part.field}: {part.source} {part.record}{stated} ({why})", soft_wrap=True, markup=False)


def split(
    context: typer.Context,
    profile_id: Annotated[str, typer.Argument(help="Id of a profile that is two suppliers.")],
    source: Annotated[str, typer.Argument(help="Source of what is not about it.")],
    records: Annotated[list[str], typer.Argument(help="Its records, as the provenance names them.")],
) -> None:
    """Put statements that are not about a profile's supplier apart from it, for good."""
    with opened_store(context.obj) as store:
        new = Register(store).split(profile_id, [(source, record) for record in records])
        index(context.obj, store)
    out.print(f"They now make the profile {new}.")


def organisation(
    context: typer.Context,
    code_or_name: Annotated[str, typer.Argument(help="ODS code or name, of today or of the past.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say who an NHS organisation of the past is today."""
    with opened_store(context.obj) as store:
        found = Organisations(store).today(code_or_name)
    if json:
        typer.echo(json_format.dumps([asdict(one) for one in found], indent=2))
        return
    for one in found:
        out.print(" · ".join(part for part in (one.code, one.name, "" if one.active else "closed") if part))


def _day(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        day = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is not a day for {option}", remedy="Write it like 2025-03-01") from error
    return day if day.tzinfo else day.replace(tzinfo=UTC)
