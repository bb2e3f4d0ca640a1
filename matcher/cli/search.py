"""`matcher search`: the partners that fit a need, with reasons."""

from __future__ import annotations

from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from matcher.bootstrap import opened_engine
from matcher.cli.app import announcing, out, print_json, progress_bar
from matcher.cli.options import (
    AccreditationFilter,
    IgnoreRequirements,
    IncludeUnknown,
    Json,
    RegionFilter,
    SectorFilter,
    SizeFilter,
)
from matcher.foundations.errors import InvalidInput
from matcher.index.eligibility import PLACE_NOT_KNOWN
from matcher.ledger import Ledger
from matcher.records import Filters, Match, Need, SearchResult, Sector, Size, parse
from matcher.records.vocabulary import sector_name
from matcher.texts.excerpts import excerpt

# A console narrower than this has no room for a table.
_TABLE_WIDTH: Final = 100
_PARTNER_WIDTH: Final = 28
# The maximum number of characters to show from a quote.
_QUOTE: Final = 220
_SIZES: Final = {Size.SME: "small or medium", Size.LARGE: "large"}


def search(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(help="The need, in your own words.")] = None,
    need: Annotated[str | None, typer.Option(help="Id of a stored need, instead of TEXT.")] = None,
    region: RegionFilter = None,
    include_unknown: IncludeUnknown = False,
    sector: SectorFilter = None,
    accreditation: AccreditationFilter = None,
    size: SizeFilter = None,
    identifier: Annotated[
        list[str] | None,
        typer.Option(
            help="Only partners with an identifier of this kind: charity, company, cqc, ods or ppon. To ask for one "
            "number, write it as in charity:NUMBER. Repeat to require several."
        ),
    ] = None,
    min_turnover: Annotated[float | None, typer.Option(help="Minimum turnover, in pounds a year.")] = None,
    max_turnover: Annotated[float | None, typer.Option(help="Maximum turnover, in pounds a year.")] = None,
    changed_since: Annotated[int | None, typer.Option(help="Only profiles revised after this sequence number.")] = None,
    ignore_requirements: IgnoreRequirements = False,
    top: Annotated[int, typer.Option(min=1, max=10_000, help="Number of partners to show.")] = 10,
    parts: Annotated[
        bool, typer.Option("--parts", help="Also show the parts of each score and the passages of the profile.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Save the search in the ledger as a new decision.")] = False,
    by: Annotated[
        str | None, typer.Option(help="With --keep: the organisation or key that saves the search, not a person.")
    ] = None,
    json: Json = False,
) -> None:
    """Rank the partners that fit a need, with reasons. Describe the need or give its id."""
    if (text is None) == (need is None):
        raise InvalidInput(
            "give either a description of the need or --need ID",
            remedy='For example: matcher search "falls prevention"',
        )
    if keep != (by is not None):
        raise InvalidInput(
            "--keep and --by must be given together", remedy="For example: matcher search --keep --by icb-qwo …"
        )
    values = {
        "regions": region or (),
        "include_unknown": include_unknown,
        "sectors": sector or (),
        "accreditations": accreditation or (),
        "size": size,
        "identifiers": identifier or (),
        "min_turnover": min_turnover,
        "max_turnover": max_turnover,
        "changed_since": changed_since,
    }
    filters = parse(Filters, {name: value for name, value in values.items() if value is not None})
    with opened_engine(context.obj) as engine:
        stored = engine.store.need(str(need)) if text is None else None
        query = Need.from_text(str(text)) if stored is None else stored.record
        with progress_bar() as bar:
            engine.index(announcing(bar, "Encoding new passages"))
        engine.save()
        if by is None:
            entry = None
            result = engine.search(query, filters, top=top, apply_requirements=not ignore_requirements)
        else:
            ledger, applied = Ledger(engine.store), not ignore_requirements
            entry, result = ledger.save(engine, stored or query, filters, by=by, top=top, apply_requirements=applied)
    if json:
        saved = {} if entry is None else {"decision": entry.content.decision, "hash": entry.hash}
        print_json({**result.model_dump(mode="json"), **saved})
        return
    show(query, result, parts=parts)
    if entry is not None:
        out.print(f"Saved as decision [bold]{entry.content.decision}[/bold], hash {entry.hash}", soft_wrap=True)


_NONE_ELIGIBLE: Final = (
    "No partner passes the filters. Remove a filter, or include partners that do not meet the need's requirements "
    "with --ignore-requirements."
)
_EMPTY: Final = "The register is empty. Import profiles with: matcher import profiles FILE"


def show(need: Need, result: SearchResult, console: Console = out, *, parts: bool = False) -> None:
    """Print a search result with reasons, as a table, or as a list if the console is narrow or an id is long.

    If `parts`, also print the parts of each score and the quoted passages.
    """
    console.print(f"\n[bold]{escape(need.title)}[/bold]")
    console.print(_summary(result))
    if not result.results:
        console.print(f"{_NONE_ELIGIBLE if result.considered else _EMPTY}\n")
        return
    console.print(f"[bold]{result.verdict}[/bold]")
    longest_id = max(len(match.profile_id) for match in result.results)
    if console.width < _TABLE_WIDTH or longest_id > _TABLE_WIDTH // 2:
        _print_list(result, console, parts)
    else:
        _print_table(result, console, max(longest_id, _PARTNER_WIDTH), parts)


def _print_table(result: SearchResult, console: Console, partner_width: int, parts: bool) -> None:
    table = Table(show_lines=True, expand=True, pad_edge=False)
    table.add_column("#", justify="right")
    table.add_column("Partner", width=partner_width)
    table.add_column("Fit")
    table.add_column("Why", ratio=1, overflow="fold")
    for match in result.results:
        partner = f"[bold]{escape(match.name)}[/bold]\n{_kind_and_place(match)}\n[dim]{escape(match.profile_id)}[/dim]"
        table.add_row(str(match.rank), partner, _fit(match), "\n".join(_why(match, parts)))
    console.print(table)


def _print_list(result: SearchResult, console: Console, parts: bool) -> None:
    for match in result.results:
        console.print(f"\n[bold]{match.rank}. {escape(match.name)}[/bold]")
        console.print(Padding(_kind_and_place(match), (0, 0, 0, 3), expand=False))
        # Not wrapped, so that the id can be copied.
        console.print(f"   {_fit(match)} · [dim]{escape(match.profile_id)}[/dim]", soft_wrap=True)
        for reason in _why(match, parts):
            console.print(Padding(reason, (0, 0, 0, 3), expand=False))


def _summary(result: SearchResult) -> str:
    text = f"{result.eligible:,} of {result.considered:,} profiles are eligible and were searched in full."
    if result.excluded:
        counts = (
            f"{name.replace('_', ' ')} {count:,}"
            for name, count in result.excluded.items()
            if count or name != PLACE_NOT_KNOWN
        )
        text += " Left out by filter: " + ", ".join(counts) + "."
    if result.excluded.get(PLACE_NOT_KNOWN):
        text += " To include partners whose place is not known, add --include-unknown."
    return text


def _fit(match: Match) -> str:
    return f"{match.band.value} {match.probability:.1%}"


def _kind_and_place(match: Match) -> str:
    """Return the kind of organisation, its size if known, and where it works."""
    kind = "kind not known" if match.sector is Sector.UNKNOWN else sector_name(match.sector).lower()
    # Two of the kinds include the size.
    size = _SIZES[match.size] if match.size and match.sector not in (Sector.SME, Sector.LARGE) else ""
    return " · ".join(filter(None, (kind, size, match.place or "place not known")))


def _why(match: Match, parts: bool) -> list[str]:
    """Return one line per reason. If `parts`, add one line with the parts of the score and one line per quote."""
    lines = [escape(reason) for reason in match.reasons]
    if parts:
        lines.append(f"[dim]{' · '.join(_parts(match))}[/dim]")
        for quote in match.evidence:
            lines.append(f"“{escape(excerpt(quote.text, _QUOTE))}” [dim]{escape(quote.source)}[/dim]")
    return lines


def _parts(match: Match) -> list[str]:
    """Return the parts of the score that are not 0, those that change it most first, such as "meaning +2.31"."""
    parts = sorted(match.contributions.items(), key=lambda part: -abs(part[1]))
    return [f"{name.replace('_', ' ')} {value:+.2f}" for name, value in parts if value]
