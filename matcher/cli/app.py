"""The Typer application that all commands belong to, and what they share: settings, consoles, progress bars, input."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from matcher.foundations import owner_only
from matcher.foundations.errors import InvalidInput
from matcher.foundations.settings import Settings
from matcher.records import Need, Profile
from matcher.search.engine import Announce
from matcher.sources.formats.jsonl import Rejected, read_records

R = TypeVar("R", Profile, Need)

app = typer.Typer(
    name="matcher",
    help="Find, rank and explain the partners that fit what the NHS needs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)


@app.callback()
def _options(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="Folder for the database and the index.", envvar="MATCHER_HOME", show_default=".matcher"),
    ] = None,
) -> None:
    owner_only.restrict_new_files()
    context.obj = settings_of(home)


def settings_of(home: Path | None = None) -> Settings:
    """Return the settings from the environment. If `home` is given, it replaces the home from the environment.

    Raises:
        InvalidInput: an environment variable holds an invalid value.

    """
    try:
        return Settings(home=home) if home is not None else Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        # Only the check of the access setting reads several settings together, so its errors have no location.
        name = f"MATCHER_{str(first['loc'][0] if first['loc'] else 'access').upper()}"
        raise InvalidInput(
            f"the setting {name} is not valid: {first['msg']}", remedy=f"Correct or unset {name}"
        ) from error


class _Rate(ProgressColumn):
    """Items per second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show progress bars on stderr with the count, the rate and the time left. Remove the bars at the end.

    If stderr is not a terminal, show no bars, so that stderr holds nothing but errors.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        yield bar


def announcing(bar: Progress, description: str) -> Announce:
    """Return a callback that an engine uses to show on `bar` how many passages it has encoded."""

    def announce(total: int) -> Callable[[int], None]:
        task = bar.add_task(description, total=total)
        return lambda done: bar.advance(task, done)

    return announce


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return `number` and `noun`, in the plural (by default with an s) unless `number` is 1."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def print_json(value: Any, *, default: Callable[[Any], Any] | None = None) -> None:
    """Print `value` as indented JSON on stdout. `default` converts values that JSON cannot represent."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=default))


def records_in(path: Path, kind: type[R]) -> list[R]:
    """Return the records in the file `path`, for a command that learns or measures.

    Invalid lines are skipped, and their number is reported on stderr.
    """
    rejected: list[Rejected] = []
    records = list(read_records(path, kind, on_rejected=rejected.append))
    if rejected:
        err.print(f"{path}: skipped {len(rejected)} lines; the first: {rejected[0].problem}")
    return records
