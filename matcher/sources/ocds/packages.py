"""Packages: the releases in OCDS files, read as a stream.

A file holds a release package, a record package, a list of releases, one release, or JSON Lines of any of these. It
may be compressed with gzip or be in a zip archive. A record provides its embedded releases or, if it has none,
its compiled release. See https://standard.open-contracting.org/1.1/en/schema/packages/
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import ijson

from matcher.foundations.errors import InvalidInput, Place
from matcher.sources.formats.containers import members, opened
from matcher.sources.formats.depth_limit import DepthLimitedFile

ENDINGS: Final = (".json", ".jsonl", ".json.gz", ".jsonl.gz", ".zip")
_INSIDE: Final = (".json", ".jsonl")
# Maximum length of a line, in bytes. A line may be a complete package, so the limit is several times the size of
# 100 large notices.
_MAX_LINE: Final = 64 * 1_048_576
_MAX_FIRST_LINE: Final = 4 * 1_048_576


@dataclass(frozen=True)
class PublishedRelease:
    """A release as published, its place, and the number of bytes read so far from the stored file.

    If a line of JSON Lines cannot be read, `release` is the error.
    """

    release: Any
    place: Place
    position: int


def read_releases(path: Path) -> Iterator[PublishedRelease]:
    """Yield the releases in a file, in order.

    Raises:
        InvalidInput: the file cannot be read, is not JSON, or has no release, record or package.

    """
    for member in members(path, _INSIDE):
        with opened(path, member) as stream:
            prefix = _prefix(stream.file, stream.name)
        with opened(path, member) as stream, _json_errors(stream.name):
            values = _lines(stream.file, stream.name) if prefix is None else _items(stream.file, prefix, stream.name)
            for number, value in values:
                for release in releases_in(value):
                    place = Place(stream.name, number if prefix is None else None, None)
                    yield PublishedRelease(release, place, stream.position())


def releases_in(value: Any) -> Iterator[Any]:
    """Yield the releases in a decoded package or record. Any other value is yielded as a release."""
    if isinstance(value, dict) and isinstance(value.get("releases"), list) and "compiledRelease" not in value:
        embedded = [release for release in value["releases"] if not _is_link(release)]
        yield from embedded
    elif isinstance(value, dict) and isinstance(value.get("records"), list):
        for record in value["records"]:
            yield from releases_in(record)
    elif isinstance(value, dict) and ("compiledRelease" in value or "versionedRelease" in value):
        releases = value.get("releases")
        embedded = [release for release in releases if not _is_link(release)] if isinstance(releases, list) else []
        if embedded:
            yield from embedded
        elif value.get("compiledRelease"):
            yield value["compiledRelease"]
    else:
        yield value


def _is_link(release: Any) -> bool:
    return isinstance(release, dict) and "url" in release and "ocid" not in release


def _prefix(file: BinaryIO, name: str) -> str | None:
    """Return the ijson prefix of the values to read one by one, or None if the file is JSON Lines."""
    start = file.tell()
    if _is_whole_object(file.readline(_MAX_FIRST_LINE)) and _next_line_begins_object(file):
        return None
    file.seek(start)
    with _json_errors(name):
        for prefix, event, value in ijson.parse(DepthLimitedFile(file, name)):
            if (prefix, event) == ("", "start_array"):
                return "item"
            if (prefix, event) == ("", "map_key") and value in ("releases", "records"):
                return f"{value}.item"
            if (prefix, event) == ("", "map_key") and value in ("ocid", "compiledRelease"):
                return ""
    raise InvalidInput(
        "contains no releases",
        remedy="Use a file of OCDS release packages, record packages or releases",
        place=Place(file=name),
    )


def _is_whole_object(line: bytes) -> bool:
    return line.endswith(b"\n") and line.startswith(b"{") and line.rstrip().endswith(b"}")


def _next_line_begins_object(file: BinaryIO) -> bool:
    while line := file.readline(_MAX_FIRST_LINE):
        if line.strip():
            return line.startswith(b"{")
    return False


def _items(file: BinaryIO, prefix: str, name: str) -> Iterator[tuple[int, Any]]:
    yield from enumerate(ijson.items(DepthLimitedFile(file, name), prefix, use_float=True), start=1)


def _lines(file: BinaryIO, name: str) -> Iterator[tuple[int, Any]]:
    number = 0
    while line := file.readline(_MAX_LINE):
        number += 1
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except (ValueError, RecursionError) as error:
            problem = InvalidInput(
                "is not JSON", remedy="Write one release or package on each line", place=Place(name, number)
            )
            problem.__cause__ = error
            yield number, problem


@contextmanager
def _json_errors(name: str) -> Iterator[None]:
    try:
        yield
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else "it ends early"
        raise InvalidInput(
            f"is not JSON: {reason}", remedy="Download or create the file again", place=Place(file=name)
        ) from error
