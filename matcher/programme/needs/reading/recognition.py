"""Recognition: what kind of file holds the needs, judged by its content and not by its name."""

from __future__ import annotations

import re
from enum import Enum, auto
from pathlib import Path
from typing import Final

from matcher.programme.needs.workbooks.workbook import format_of
from matcher.sources.formats.containers import opened

# How many bytes at the beginning of a file are looked at.
_PROBE: Final = 65_536
# The beginning of a JSON object or list. Column names may also begin with a bracket, as in "[Ref],[Title]".
_JSON: Final = re.compile(rb'\s*(?:\{\s*["}]|\[\s*[\[{\]])')
_LIST: Final = re.compile(rb"\s*\[")
# Names that only notices have. Inside a text, the quotation marks are escaped.
_NOTICES: Final = re.compile(rb'(?<!\\)"(?:ocid|releases|records|compiledRelease)"\s*:')
# An object that goes on after its first line is not a line of JSON Lines.
_OPEN_LINE: Final = re.compile(rb"\s*\{\s*\n")


class FileKind(Enum):
    """A kind of needs file."""

    TABLE = auto()
    JSON_LINES = auto()
    NOTICES = auto()


def kind_of(path: Path) -> FileKind:
    """Return the kind of the file at `path`. JSON may be compressed with gzip; any other text counts as a table.

    Raises:
        InvalidInput: the file cannot be opened, or is a damaged compressed file.

    """
    if format_of(path) is not None:
        return FileKind.TABLE
    with opened(path) as stream:
        start = stream.file.read(_PROBE)
    if not _JSON.match(start):
        return FileKind.TABLE
    is_notices = _LIST.match(start) or _OPEN_LINE.match(start) or _NOTICES.search(start)
    return FileKind.NOTICES if is_notices else FileKind.JSON_LINES
