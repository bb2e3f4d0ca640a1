"""`matcher ledger`: the decision record, in which `matcher search --keep` saves searches."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from matcher.bootstrap import opened_engine, opened_store
from matcher.cli.app import out, print_json, progress_bar
from matcher.cli.imports import update_index
from matcher.cli.options import Json
from matcher.foundations import atomic_files
from matcher.foundations.errors import InvalidInput, Unavailable
from matcher.ledger import Decision, EntryContent, Event, Format, Ledger, RecordedResult, Replay, export_lines
from matcher.store import RecordKind

ledger = typer.Typer(help="Show, verify and replay the decision record, and add events to it.", no_args_is_help=True)

DecisionId = Annotated[str, typer.Argument(help="Id of a decision, such as d1.")]

# The exit code if the ledger or a replay differs from what was recorded.
_DIFFERENT = 1
_MOST_SHOWN = 5


@ledger.command("list")
def list_(
    context: typer.Context,
    after: Annotated[
        int, typer.Option(min=0, help="Only decisions whose first entry has a number higher than this.")
    ] = 0,
    json: Json = False,
) -> None:
    """List the decisions, oldest first."""
    with opened_store(context.obj) as store:
        decisions = Ledger(store).decisions(after=after)
        if json:
            print_json({"decisions": [decision.to_json() for decision in decisions]})
            return
        for decision in decisions:
            opening, state = decision.opening.content, "closed" if decision.closed else "open"
            line = f"{_time(opening)} by {opening.by}, {state}, need {escape(decision.search.need.id)}"
            out.print(f"[bold]{decision.id}[/bold] {line}", soft_wrap=True)


@ledger.command()
def show(context: typer.Context, id: DecisionId, json: Json = False) -> None:
    """Show a decision: the search, the partners shown, and the events recorded."""
    with opened_store(context.obj) as store:
        record = Ledger(store)
        decision = record.decision(id)
        result = record.result(decision)
    if json:
        entries = [entry.to_json() for entry in (decision.opening, *decision.notes)]
        profiles = {"candidates": [*result.candidates()], "excluded": result.excluded_by()}
        report = {**decision.to_json(), "entries": entries, **profiles}
        print_json(report)
    else:
        _show(decision, result)


@ledger.command()
def note(
    context: typer.Context,
    id: DecisionId,
    event: Annotated[Event, typer.Argument(help="The event to record. To end the decision, use close.")],
    by: Annotated[str, typer.Option(help="The organisation or key that decided, not a person.")],
    profile: Annotated[str | None, typer.Argument(help="Id of the profile. Leave it out with close.")] = None,
    reason: Annotated[str | None, typer.Option(help="The reason. Required to reject.")] = None,
    json: Json = False,
) -> None:
    """Record an event for a candidate (shortlist, reject, invite, engage or award), or close the decision."""
    with opened_store(context.obj) as store:
        entry = Ledger(store).note(id, event, profile, by=by, reason=reason)
    if json:
        print_json(entry.to_json())
    else:
        out.print(f"Entry {entry.content.number}, hash {entry.hash}", soft_wrap=True)


class Words(StrEnum):
    """Whose words to erase a passage from."""

    DECISION = "decision"
    PROFILE = "profile"
    NEED = "need"


@ledger.command()
def redact(
    context: typer.Context,
    kind: Annotated[Words, typer.Argument(help="Whose words contain the passage: a decision, or a record's history.")],
    id: Annotated[str, typer.Argument(help="Id of the decision, profile or need.")],
    by: Annotated[str, typer.Option(help="The organisation or key that erases the passage, not a person.")],
    passage: Annotated[
        str | None, typer.Option(help="The passage, exactly as stored. By default, it is read from standard input.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="The reason, without the passage.")] = None,
    json: Json = False,
) -> None:
    """Erase a passage permanently, and record that it was erased. The ledger still verifies, and says so."""
    words = passage if passage is not None else typer.get_text_stream("stdin").read()
    with opened_store(context.obj) as store:
        record = Ledger(store)
        if kind is Words.DECISION:
            entry = record.redact_decision(id, words, by=by, reason=reason)
        else:
            entry = record.redact_history(RecordKind(kind.value), id, words, by=by, reason=reason)
            update_index(context.obj, store)
    if json:
        print_json(entry.to_json())
    else:
        texts = len(entry.content.redactions or ())
        out.print(f"Entry {entry.content.number}, hash {entry.hash}: {texts:,} texts redacted", soft_wrap=True)


@ledger.command()
def verify(
    context: typer.Context,
    expect: Annotated[
        str | None, typer.Option(help="A hash you noted earlier. It must still be in the ledger.")
    ] = None,
    json: Json = False,
) -> None:
    """Read and hash every entry again. The exit code is 1 if an entry is missing or altered."""
    with opened_store(context.obj) as store:
        verification = Ledger(store).verify(expect)
    if json:
        print_json(verification.to_json())
    elif verification.intact:
        for redaction in verification.redactions:
            out.print(escape(str(redaction)), soft_wrap=True)
        out.print(f"The ledger is intact: {verification.entries:,} entries. Keep a copy of the last hash elsewhere:")
        out.print(verification.hash, soft_wrap=True)
    else:
        for problem in verification.problems:
            out.print(escape(str(problem)), soft_wrap=True)
    if not verification.intact:
        raise typer.Exit(_DIFFERENT)


@ledger.command()
def replay(
    context: typer.Context,
    id: Annotated[str | None, typer.Argument(help="Id of a decision, such as d1.")] = None,
    all: Annotated[bool, typer.Option("--all", help="Replay every decision.")] = False,
    json: Json = False,
) -> None:
    """Run saved searches again on the data and model they used. The exit code is 1 if a result differs."""
    if all == (id is not None):
        raise InvalidInput("give one decision or --all", remedy="For example: matcher ledger replay d1")
    with opened_engine(context.obj) as engine, progress_bar() as bar:
        outcomes = Ledger(engine.store).replays(engine, None if id is None else [id])
        replays = []
        for outcome in bar.track(outcomes, description="Replaying"):
            replays.append(outcome)
            if not json:
                _print_replay(outcome)
    if json:
        print_json({"replays": [outcome.to_json() for outcome in replays]})
    if any(not outcome.identical for outcome in replays):
        raise typer.Exit(_DIFFERENT)


@ledger.command()
def export(
    context: typer.Context,
    format: Annotated[Format, typer.Option(help="The file format.")] = Format.JSONL,
    out_file: Annotated[
        Path | None, typer.Option("--out", dir_okay=False, help="File to write. By default, the export is printed.")
    ] = None,
) -> None:
    """Write every entry, with all the candidates, scores and excluded profiles from each search."""
    with opened_store(context.obj) as store:
        lines = export_lines(Ledger(store), format)
        if out_file is None:
            for line in lines:
                typer.echo(line, nl=False)
        else:
            _write(out_file, lines)


def _time(content: EntryContent) -> str:
    return f"{content.recorded_at:%Y-%m-%d %H:%M}"


def _print_replay(replay: Replay) -> None:
    if replay.identical:
        out.print(f"{replay.decision}: identical")
    else:
        out.print(f"{replay.decision}: {len(replay.differences):,} differences", style="bold")
        for difference in replay.differences[:_MOST_SHOWN]:
            out.print(f"  {escape(str(difference))}", soft_wrap=True)
        if len(replay.differences) > _MOST_SHOWN:
            out.print("  … to see all, add --json")
    for words in replay.redacted:
        out.print(f"  redacted since: {escape(words)}", soft_wrap=True)
    for line in replay.notes:
        out.print(f"  [dim]{escape(line)}[/dim]", soft_wrap=True)


def _show(decision: Decision, result: RecordedResult) -> None:
    search, opening = decision.search, decision.opening.content
    when = f"{_time(opening)} UTC by {opening.by}"
    out.print(f"[bold]{decision.id}[/bold] {when}, need {escape(search.need.id)}", soft_wrap=True)
    model = f"{search.model.name}-{search.model.version}"
    out.print(
        f"{search.eligible:,} of {search.considered:,} profiles eligible, {search.candidates:,} scored by {model}."
    )
    status = decision.status_by_profile()
    for candidate in result.candidates():
        id = candidate["profile_id"]
        if candidate["rank"] <= search.top or id in status:
            event = f" · {status[id].value}" if id in status else ""
            line = f"{candidate['rank']:>4}. {escape(id)} {candidate['probability']:.1%}{event}"
            out.print(line, soft_wrap=True)
    for note in decision.notes:
        out.print(_line_of(note.content), soft_wrap=True)


def _line_of(content: EntryContent) -> str:
    line = f"{_time(content)} {content.event.value} {escape(content.profile or '')} by {content.by}"
    return f"{line}: {escape(content.reason)}" if content.reason else line


def _write(path: Path, lines: Iterator[str]) -> None:
    """Write `lines` to a temporary file, then move the file to `path`, so that `path` is never incomplete."""
    try:
        with atomic_files.replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}", remedy="Choose another place") from error
