"""Small workbooks that would take hours or gigabytes to read without limits."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Final

import xlsxwriter

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_HEADER: Final = '<row r="1"><c r="A1" t="inlineStr"><is><t>Title</t></is></c></row>'
# How many repeated elements are written in one piece.
_PIECE: Final = 10_000


def far_row(number: int = 99_999_999_999) -> bytes:
    """Return a workbook with one need in the row with this `number`."""
    return _with_sheet([f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>Falls</t></is></c></row>'])


def last_column(rows: int) -> bytes:
    """Return a workbook with a cell in the last column of each of `rows` rows."""
    return _with_sheet(f'<row r="{number}"><c r="XFD{number}"><v>1</v></c></row>' for number in range(2, rows + 2))


def empty_rows(rows: int) -> bytes:
    """Return a workbook with `rows` rows without cells."""
    return _with_sheet(_repeated("<row/>", rows))


def empty_cells(cells: int) -> bytes:
    """Return a workbook with `cells` cells without values, 1,000 in each row."""
    return _with_sheet(_repeated("<row>" + "<c/>" * 1_000 + "</row>", cells // 1_000, piece=10))


def shared_strings(count: int) -> bytes:
    """Return a workbook with `count` shared strings, all empty."""
    return _with_sheet([], _repeated("<si><t/></si>", count))


def repeated_text(characters: int, rows: int) -> bytes:
    """Return a workbook in which each of `rows` rows has the same text of `characters` characters."""
    text = "<c t='s'><v>0</v></c>"
    return _with_sheet(_repeated(f"<row>{text}</row>", rows), [f"<si><t>{'Falls ' * (characters // 6)}</t></si>"])


def many_styles(count: int) -> bytes:
    """Return a workbook with `count` cell formats."""
    style = "<xf numFmtId='0' fontId='0' fillId='0' borderId='0'/>"
    pieces = (f'<styleSheet xmlns="{_MAIN}"><cellXfs>', *_repeated(style, count), "</cellXfs></styleSheet>")
    return _with_parts({"xl/styles.xml": pieces})


def entities() -> bytes:
    """Return a workbook whose styles are entities that double 60 times."""
    names = [f"<!ENTITY e{n} '&e{n - 1};&e{n - 1};'>" for n in range(1, 60)]
    head = f"<!DOCTYPE x [<!ENTITY e0 'falls'>{''.join(names)}]>"
    return _with_parts({"xl/styles.xml": [head, f'<styleSheet xmlns="{_MAIN}">&e59;</styleSheet>']})


def many_sheets(count: int) -> bytes:
    """Return a workbook with `count` sheets."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        for number in range(count):
            book.add_worksheet(f"S{number}").write_string(0, 0, "Title")
    return file.getvalue()


def _with_sheet(rows: Iterable[str], strings: Iterable[str] = ()) -> bytes:
    return _with_parts(
        {
            "xl/worksheets/sheet1.xml": (
                piece
                for pieces in ([f'<worksheet xmlns="{_MAIN}"><sheetData>{_HEADER}'], rows, ["</sheetData></worksheet>"])
                for piece in pieces
            ),
            "xl/sharedStrings.xml": (
                piece for pieces in ([f'<sst xmlns="{_MAIN}">'], strings, ["</sst>"]) for piece in pieces
            ),
        }
    )


def _with_parts(parts: dict[str, Iterable[str]]) -> bytes:
    """Return a workbook of one sheet with some of its parts replaced."""
    plain, file = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(plain) as book:
        book.add_worksheet().write_string(0, 0, "Title")
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            with archive.open(name, "w", force_zip64=True) as part:
                for piece in parts.get(name, [source.read(name).decode()]):
                    part.write(piece.encode())
    return file.getvalue()


def _repeated(text: str, times: int, piece: int = _PIECE) -> Iterator[str]:
    for _ in range(times // piece):
        yield text * piece
    yield text * (times % piece)
