"""Companies House's basic company data: one CSV file or several, a row a live company of the United Kingdom.

Columns: https://resources.companieshouse.gov.uk/toolsToHelp/pdf/freeDataProductDataset.pdf; some names in the file
have a blank before them. The register holds five million companies of all trades. Those in health and social
care by their SIC codes, and community interest companies, become suppliers; any other only adds to a supplier
that is known already.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from matcher.records.vocabulary import Sector
from matcher.sources.register_rows import Cells, Spoken, day, read_register, statement
from matcher.sources.statement import Origin, Source, Statement, Tally

# Divisions of the Standard Industrial Classification 2007: human health, residential care, social work.
SUPPLIER_DIVISIONS: Final = ("86", "87", "88")
_CIC: Final = "community interest company"
_ENDED: Final = ("dissolved", "liquidation", "converted / closed", "receivership")


def read(path: Path, tally: Tally) -> Iterator[Spoken]:
    """Yield what each company's row says; raises as `read_register`."""
    yield from read_register(path, ("companyname", "companynumber"), _speak, tally)


def _speak(cells: Cells, origin: Origin, tally: Tally) -> list[Statement]:
    number = cells.get("companynumber", "").zfill(8)
    trades = [text for n in range(1, 5) if (text := cells.get(f"siccode.sictext_{n}")) and text != "None Supplied"]
    cic = cells.get("companycategory", "").lower() == _CIC
    fields = {
        "name": cells.get("companyname"),
        "sector": Sector.CIC.value if cic else None,
        "identifiers": {"company": number},
        "postcode": cells.get("regaddress.postcode"),
        "capabilities": [{"title": "Activities", "description": _trades(trades)}] if trades else [],
    }
    status = cells.get("companystatus", "").lower()
    stated = day(cells.get("confstmtlastmadeupdate")) or day(cells.get("incorporationdate"))
    return [
        statement(
            Source.COMPANIES_HOUSE,
            number,
            fields,
            Origin(origin.file, f"company {number}", stated),
            tally,
            ended=status.startswith(_ENDED),
            known_only=not cic and not any(text.startswith(SUPPLIER_DIVISIONS) for text in trades),
        )
    ]


def _trades(texts: list[str]) -> str:
    """Return the trades in words: "86900 - Other human health activities" without its code."""
    return "; ".join(text.partition(" - ")[2] or text for text in texts)
