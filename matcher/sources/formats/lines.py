"""The lines in a file, which may be compressed. Memory use is constant, and the length of a line is limited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from matcher.foundations.errors import InvalidInput, Place
from matcher.sources.formats.containers import opened
from matcher.sources.formats.limits import MAX_LINE

_PIECE: Final = 65_536


@dataclass(frozen=True)
class RawLine:
    """A line without its line ending.

    `position` is the number of bytes read so far from the stored file. If the line is longer than `MAX_LINE`, `cut`
    is true and `content` holds only the beginning of the line.
    """

    number: int
    position: int
    content: bytes
    cut: bool = False


def read_lines(path: Path) -> Iterator[RawLine]:
    """Yield the lines in a file that are not blank. Lines are numbered from 1, and blank lines are counted.

    Raises:
        InvalidInput: the file cannot be read, has only blank lines, or is a damaged compressed file.

    """
    empty = True
    with opened(path) as stream:
        for number, (content, cut) in enumerate(_split(cast("BinaryIO", stream.file)), start=1):
            if content.strip():
                empty = False
                yield RawLine(number, stream.position(), content, cut)
    if empty:
        raise InvalidInput(
            "contains no records", remedy="Use a file with one record on each line", place=Place(stream.name)
        )


def _split(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Yield each line, and whether the line was cut at `MAX_LINE` bytes."""
    while line := file.readline(MAX_LINE + 1):
        cut = len(line) > MAX_LINE and not line.endswith(b"\n")
        piece = line if cut else b"\n"
        while piece and not piece.endswith(b"\n"):
            piece = file.readline(_PIECE)
        yield line[:MAX_LINE] if cut else line.rstrip(b"\r\n"), cut
