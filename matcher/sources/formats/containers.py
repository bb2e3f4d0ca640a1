"""Containers: the uncompressed byte streams in a stored file, read in constant memory.

A gzip file holds one stream, and a zip archive holds one stream for each file in it. Any other file is its own stream.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path
from matcher.sources.formats.files import unreadable

_BUFFER: Final = 65_536
GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Stream:
    """An open stream.

    `name` identifies the stream in error messages. `position` returns the number of bytes read so far from the
    stored file, or 0 if the file is a pipe.
    """

    name: str
    file: io.BufferedReader[io.RawIOBase]
    position: Callable[[], int]

    @property
    def is_json(self) -> bool:
        """Whether the stream begins with a JSON list or object. The first line of a table never does."""
        return self.file.peek(1)[:1] in (b"[", b"{")


@contextmanager
def read_errors(name: str) -> Iterator[None]:
    """Turn errors from reading the file called `name` into an `InvalidInput` that names the file."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise InvalidInput(
            "the compressed file ends early or is damaged",
            remedy="Download or create the file again",
            place=Place(file=name),
        ) from error
    except OSError as error:
        raise unreadable(Path(name), error) from error


def members(path: Path, endings: tuple[str, ...]) -> list[str]:
    """Return the names of the streams in the file at `path`, to be passed to `opened` as `member`.

    For a zip archive, the list holds the names that end in one of `endings`, in sorted order. For any other file, the
    list is `[""]`.

    Raises:
        InvalidInput: the file cannot be read, or is an archive that contains no file with one of `endings`.

    """
    name = display_path(path)
    with read_errors(name):
        with path.open("rb") as file:
            if file.read(len(_ZIP)) != _ZIP:
                return [""]
        with zipfile.ZipFile(path) as archive:
            matching = sorted(entry.filename for entry in archive.infolist() if entry.filename.endswith(endings))
    if not matching:
        raise InvalidInput(
            "the archive contains no file that can be read",
            remedy=f"Use an archive with files named *{' or *'.join(endings)}",
            place=Place(file=name),
        )
    return matching


@contextmanager
def opened(path: Path, member: str = "", *, from_utf_16: bool = False) -> Iterator[Stream]:
    """Open one stream of the file at `path`, skipping any byte order mark.

    With `from_utf_16`, a stream that begins like UTF-16 is converted to UTF-8. `member` names a file in a zip archive.
    A file compressed with gzip is recognised by its content.

    Raises:
        InvalidInput: the stream cannot be opened, or reading from it inside the `with` block fails.

    """
    name = f"{display_path(path)}:{member}" if member else display_path(path)
    with (
        read_errors(name),
        path.open("rb", buffering=0) as raw,
        io.BufferedReader(raw, _BUFFER) as stored,
        _plain(stored, member) as plain,
        io.BufferedReader(cast("io.RawIOBase", plain), _BUFFER) as file,
    ):
        if file.peek(len(_BYTE_ORDER_MARK)).startswith(_BYTE_ORDER_MARK):
            file.read(len(_BYTE_ORDER_MARK))
        position = raw.tell if raw.seekable() else lambda: 0
        if from_utf_16 and (encoding := _utf_16(file.peek(2)[:2])):
            converted: io.RawIOBase = _Converted(file, encoding, name)
            with io.BufferedReader(converted, _BUFFER) as utf_8:
                yield Stream(name, utf_8, position)
        else:
            yield Stream(name, file, position)


def _utf_16(start: bytes) -> str | None:
    """Return the variant of UTF-16 that a text with these first two bytes is in, or None."""
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    if len(start) == len(codecs.BOM_UTF16_LE) and start.count(0) == 1:  # an ASCII character without a mark before it
        return "utf-16-be" if start[0] == 0 else "utf-16-le"
    return None


class _Converted(io.RawIOBase):
    """The text of `file`, which is in another `encoding`, as UTF-8."""

    def __init__(self, file: io.BufferedReader[io.RawIOBase], encoding: str, name: str) -> None:
        self._file, self._encoding, self._name = file, encoding, name
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ready = b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`, and return the number of bytes, or 0 at the end."""
        piece = b" "
        while piece and not self._ready:
            piece = self._file.read(_BUFFER)
            try:
                self._ready = self._decoder.decode(piece, final=not piece).encode()
            except UnicodeError as error:
                raise InvalidInput(
                    f"is not {self._encoding.upper()}, although it begins like it",
                    remedy="Save the file as UTF-8",
                    place=Place(file=self._name),
                ) from error
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size


@contextmanager
def _plain(stored: io.BufferedReader[io.FileIO], member: str) -> Iterator[BinaryIO]:
    if member:
        with zipfile.ZipFile(stored) as archive, _opened_member(archive, member) as plain:
            yield plain
    elif stored.peek(len(GZIP))[: len(GZIP)] == GZIP:
        with gzip.open(stored) as unzipped:
            yield cast("BinaryIO", unzipped)
    else:
        yield cast("BinaryIO", stored)


def _opened_member(archive: zipfile.ZipFile, member: str) -> BinaryIO:
    try:
        return cast("BinaryIO", archive.open(member))
    except (NotImplementedError, RuntimeError) as error:  # an unsupported compression method, or a password
        raise zipfile.BadZipFile(str(error)) from error
