"""Lines: a file as lines of bounded length, in constant memory, whether compressed or not."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path
from matcher.sources.formats.files import unreadable

# Longest line that is read as a record, in bytes: the longest of 14,000 real records takes 23 kB.
MAX_LINE: Final = 1_048_576
_PIECE: Final = 65_536
_GZIP: Final = b"\x1f\x8b"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class RawLine:
    """A line without its end. `position` is how many bytes of the file, as it lies on the disk, were read
    for it; of a line longer than `MAX_LINE`, `content` is the beginning and `cut` is true.
    """

    number: int
    position: int
    content: bytes
    cut: bool = False


def read_lines(path: Path) -> Iterator[RawLine]:
    """Yield the lines of a file that hold anything, counted from 1.

    Raises:
        InvalidInput: the file cannot be read, holds nothing, or is compressed and damaged.

    """
    number = 0
    empty = True
    try:
        with path.open("rb", buffering=0) as raw, io.BufferedReader(raw, _PIECE) as stored, _plain(stored) as file:
            for number, (content, cut) in enumerate(_split(file), start=1):
                line = content.removeprefix(_BYTE_ORDER_MARK) if number == 1 else content
                if line.strip():
                    empty = False
                    yield RawLine(number, raw.tell() if raw.seekable() else 0, line, cut)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidInput(
            "the compressed file ends early or is damaged",
            remedy="Fetch or make the file again",
            place=Place(file=display_path(path), line=number + 1),
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error
    if empty:
        raise InvalidInput(
            "there is nothing in it", remedy="Give a file with one record a line", place=Place(display_path(path))
        )


def _plain(stored: io.BufferedReader[io.FileIO]) -> BinaryIO:
    compressed = stored.peek(len(_GZIP))[: len(_GZIP)] == _GZIP
    return cast("BinaryIO", gzip.open(stored)) if compressed else stored


def _split(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Yield each line, and whether it was longer than `MAX_LINE` and its rest passed over."""
    while line := file.readline(MAX_LINE + 1):
        cut = len(line) > MAX_LINE and not line.endswith(b"\n")
        piece = line if cut else b"\n"
        while piece and not piece.endswith(b"\n"):
            piece = file.readline(_PIECE)
        yield line[:MAX_LINE] if cut else line.rstrip(b"\r\n"), cut
