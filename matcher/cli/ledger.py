"""`matcher ledger`: the decision record. Searches come into it by `matcher search --keep`."""

from __future__ import annotations

import json as json_format
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from matcher.bootstrap import opened_engine, opened_store
from matcher.cli.app import out, progress_bar
from matcher.foundations.errors import InvalidInput, Unavailable
from matcher.ledger import Answer, Decision, EntryContent, Event, Format, Ledger, Replay, exported

ledger = typer.Typer(
    help="The decision record: what was found, what was decided, kept and checked.", no_args_is_help=True
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Id = Annotated[str, typer.Argument(help="Id of a decision, such as d1.")]

# Something is not as it was recorded: the work failed.
_NOT_AS_RECORDED = 1
_MOST_SHOWN = 5


@ledger.command("list")
def list_(
    context: typer.Context,
    after: Annotated[int, typer.Option(min=0, help="Only decisions whose first entry is numbered above this.")] = 0,
    json: Json = False,
) -> None:
    """List the decisions, the oldest first."""
    with opened_store(context.obj) as store:
        decisions = Ledger(store).decisions(after=after)
        if json:
            typer.echo(json_format.dumps({"decisions": [one.to_json() for one in decisions]}, indent=2))
            return
        for one in decisions:
            said, state = one.opening.statement, "closed" if one.closed else "open"
            line = f"{said.recorded_at:%Y-%m-%d %H:%M} by {said.by}, {state}, need {escape(one.search.need.id)}"
            out.print(f"[bold]{one.id}[/bold] {line}", soft_wrap=True)


@ledger.command()
def show(context: typer.Context, id: Id, json: Json = False) -> None:
    """Show a decision: its search, the partners shown, and what was noted."""
    with opened_store(context.obj) as store:
        kept = Ledger(store)
        decision = kept.decision(id)
        answer = kept.answer(decision)
    if json:
        entries = [entry.to_json() for entry in (decision.opening, *decision.notes)]
        found = {"candidates": [*answer.candidates()], "excluded": answer.excluded_by()}
        typer.echo(json_format.dumps({**decision.to_json(), "entries": entries, **found}, indent=2, ensure_ascii=False))
    else:
        _show(decision, answer)


@ledger.command()
def note(
    context: typer.Context,
    id: Id,
    event: Annotated[Event, typer.Argument(help="What was decided; close ends the decision.")],
    by: Annotated[str, typer.Option(help="The organisation or key that acts, no person.")],
    profile: Annotated[str | None, typer.Argument(help="Id of the profile it is about; none with close.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why; required to reject.")] = None,
    json: Json = False,
) -> None:
    """Record what was decided on a candidate: shortlist, reject, invite, engage, award; or close the decision."""
    with opened_store(context.obj) as store:
        entry = Ledger(store).note(id, event, profile, by=by, reason=reason)
    if json:
        typer.echo(json_format.dumps(entry.to_json(), indent=2, ensure_ascii=False))
    else:
        out.print(f"Entry {entry.statement.number}, hash {entry.hash}", soft_wrap=True)


@ledger.command()
def verify(
    context: typer.Context,
    expect: Annotated[str | None, typer.Option(help="A hash noted earlier, to be found still.")] = None,
    json: Json = False,
) -> None:
    """Read and hash every entry again. Exit code 1 where anything is not as it was recorded."""
    with opened_store(context.obj) as store:
        found = Ledger(store).verify(expect)
    if json:
        typer.echo(json_format.dumps(found.to_json(), indent=2))
    elif found.whole:
        out.print(f"The ledger is whole: {found.entries:,} entries. The last hash, to note elsewhere:")
        out.print(found.hash, soft_wrap=True)
    else:
        for fault in found.faults:
            out.print(escape(str(fault)), soft_wrap=True)
    if not found.whole:
        raise typer.Exit(_NOT_AS_RECORDED)


@ledger.command()
def replay(
    context: typer.Context,
    id: Annotated[str | None, typer.Argument(help="Id of a decision, such as d1.")] = None,
    all: Annotated[bool, typer.Option("--all", help="Every decision.")] = False,
    json: Json = False,
) -> None:
    """Compute kept searches again from what they saw. Exit code 1 where anything differs."""
    if all == (id is not None):
        raise InvalidInput("name one decision or say --all", remedy="For example: matcher ledger replay d1")
    with opened_engine(context.obj) as engine, progress_bar() as bar:
        kept, done = Ledger(engine.store), []
        for one in bar.track(kept.replays(engine, None if id is None else [id]), description="Replaying"):
            done.append(one)
            if not json:
                _tell(one)
    if json:
        typer.echo(json_format.dumps({"replays": [one.to_json() for one in done]}, indent=2))
    if any(not one.identical for one in done):
        raise typer.Exit(_NOT_AS_RECORDED)


@ledger.command()
def export(
    context: typer.Context,
    format: Annotated[Format, typer.Option(help="How to write it.")] = Format.JSONL,
    out_file: Annotated[Path | None, typer.Option("--out", dir_okay=False, help="File; by default printed.")] = None,
) -> None:
    """Write every entry, with all candidates, scores and exclusions spelled out."""
    with opened_store(context.obj) as store:
        lines = exported(Ledger(store), format)
        if out_file is None:
            for line in lines:
                typer.echo(line, nl=False)
        else:
            _write(out_file, lines)


def _tell(replay: Replay) -> None:
    if replay.identical:
        out.print(f"{replay.decision}: identical")
    else:
        out.print(f"{replay.decision}: {len(replay.differences):,} differences", style="bold")
        for difference in replay.differences[:_MOST_SHOWN]:
            out.print(f"  {escape(str(difference))}", soft_wrap=True)
        if len(replay.differences) > _MOST_SHOWN:
            out.print("  … all of them with --json")
    for line in replay.notes:
        out.print(f"  [dim]{escape(line)}[/dim]", soft_wrap=True)


def _show(decision: Decision, answer: Answer) -> None:
    search, said = decision.search, decision.opening.statement
    when = f"{said.recorded_at:%Y-%m-%d %H:%M} UTC by {said.by}"
    out.print(f"[bold]{decision.id}[/bold] {when}, need {escape(search.need.id)}", soft_wrap=True)
    model = f"{search.model.name}-{search.model.version}"
    out.print(
        f"{search.eligible:,} of {search.considered:,} profiles eligible, {search.candidates:,} scored by {model}."
    )
    standing = decision.standing()
    for one in answer.candidates():
        id = one["profile_id"]
        if one["rank"] <= search.top or id in standing:
            state = f" · {standing[id].value}" if id in standing else ""
            out.print(f"{one['rank']:>4}. {escape(id)} {one['probability']:.1%}{state}", soft_wrap=True)
    for note in decision.notes:
        out.print(_line_of(note.statement), soft_wrap=True)


def _line_of(said: EntryContent) -> str:
    line = f"{said.recorded_at:%Y-%m-%d %H:%M} {said.event.value} {escape(said.profile or '')} by {said.by}"
    return f"{line}: {escape(said.reason)}" if said.reason else line


def _write(path: Path, lines: Iterator[str]) -> None:
    """Write `lines` beside `path`, then in its place: a file appears whole or not at all."""
    staging = path.with_name(f".{path.name}.part")
    try:
        with staging.open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
        staging.replace(path)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}", remedy="Choose another place") from error
    finally:
        with suppress(OSError):
            staging.unlink()
