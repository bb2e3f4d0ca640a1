"""`matcher fetch`, `provenance`, `split` and `organisation`: notices, where profiles come from, and NHS bodies."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from matcher.bootstrap import notices_client, notices_service, opened_store
from matcher.cli.app import out, print_json, progress_bar
from matcher.cli.imports import print_source_report, update_index
from matcher.cli.options import Json
from matcher.foundations.errors import InvalidInput, NotFound
from matcher.register import Organisations, Provenance, Register
from matcher.register import fetch as fetch_notices
from matcher.sources.catalogue import FEED_SOURCES

if TYPE_CHECKING:
    ServiceName = str
else:
    ServiceName = StrEnum("ServiceName", {source: source for source in FEED_SOURCES})


def fetch(
    context: typer.Context,
    service: Annotated[ServiceName, typer.Argument(help="Service that publishes the notices.")],
    since: Annotated[
        str | None, typer.Option("--from", help="First day, such as 2025-03-01. By default, the end of the last fetch.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="The day after the last day to fetch. By default, the present time.")
    ] = None,
    pages: Annotated[int | None, typer.Option(min=1, help="Stop after this many pages of 100 notices.")] = None,
    json: Json = False,
) -> None:
    """Fetch notices. An interrupted fetch continues where it stopped, and fetching again changes nothing."""
    settings = context.obj
    notices = notices_service(settings, str(service))
    with opened_store(settings) as store, notices_client(settings, notices) as client:
        with progress_bar() as bar:
            task = bar.add_task("Pages", total=None)
            report = fetch_notices(
                store,
                notices,
                client,
                since=_day(since, "--from"),
                until=_day(until, "--until"),
                most_pages=pages,
                on_page=lambda done: bar.update(task, completed=done),
            )
        if report.imported.profiles:
            update_index(settings, store)
    print_source_report(report.imported, json=json)
    if not json:
        more = "There is more to fetch. Run the same command again."
        out.print("Everything has been fetched." if report.complete else more)


def provenance(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="Id of a profile or a need.")],
    json: Json = False,
) -> None:
    """Show the source and record of each part of a profile or a need, and why that record belongs there."""
    with opened_store(context.obj) as store:
        parts = _provenance(Register(store), id)
    if json:
        print_json([asdict(part) for part in parts], default=str)
        return
    for part in parts:  # one line each, because a wrapped record number cannot be copied
        reason = f"{part.rule} {part.evidence}".strip()
        stated = f", {part.stated}" if part.stated else ""
        basis = f"; value {part.basis}" if part.basis else ""
        out.print(f"{part.field}: {part.source} {part.record}{stated} ({reason}){basis}", soft_wrap=True, markup=False)


def _provenance(register: Register, id: str) -> tuple[Provenance, ...]:
    """Return the provenance of the profile or, if there is none, of the need with this `id`."""
    try:
        return register.provenance(id)
    except NotFound as no_profile:
        try:
            return register.need_provenance(id)
        except NotFound:
            raise no_profile from None


def split(
    context: typer.Context,
    profile_id: Annotated[str, typer.Argument(help="Id of a profile that combines two suppliers.")],
    source: Annotated[str, typer.Argument(help="Source of the statements to move.")],
    records: Annotated[list[str], typer.Argument(help="Records to move, as shown by matcher provenance.")],
) -> None:
    """Permanently move statements about another supplier out of a profile."""
    with opened_store(context.obj) as store:
        new = Register(store).split(profile_id, [(source, record) for record in records])
        update_index(context.obj, store)
    out.print(f"The new profile is {new}.")


def organisation(
    context: typer.Context,
    code_or_name: Annotated[str, typer.Argument(help="ODS code or name, current or past.")],
    json: Json = False,
) -> None:
    """Show the current organisation or organisations for a former NHS code or name."""
    with opened_store(context.obj) as store:
        organisations = Organisations(store).current(code_or_name)
    if json:
        print_json([asdict(current) for current in organisations])
        return
    for current in organisations:
        parts = (current.code, current.name, "" if current.active else "closed")
        out.print(" · ".join(part for part in parts if part))


def _day(text: str | None, option: str) -> datetime | None:
    """Return the start of the day `text`, in UTC if no time zone is given. Raise InvalidInput if it is not a date."""
    if text is None:
        return None
    try:
        day = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is not a date for {option}", remedy="Write it as 2025-03-01") from error
    return day if day.tzinfo else day.replace(tzinfo=UTC)
