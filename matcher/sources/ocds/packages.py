"""Packages: the releases in OCDS files, read as a stream.

A file holds a release package, a record package, a list of releases, one release, or JSON Lines of any of these. It
may be compressed with gzip or be in a zip archive. A record provides its embedded releases or, if it has none,
its compiled release. See https://standard.open-contracting.org/1.1/en/schema/packages/
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import ijson

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.personal_data import redact
from matcher.records.text import clean
from matcher.sources.formats.containers import members, opened
from matcher.sources.formats.depth_limit import NOT_A_NUMBER, DepthLimitedFile
from matcher.sources.formats.limits import MAX_PACKAGE_LINE
from matcher.sources.statement import Tally

ENDINGS: Final = (".json", ".jsonl", ".json.gz", ".jsonl.gz", ".zip")
_INSIDE: Final = (".json", ".jsonl")
_MAX_FIRST_LINE: Final = 4 * 1_048_576
_LISTS: Final = ("releases", "records")
_MAX_SHOWN: Final = 200
_ONE_A_LINE: Final = "Write one release or package on each line"


@dataclass(frozen=True)
class PublishedRelease:
    """A release as published, its place, and the number of bytes read so far from the stored file.

    If a line of JSON Lines cannot be read, or a part of a package holds no release, `release` is the error.
    """

    release: Any
    place: Place
    position: int


class ReleaseIds:
    """The ids of the releases in one file, all different.

    Create one object for each file, because a later file may correct a release.
    """

    def __init__(self) -> None:
        self._digests: dict[tuple[str, str], list[bytes]] = {}

    def with_own_id(self, release: dict[str, Any], tally: Tally) -> dict[str, Any]:
        """Return a trimmed `release`, with a number added to its id if another release in the file has this id.

        A release that repeats another word for word keeps its id.
        """
        key = release["ocid"], release["id"]
        digest = hashlib.blake2b(json.dumps(release, sort_keys=True).encode(), digest_size=8).digest()
        digests = self._digests.setdefault(key, [])
        if digest not in digests:
            digests.append(digest)
        if (number := digests.index(digest) + 1) == 1:
            return release
        tally.counts["releases that share an id"] += 1
        tally.warn("id", release["id"], "read together with the other release of this id")
        return {**release, "id": f"{release['id']}~{number}"}


def read_releases(path: Path) -> Iterator[PublishedRelease]:
    """Yield the releases in a file, in order.

    Raises:
        InvalidInput: the file cannot be read, is not JSON, or has no release, record or package.

    """
    for member in members(path, _INSIDE):
        with opened(path, member, from_utf_16=True) as stream:
            is_lines = _is_whole_object(stream.file.readline(_MAX_FIRST_LINE)) and _next_line_begins_object(stream.file)
        with opened(path, member, from_utf_16=True) as stream, _json_errors(path, member, stream.name):
            prefix = None if is_lines else _prefix(stream.file, stream.name)
        with opened(path, member, from_utf_16=True) as stream, _json_errors(path, member, stream.name):
            values = _lines(stream.file, stream.name) if prefix is None else _items(stream.file, prefix, stream.name)
            for number, value in values:
                for release in releases_in(value):
                    place = Place(stream.name, number if prefix is None else None, None)
                    yield PublishedRelease(release, place, stream.position())


def releases_in(value: Any) -> Iterator[Any]:
    """Yield the releases in a decoded package or record. Any other value is yielded as a release.

    A part that holds no readable release, such as a link, is yielded as an `InvalidInput`.
    """
    if not isinstance(value, dict):
        yield value
    elif "compiledRelease" in value or "versionedRelease" in value:
        yield from _releases_of_record(value)
    elif isinstance(value.get("releases"), list | dict):
        yield from map(_unless_link, _listed(value["releases"]))
    elif isinstance(value.get("records"), list | dict):
        for record in _listed(value["records"]):
            yield from releases_in(record)
    else:
        yield _unless_link(value)


def _releases_of_record(record: dict[str, Any]) -> Iterator[Any]:
    """Yield the releases embedded in a record or, if there are none, its compiled release."""
    if embedded := [release for release in _listed(record.get("releases")) if not _is_link(release)]:
        yield from embedded
    elif record.get("compiledRelease"):
        yield _unless_link(record["compiledRelease"])
    else:
        yield InvalidInput(
            f"the record {_shown(record.get('ocid'))} holds only a versioned release or links",
            remedy="Ask the publisher for record packages with compiled releases",
        )


def _unless_link(release: Any) -> Any:
    if not _is_link(release):
        return release
    return InvalidInput(
        f"is only a link to {_shown(release['url'])}", remedy="Download the release from this address, and import it"
    )


def _is_link(release: Any) -> bool:
    return isinstance(release, dict) and "url" in release and "ocid" not in release


def _listed(value: Any) -> list[Any]:
    """Return a list as it is, and an object, which some publishers write in its place, as a list of one."""
    return value if isinstance(value, list) else [value] if isinstance(value, dict) else []


def _shown(value: Any) -> str:
    return redact(clean(str(value or "(without ocid)")[:_MAX_SHOWN])).text


def _prefix(file: BinaryIO, name: str) -> str:
    """Return the ijson prefix of the values to read one by one."""
    for prefix, event, value in ijson.parse(DepthLimitedFile(file, name)):
        if (prefix, event) == ("", "start_array"):
            return "item"
        if prefix in _LISTS and event in ("start_array", "start_map"):
            return f"{prefix}.item" if event == "start_array" else prefix
        if (prefix, event) == ("", "map_key") and value in ("ocid", "compiledRelease", "versionedRelease"):
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
    for number, line in enumerate(iter(lambda: file.readline(MAX_PACKAGE_LINE + 1), b""), start=1):
        if not line.strip():
            continue
        if len(line) > MAX_PACKAGE_LINE:
            problem = f"is longer than {MAX_PACKAGE_LINE:,} bytes"
            raise InvalidInput(problem, remedy=_ONE_A_LINE, place=Place(name, number))
        try:
            yield number, json.loads(line, parse_constant=lambda _: NOT_A_NUMBER)
        except (ValueError, RecursionError) as error:
            refused = InvalidInput("is not JSON", remedy=_ONE_A_LINE, place=Place(name, number))
            refused.__cause__ = error
            yield number, refused


@contextmanager
def _json_errors(path: Path, member: str, name: str) -> Iterator[None]:
    try:
        yield
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        remedy = "Download or create the file again"
        raise InvalidInput(_fault(path, member), remedy=remedy, place=Place(file=name)) from error


def _fault(path: Path, member: str) -> str:
    """Return what is wrong with a file that cannot be parsed, with line and column unless the file is very large."""
    with opened(path, member, from_utf_16=True) as stream:
        content = stream.file.read(MAX_PACKAGE_LINE)
    try:
        json.loads(content)
    except UnicodeDecodeError as error:
        return f"is not UTF-8 at byte {error.start + 1:,}"
    except json.JSONDecodeError as error:
        return f"is not JSON: {error.msg[:1].lower()}{error.msg[1:]} at line {error.lineno:,}, column {error.colno:,}"
    except RecursionError:
        return "is not JSON: it is nested too deeply"
    return "is not JSON: it ends early, or holds several documents"
