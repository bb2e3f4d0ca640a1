"""Basic company data from Companies House: one or more CSV files with a row for each live company in the UK.

The columns are described in https://resources.companieshouse.gov.uk/toolsToHelp/pdf/freeDataProductDataset.pdf. Some
column names begin with a space. The register has five million companies, in every trade. Companies whose SIC codes are
in health or social care, and community interest companies, become suppliers. Data about any other company is used only
if the company is already known as a supplier.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from matcher.foundations.register_numbers import one_form
from matcher.records.vocabulary import Sector
from matcher.sources.formats.items import Item
from matcher.sources.register_rows import Cells, RowContext, parse_day, read_register
from matcher.sources.statement import Statement, Tally

# Divisions in the Standard Industrial Classification 2007: human health, residential care and social work.
SUPPLIER_DIVISIONS: Final = ("86", "87", "88")
_CIC: Final = "community interest company"
_ENDED: Final = ("dissolved", "liquidation", "converted / closed", "receivership")


def read(path: Path, source: str, tally: Tally) -> Iterator[Item[list[Statement]]]:
    """Yield a statement about each company. Raises the same errors as `read_register`."""
    yield from read_register(path, source, ("companyname", "companynumber"), _statements, tally)


def _statements(cells: Cells, row: RowContext) -> list[Statement]:
    stated = cells.get("companynumber", "")
    number = one_form("company", stated) or stated.zfill(8)
    trades = [text for n in range(1, 5) if (text := cells.get(f"siccode.sictext_{n}")) and text != "None Supplied"]
    is_cic = cells.get("companycategory", "").lower() == _CIC
    fields = {
        "name": cells.get("companyname"),
        "sector": Sector.CIC.value if is_cic else None,
        "identifiers": {"company": number},
        "postcode": cells.get("regaddress.postcode"),
        "capabilities": [{"title": "Activities", "description": _without_codes(trades)}] if trades else [],
    }
    return [
        row.statement(
            number,
            fields,
            place=f"company {number}",
            stated=parse_day(cells.get("confstmtlastmadeupdate")) or parse_day(cells.get("incorporationdate")),
            ended=cells.get("companystatus", "").lower().startswith(_ENDED),
            known_only=not is_cic and not any(text.startswith(SUPPLIER_DIVISIONS) for text in trades),
        )
    ]


def _without_codes(trades: list[str]) -> str:
    """Return the trades without their codes: "86900 - Other" becomes "Other"."""
    return "; ".join(text.partition(" - ")[2] or text for text in trades)
