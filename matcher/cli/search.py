"""`matcher search`: the partners that fit a need, with reasons."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from matcher.bootstrap import opened_engine
from matcher.cli.app import announcing, out, progress_bar
from matcher.errors import InvalidInput
from matcher.records import Filters, Match, Need, SearchResult, parse

_QUOTE = 220
_REASONS = 4


def search(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(help="The need in your own words.")] = None,
    need: Annotated[str | None, typer.Option(help="Id of a stored need, in place of TEXT.")] = None,
    region: Annotated[
        list[str] | None, typer.Option(help="Only partners that cover it; repeat for any of several.")
    ] = None,
    sector: Annotated[list[str] | None, typer.Option(help="Only this sector; repeat for any of several.")] = None,
    accreditation: Annotated[
        list[str] | None, typer.Option(help="Held and in date; repeat for all of several.")
    ] = None,
    size: Annotated[str | None, typer.Option(help="sme or large.")] = None,
    identifier: Annotated[
        list[str] | None, typer.Option(help="charity, company, cqc, ods, ppon, or charity:NUMBER.")
    ] = None,
    min_turnover: Annotated[float | None, typer.Option(help="Pounds a year, at least.")] = None,
    max_turnover: Annotated[float | None, typer.Option(help="Pounds a year, at most.")] = None,
    changed_since: Annotated[int | None, typer.Option(help="Only profiles revised after this sequence number.")] = None,
    ignore_requirements: Annotated[bool, typer.Option(help="Rank those too who miss what the need requires.")] = False,
    top: Annotated[int, typer.Option(min=1, max=10_000, help="How many partners to show.")] = 10,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Rank the partners that fit a need, in words or stored, and say why."""
    if (text is None) == (need is None):
        raise InvalidInput(
            "give the need either in words or by --need ID", remedy='For example: matcher search "falls prevention"'
        )
    chosen = {
        "regions": region or (),
        "sectors": sector or (),
        "accreditations": accreditation or (),
        "size": size,
        "identifiers": identifier or (),
        "min_turnover": min_turnover,
        "max_turnover": max_turnover,
        "changed_since": changed_since,
    }
    filters = parse(Filters, {name: value for name, value in chosen.items() if value is not None})
    with opened_engine(context.obj) as engine:
        wanted = Need.of_text(text) if text is not None else engine.store.need(str(need)).record
        with progress_bar() as bar:
            engine.index(announcing(bar, "Encoding new passages"))
        engine.save()
        result = engine.search(wanted, filters, top=top, apply_requirements=not ignore_requirements)
    if json:
        typer.echo(result.model_dump_json(indent=2))
    else:
        show(wanted, result)


def show(need: Need, result: SearchResult) -> None:
    """Print a search result as a table with reasons."""
    out.print(f"\n[bold]{escape(need.title)}[/bold]")
    out.print(_summary(result))
    if not result.results:
        out.print("No partner passes the filters. Loosen one, or see who comes near with --ignore-requirements.\n")
        return
    table = Table(show_lines=True, expand=True, pad_edge=False)
    table.add_column("#", justify="right")
    table.add_column("Partner", ratio=2, overflow="fold")
    table.add_column("Score", justify="right")
    table.add_column("Why", ratio=6, overflow="fold")
    for match in result.results:
        table.add_row(str(match.rank), _partner(match), f"{match.score:.3f}", _reasons(match))
    out.print(table)


def _summary(result: SearchResult) -> str:
    text = f"{result.eligible:,} of {result.considered:,} profiles are eligible and were searched in full."
    if result.excluded:
        text += (
            " Left out by filter: " + ", ".join(f"{name} {count:,}" for name, count in result.excluded.items()) + "."
        )
    return text


def _partner(match: Match) -> str:
    sector = match.sector.value.replace("_", " ")
    return f"[bold]{escape(match.name)}[/bold]\n{sector}\n[dim]{escape(match.profile_id)}[/dim]"


def _reasons(match: Match) -> str:
    largest = sorted(match.contributions.items(), key=lambda part: -abs(part[1]))[:_REASONS]
    lines = [" · ".join(f"{name} {value:+.3f}" for name, value in largest if value)]
    for quote in match.evidence:
        text = quote.text if len(quote.text) <= _QUOTE else quote.text[:_QUOTE].rsplit(" ", 1)[0] + " …"
        lines.append(f"“{escape(' '.join(text.split()))}” [dim]{escape(quote.source)}[/dim]")
    return "\n".join(lines)
