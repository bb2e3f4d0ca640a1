"""Report: the figures for a programme as a self-contained web page, for a board to read."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from matcher.programme.results.charts import WIDTH, coverage_chart, in_demand_chart, mix_chart
from matcher.programme.results.figures import LEVELS, MAX_GAPS, NO_ICB, ProgrammeFigures, level_name
from matcher.records.policy import POSSIBLE_FROM, STRONG_FROM
from matcher.records.vocabulary import sector_name

_FOLDER: Final = Path(__file__).resolve().parent / "templates"
_MEANINGS: Final = {
    "strong": f"The best match has a probability of {STRONG_FROM:.0%} or more.",
    "possible": f"The best match has a probability of {POSSIBLE_FROM:.0%} or more.",
    "unlikely": f"Suppliers are eligible, but the best match has a probability below {POSSIBLE_FROM:.0%}.",
    "nobody": "No supplier in the register passes the filters and meets the requirements.",
}


def report_page(figures: ProgrammeFigures, notes: tuple[str, ...] = ()) -> str:
    """Return the report as HTML, without scripts or external resources, and with all supplied text escaped."""
    pages = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["sector"] = sector_name
    pages.filters["level"] = level_name
    icbs = tuple(line for line in figures.by_icb if line.group != NO_ICB)
    return pages.get_template("report.html.j2").render(
        f=figures,
        notes=notes,
        levels=LEVELS,
        meanings=_MEANINGS,
        width=WIDTH,
        max_gaps=MAX_GAPS,
        icbs=icbs,
        charts={
            "overall": coverage_chart([figures.overall]),
            "region": coverage_chart(figures.by_region),
            "icb": coverage_chart(icbs),
            "theme": coverage_chart(figures.by_theme),
            "sectors": mix_chart(figures.sectors),
            "sizes": mix_chart(figures.sizes),
            "in_demand": in_demand_chart(figures.sought),
        },
    )
