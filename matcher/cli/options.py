"""Options and arguments that several commands share."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from matcher.records.vocabulary import CURRENT_SECTORS


def input_file(help: str) -> Any:
    """Return the declaration of an option that names an existing file."""
    return typer.Option(exists=True, dir_okay=False, help=help)


def output_folder(help: str) -> Any:
    """Return the declaration of the option --out, which names a folder to write to."""
    return typer.Option("--out", file_okay=False, help=help)


Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Scheduler = Annotated[
    str | None,
    typer.Option(help="Address of a Dask scheduler, tcp://host:port. By default, the cores of this machine are used."),
]
IgnoreRequirements = Annotated[bool, typer.Option(help="Include partners that do not meet the need's requirements.")]
RegionFilter = Annotated[
    list[str] | None,
    typer.Option(
        help="Only partners that work in this region. Also a region of NHS England, or an ONS, ITL or ODS code. Repeat "
        "to accept any of several."
    ),
]
IncludeUnknown = Annotated[
    bool, typer.Option("--include-unknown", help="With a region: include partners whose place is not known.")
]
SectorFilter = Annotated[
    list[str] | None,
    typer.Option(
        help=f"Only partners of this kind: {', '.join(CURRENT_SECTORS)}. vcse finds charities, social enterprises, "
        "CICs, mutuals and groups. Repeat to accept any of several."
    ),
]
AccreditationFilter = Annotated[
    list[str] | None,
    typer.Option(help="Only partners with an unexpired accreditation of this kind. Repeat to require several."),
]
SizeFilter = Annotated[str | None, typer.Option(help="Only partners of this size: sme or large.")]
