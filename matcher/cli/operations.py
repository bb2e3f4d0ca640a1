"""`matcher backup`, `restore` and `doctor`: back up, restore and check an installation."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from matcher.bootstrap import opened_store
from matcher.cli.app import out, print_json
from matcher.cli.options import Json
from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.settings import Settings
from matcher.operations import delete_old_copies, run_checks
from matcher.operations import restore as restore_backup
from matcher.store.backup import back_up


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="File to write. It contains contact details, so keep it safe.")],
    replace: Annotated[bool, typer.Option(help="Overwrite an existing file.")] = False,
) -> None:
    """Write the complete register to one file. The register may be in use at the time."""
    if file.exists() and not replace:
        raise InvalidInput(
            "already exists", remedy="Choose another file, or add --replace", place=Place(file=str(file))
        )
    settings: Settings = context.obj
    with opened_store(settings):  # creates or upgrades the database, and checks that it can be reached
        back_up(settings.store_url, file)
    delete_old_copies(settings)
    out.print(f"{file}: {file.stat().st_size:,} bytes")


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file written by matcher backup.")],
    replace: Annotated[bool, typer.Option(help="Replace a register that is not empty. It is backed up first.")] = False,
) -> None:
    """Replace the register with a backup, and repeat the erasures made since the backup."""
    settings: Settings = context.obj
    with opened_store(settings) as store:
        empty = store.sequence() == 0
    if not empty and not replace:
        raise InvalidInput(
            "the register is not empty",
            remedy="To replace it, add --replace; the current register is backed up first",
        )
    if not empty:
        previous = settings.backups_folder / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        back_up(settings.store_url, previous)
        out.print(f"The previous register is backed up in {previous}")
    restored = restore_backup(settings, file)
    delete_old_copies(settings)
    out.print(f"Restored: {restored.profiles:,} profiles, {restored.needs:,} needs")
    if restored.erased:
        out.print(f"Erased again, because they were erased after the backup was made: {restored.erased:,}")


def doctor(context: typer.Context, json: Json = False) -> None:
    """Check every part of the installation, and give a remedy for each problem. The exit code is 1 if a check fails."""
    checks = run_checks(context.obj)
    if json:
        print_json([check.to_json() for check in checks])
    else:
        table = Table("", "", Column(overflow="fold"), show_header=False, box=None, pad_edge=False)
        for check in checks:
            table.add_row("ok" if check.ok else "[bold]problem[/bold]", check.name, check.message)
        out.print(table)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)
