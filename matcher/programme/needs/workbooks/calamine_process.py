"""Prints an .xls or .ods workbook as JSON: `python calamine_process.py PATH MAX_BYTES [SHEET]`.

The first line holds the names of all sheets and the names of the visible sheets. SHEET is the name of a sheet, as
a JSON string. If the workbook has this sheet, one line follows for each row of the sheet.

`calamine_rows` runs this file as a separate process, because calamine holds a whole workbook in memory and a damaged
workbook can make calamine abort the process. MAX_BYTES limits the memory of the process, if the system allows it.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import datetime
from typing import Any

from python_calamine import CalamineWorkbook, SheetVisibleEnum


def main(path: str, max_bytes: int, sheet: str | None) -> None:
    """Print the workbook at `path`."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (max_bytes, max_bytes))
    with CalamineWorkbook.from_path(path) as workbook:
        visible = [meta.name for meta in workbook.sheets_metadata if meta.visible is SheetVisibleEnum.Visible]
        print(json.dumps({"all": workbook.sheet_names, "visible": visible}))
        if sheet in workbook.sheet_names:
            for row in workbook.get_sheet_by_name(sheet).iter_rows():
                print(json.dumps([None if cell == "" else cell for cell in row], default=_text))


def _text(cell: Any) -> str:
    return cell.date().isoformat() if isinstance(cell, datetime) else str(cell)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]) if len(sys.argv) > 3 else None)
