"""Files of needs for tests: tables as people send them.

`files/needs.xls` and `files/locked.xlsx` (password "pw") are workbooks that no library of the tests can write.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import openpyxl

FILES: Final = Path(__file__).parent / "files"
_ODS: Final = "application/vnd.oasis.opendocument.spreadsheet"
_NAMESPACES: Final = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("manifest", "office", "style", "table", "text")
)


def csv_file(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def workbook_file(path: Path, rows: Sequence[Sequence[Any]], merged: str | None = None) -> Path:
    """Write an Excel workbook with `rows` in a sheet named "List"."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "List"
    for row in rows:
        sheet.append(list(row))
    if merged:
        sheet.merge_cells(merged)
    book.create_sheet("Notes").append(["nothing of interest"])
    with path.open("wb") as file:
        book.save(file)
    return path


def opendocument_file(path: Path, rows: Sequence[Sequence[str]], repeat: int = 1) -> Path:
    """Write an OpenDocument workbook with a hidden sheet and a sheet "List" that has each of `rows` `repeat` times."""
    table = "".join(
        f'<table:table-row table:number-rows-repeated="{repeat}">{_cells(row)}</table:table-row>' for row in rows
    )
    hidden = f"<table:table-row>{_cells(['Title', 'Value', 'Deadline'])}</table:table-row>"
    content = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document-content {_NAMESPACES} office:version="1.2">
<office:automatic-styles><style:style style:name="hidden" style:family="table"><style:table-properties
table:display="false"/></style:style></office:automatic-styles>
<office:body><office:spreadsheet><table:table table:name="Hidden" table:style-name="hidden">{hidden}</table:table>
<table:table table:name="List">{table}</table:table></office:spreadsheet></office:body></office:document-content>"""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _ODS, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", f"<manifest:manifest {_NAMESPACES}/>")
        archive.writestr("content.xml", content)
    return path


def _cells(row: Sequence[str]) -> str:
    return "".join(
        f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
        if cell
        else "<table:table-cell/>"
        for cell in row
    )


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
