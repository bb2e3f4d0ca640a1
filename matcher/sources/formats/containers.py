"""Containers: a file as it lies on the disk, and the plain streams in it, read in constant memory.

A gzip file holds one stream, a zip archive one for each of its files, any other file is its own stream.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path
from matcher.sources.formats.files import unreadable

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Stream:
    """An open stream, its name for messages, and how many bytes of the file on the disk were read for it."""

    name: str
    file: io.BufferedReader[io.RawIOBase]
    position: Callable[[], int]


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turn what can go wrong in reading a file into an `InvalidInput` that names it."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise InvalidInput(
            "the compressed file ends early or is damaged",
            remedy="Fetch or make the file again",
            place=Place(file=name),
        ) from error
    except OSError as error:
        raise unreadable(Path(name), error) from error


def members(path: Path, endings: tuple[str, ...]) -> list[str]:
    """Return the names of the streams in the file at `path`: those in an archive that end as asked, sorted, or "".

    Raises:
        InvalidInput: the file cannot be read, or is an archive without such a file.

    """
    name = display_path(path)
    with explained(name):
        with path.open("rb") as file:
            if file.read(len(_ZIP)) != _ZIP:
                return [""]
        with zipfile.ZipFile(path) as archive:
            found = sorted(entry.filename for entry in archive.infolist() if entry.filename.endswith(endings))
    if not found:
        raise InvalidInput(
            "the archive holds no file to read",
            remedy=f"Give an archive with files named *{' or *'.join(endings)}",
            place=Place(file=name),
        )
    return found


@contextmanager
def opened(path: Path, member: str = "") -> Iterator[Stream]:
    """Open one stream of the file at `path`, past any byte order mark.

    Raises:
        InvalidInput: it cannot be read, then or later inside the block.

    """
    name = f"{display_path(path)}:{member}" if member else display_path(path)
    with (
        explained(name),
        path.open("rb", buffering=0) as raw,
        io.BufferedReader(raw, 65_536) as stored,
        _plain(stored, member) as plain,
        io.BufferedReader(cast("io.RawIOBase", plain)) as file,
    ):
        if file.peek(len(_BYTE_ORDER_MARK)).startswith(_BYTE_ORDER_MARK):
            file.read(len(_BYTE_ORDER_MARK))
        yield Stream(name, file, raw.tell)


@contextmanager
def _plain(stored: io.BufferedReader[io.FileIO], member: str) -> Iterator[BinaryIO]:
    if member:
        with zipfile.ZipFile(stored) as archive, _inside(archive, member) as inside:
            yield inside
    elif stored.peek(len(_GZIP))[: len(_GZIP)] == _GZIP:
        with gzip.open(stored) as inside:
            yield cast("BinaryIO", inside)
    else:
        yield cast("BinaryIO", stored)


def _inside(archive: zipfile.ZipFile, member: str) -> BinaryIO:
    try:
        return cast("BinaryIO", archive.open(member))
    except (NotImplementedError, RuntimeError) as error:  # a compression unknown here, or a password
        raise zipfile.BadZipFile(str(error)) from error
