"""`matcher backup`, `restore` and `doctor`: keeping an installation in health."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from matcher.bootstrap import opened_store
from matcher.cli.app import out
from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.settings import Settings
from matcher.operations import examine
from matcher.store.backup import back_up
from matcher.store.backup import restore as put_back


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="File to write; it holds contact data, so keep it safe.")],
    replace: Annotated[bool, typer.Option(help="Write over a file that is there.")] = False,
) -> None:
    """Write the whole register to one file, while it is in use."""
    if file.exists() and not replace:
        raise InvalidInput(
            "is there already", remedy="Name another file, or add --replace", place=Place(file=str(file))
        )
    settings: Settings = context.obj
    with opened_store(settings):  # made, upgraded and reachable
        back_up(settings.store_url, file)
    out.print(f"{file}: {file.stat().st_size:,} bytes")


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file that matcher backup wrote.")],
    replace: Annotated[
        bool, typer.Option(help="Take the place of a register that is not empty; it is backed up first.")
    ] = False,
) -> None:
    """Put a backup in the place of the register."""
    settings: Settings = context.obj
    with opened_store(settings) as store:
        holds_something = store.sequence() > 0
    if holds_something and not replace:
        raise InvalidInput(
            "the register is not empty, and restoring takes its place",
            remedy="Add --replace: what is there now is backed up first",
        )
    if holds_something:
        before = settings.home / "backups" / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        back_up(settings.store_url, before)
        out.print(f"What was there is kept in {before}")
    put_back(file, settings.store_url)
    with opened_store(settings) as store:
        held = store.counts()
    out.print(f"Restored: {held['profiles']:,} profiles, {held['needs']:,} needs")


def doctor(context: typer.Context, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Look at every part of the installation and say what is wrong and what to do."""
    checks = examine(context.obj)
    if json:
        out.print_json(json_format.dumps([asdict(check) for check in checks]))
    else:
        table = Table("", "", Column(overflow="fold"), show_header=False, box=None, pad_edge=False)
        for check in checks:
            table.add_row("well" if check.well else "[bold]not well[/bold]", check.name, check.said)
        out.print(table)
    if not all(check.well for check in checks):
        raise typer.Exit(1)
