"""Files of needs for tests: tables as people send them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl


def csv_file(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def workbook_file(path: Path, rows: Sequence[Sequence[Any]], merged: str | None = None) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "List"
    for row in rows:
        sheet.append(list(row))
    if merged:
        sheet.merge_cells(merged)
    book.create_sheet("Notes").append(["nothing of interest"])
    book.save(path)
    return path


HOSTILE = """Programme of needs,,
Ref,Title,Value
a,Falls clinic,100
a,Falls again,100
b,,100
c,"Unquoted"oddly,100
d,Memory clinic,lots
e,=HYPERLINK("x"),'=1
,Meals,
f,Too few
"""
