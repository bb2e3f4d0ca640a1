"""The application all commands belong to, and what they share: settings, consoles, progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from matcher.foundations.errors import InvalidInput
from matcher.foundations.settings import Settings
from matcher.search.engine import Announce

app = typer.Typer(
    name="matcher",
    help="Finds, ranks and explains the partners that fit what the NHS needs.",
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
        typer.Option(help="Folder of the database and the index.", envvar="MATCHER_HOME", show_default=".matcher"),
    ] = None,
) -> None:
    context.obj = settings_of(home)


def settings_of(home: Path | None = None) -> Settings:
    """Return the settings of the environment, with `home` in place of theirs where it is given.

    Raises:
        InvalidInput: a variable of the environment holds what its setting cannot be.

    """
    try:
        return Settings(home=home) if home is not None else Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        # What is wrong with several settings together is told of the access.
        name = f"MATCHER_{str(first['loc'][0] if first['loc'] else 'access').upper()}"
        raise InvalidInput(f"the setting {name} is wrong: {first['msg']}", remedy=f"Correct or unset {name}") from error


class _Rate(ProgressColumn):
    """How many are done in a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show bars on stderr with what is done, the rate and the time left; gone once the work is done.

    Where stderr is no terminal there are none, so that an error is the only line in it.
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
    """Return how an engine tells this bar of the passages it encodes."""

    def announce(total: int) -> Callable[[int], None]:
        task = bar.add_task(description, total=total)
        return lambda done: bar.advance(task, done)

    return announce
