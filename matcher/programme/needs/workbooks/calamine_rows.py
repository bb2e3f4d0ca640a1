"""Rows of Excel 97-2003 (.xls) and OpenDocument (.ods) workbooks, read by calamine in a separate process.

Formulas are never evaluated. For a formula, calamine returns the saved value. The cell is empty if no value is saved
or, in an .xls file, if the saved value is an error.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Final

from matcher.foundations.errors import InvalidInput
from matcher.programme.needs.delimited import TableRow
from matcher.programme.needs.workbooks.errors import (
    check_unpacked_size,
    locked_workbook,
    no_such_sheet,
    unreadable_workbook,
)

_SCRIPT: Final = Path(__file__).with_name("calamine_process.py")
# The maximum memory of the process, in bytes. An .ods file with 100,000 needs of 1,800 characters each takes 440 MB.
_MAX_MEMORY: Final = 2_000_000_000
# The name under which an OLE file holds a password-protected .xlsx workbook.
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")


def sheet_names(path: Path) -> list[str]:
    """Return the names of the visible sheets.

    Raises:
        InvalidInput: the workbook cannot be read.

    """
    with closing(_lines(path)) as lines:
        names: list[str] = json.loads(next(lines))["visible"]
        return names


def rows_of(path: Path, sheet: str) -> Iterator[TableRow]:
    """Yield the non-empty rows of `sheet`. If cells are merged, only the first has a value.

    Raises:
        InvalidInput: the workbook cannot be read, or has no such sheet.

    """
    with closing(_lines(path, json.dumps(sheet))) as lines:
        names = json.loads(next(lines))["all"]
        if sheet not in names:
            raise no_such_sheet(path, sheet, names)
        for number, line in enumerate(lines, start=1):
            cells = json.loads(line)
            if any(cell is not None and str(cell).strip() for cell in cells):
                yield number, cells


def _lines(path: Path, *arguments: str) -> Generator[bytes, None, None]:
    """Yield the lines that the process prints. Closing the iterator ends the process."""
    with path.open("rb") as file:
        is_zip = file.read(2) == b"PK"
    if is_zip:
        check_unpacked_size(path)
    with TemporaryDirectory() as folder, TemporaryFile() as errors:
        # Calamine relies on the file extension, which may be wrong, so it is given a link with the right extension.
        link = Path(folder) / f"workbook.{'ods' if is_zip else 'xls'}"
        link.symlink_to(path.absolute())
        # The -P option (safe path) stops modules in this folder from hiding standard library modules.
        command = [sys.executable, "-P", str(_SCRIPT), str(link), str(_MAX_MEMORY), *arguments]
        yield from _output(path, command, errors)


def _output(path: Path, command: list[str], errors: IO[bytes]) -> Iterator[bytes]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as process:
        assert process.stdout is not None
        try:
            yield from process.stdout
        except BaseException:
            process.kill()
            raise
        if process.wait():
            raise _failure(path, process.returncode, errors)


def _failure(path: Path, code: int, errors: IO[bytes]) -> InvalidInput:
    errors.seek(0)
    kind, _, reason = errors.read().decode(errors="replace").strip().rpartition("\n")[2].partition(": ")
    if kind.endswith("PasswordError") or _ENCRYPTED in path.read_bytes():
        return locked_workbook(path)
    if code < 0 or kind == "MemoryError":
        reason = f"it is damaged, or needs more than {_MAX_MEMORY / 1e9:.0f} GB of memory"
    return unreadable_workbook(path, "a workbook", reason or kind)
