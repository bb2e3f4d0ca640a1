"""Excel 97-2003 (.xls) and OpenDocument (.ods) workbooks, read by calamine.

Formulas are never evaluated. For a formula, calamine returns the saved value. The cell is empty if no value is saved
or, in an .xls file, if the saved value is an error.

Calamine holds a whole sheet in memory, and a damaged workbook can make it abort. So a caller that must survive reads
workbooks in a process of its own; see `matcher/programme/needs/reading/`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from matcher.programme.needs.conversion import Cell
from matcher.programme.needs.workbooks.errors import locked_workbook, unreadable_workbook

# The name under which an OLE file holds a password-protected .xlsx workbook.
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")


class CalamineBook:
    """An open workbook. `names` are the names of all its sheets, and `visible` those that are not hidden."""

    def __init__(self, path: Path, workbook: Any) -> None:
        from python_calamine import SheetVisibleEnum

        self._path, self._workbook = path, workbook
        self.names: list[str] = list(workbook.sheet_names)
        self.visible = [meta.name for meta in workbook.sheets_metadata if meta.visible is SheetVisibleEnum.Visible]

    def rows(self, sheet: str) -> Iterator[tuple[int, list[Cell]]]:
        """Yield the rows of `sheet`, numbered from 1. If cells are merged, only the first has a value.

        Raises:
            InvalidInput: the sheet cannot be read.

        """
        with _errors_explained(self._path):
            rows = self._workbook.get_sheet_by_name(sheet).iter_rows()
        for number, row in enumerate(rows, start=1):
            yield number, [_cell(value) for value in row]


@contextmanager
def opened(path: Path, ending: str) -> Iterator[CalamineBook]:
    """Open the workbook at `path`, which is a file of the kind that `ending` names: "xls" or "ods".

    Raises:
        InvalidInput: the workbook cannot be read.

    """
    from python_calamine import CalamineWorkbook

    with TemporaryDirectory() as folder:
        # Calamine relies on the file extension, which may be wrong, so it is given a link with the right extension.
        link = Path(folder) / f"workbook.{ending}"
        link.symlink_to(path.absolute())
        with _errors_explained(path):
            workbook = CalamineWorkbook.from_path(link)
        with workbook:
            yield CalamineBook(path, workbook)


@contextmanager
def _errors_explained(path: Path) -> Iterator[None]:
    """Turn the errors that a damaged workbook can cause into `InvalidInput`, except those that end the process."""
    from python_calamine import CalamineError, PasswordError

    try:
        yield
    except PasswordError as error:
        raise locked_workbook(path) from error
    except (CalamineError, OSError, ValueError) as error:
        if _ENCRYPTED in path.read_bytes():
            raise locked_workbook(path) from error
        raise unreadable_workbook(path, "a workbook", str(error)) from error
    except BaseException as error:
        # A panic of the Rust library. Its class cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise unreadable_workbook(path, "a workbook", "it is damaged") from error


def _cell(value: Any) -> Cell:
    if value == "":
        return None
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value if isinstance(value, str | int | float | bool) else str(value)
