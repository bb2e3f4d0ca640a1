"""The command line, with one module per group of commands.

Only this package turns an error into an exit code and a line on stderr.
"""

from __future__ import annotations

import sys

from typer.exceptions import Abort, TyperException

from matcher.cli.accounts import accounts
from matcher.cli.alerts import alerts
from matcher.cli.app import app
from matcher.cli.bulk import bulk
from matcher.cli.evaluation import evaluate
from matcher.cli.imports import import_
from matcher.cli.ledger import ledger
from matcher.cli.operations import backup, doctor, restore
from matcher.cli.programme import programme
from matcher.cli.register import fetch, organisation, provenance, split
from matcher.cli.search import search
from matcher.cli.serve import serve
from matcher.cli.train import promote, train_command
from matcher.foundations.errors import InvalidInput, MatcherError

__all__ = ["app", "main"]

app.command("import")(import_)
app.command()(search)
app.command()(bulk)
app.command()(evaluate)
app.command()(serve)
app.command()(alerts)
app.add_typer(accounts)
app.command("train")(train_command)
app.command()(promote)
app.command()(backup)
app.command()(restore)
app.command()(doctor)
app.add_typer(ledger, name="ledger")
app.command()(fetch)
app.command()(provenance)
app.command()(split)
app.command()(organisation)
app.add_typer(programme)

# Exit codes: the work failed, or the command line was wrong.
_FAILED, _WRONG_CALL = 1, 2


def main() -> None:
    """Run the command line and exit with its exit code."""
    try:
        sys.exit(app(prog_name="matcher", standalone_mode=False))
    except TyperException as error:
        message = " ".join(error.format_message().split())
        if message:  # without a command, the message is empty, because Typer has printed the help
            print(f"error: {message.rstrip('.')}. For help, run: matcher --help", file=sys.stderr)
        sys.exit(_WRONG_CALL)
    except Abort:
        sys.exit(_FAILED)
    except MatcherError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        wrong_call = isinstance(error, InvalidInput) and error.place.file is None
        sys.exit(_WRONG_CALL if wrong_call else _FAILED)
    except BrokenPipeError:
        sys.exit(_FAILED)
