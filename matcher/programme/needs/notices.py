"""Notices: the needs in an OCDS file, one per procurement process, read in the same way as in an import."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.paths import display_path
from matcher.programme.needs.table import AcceptedRow, RejectedRow
from matcher.sources.ocds import merge, read_releases, trim
from matcher.sources.statement import Origin, Tally

ENDINGS: Final = (".json", ".json.gz")
_MAX_SHOWN: Final = 100


@dataclass
class _Process:
    """The trimmed releases that share one ocid, by release id, held as JSON text to save memory.

    `number` is the position at which the first of these releases appears in the file, counting from 1.
    """

    number: int
    releases: dict[str, str] = field(default_factory=dict)


@dataclass
class NoticesFile:
    """A file of release packages, record packages or releases. Releases with the same ocid make one need. A
    cancelled process makes no need.
    """

    path: Path
    releases: int = 0
    processes: int = 0
    cancelled: int = 0

    @property
    def form(self) -> str:
        """How the file was read. The counts are complete once the whole file has been read."""
        cancelled = f", of which {self.cancelled:,} cancelled and left out" if self.cancelled else ""
        return f"OCDS, {self.releases:,} releases of {self.processes:,} processes{cancelled}"

    def rows(self) -> Iterator[AcceptedRow | RejectedRow]:
        """Yield each unusable release when it is read. Then yield the need of each process, or a rejected row.

        A need's row number is the position in the file of its process's first release, counting from 1.

        Raises:
            InvalidInput: the file as a whole cannot be read.

        """
        tally, processes = Tally(), dict[str, _Process]()
        self.releases = self.cancelled = 0
        for number, read in enumerate(read_releases(self.path), start=1):
            self.releases = number
            try:
                trimmed = trim(read.release, tally, read.place)
            except InvalidInput as problem:
                yield self._rejected(number, read.release, problem)
            else:
                process = processes.setdefault(trimmed["ocid"], _Process(number))
                process.releases[trimmed["id"]] = json.dumps(trimmed)
        self.processes = len(processes)
        for process in processes.values():
            yield from self._need(process, tally)

    def _need(self, process: _Process, tally: Tally) -> Iterator[AcceptedRow | RejectedRow]:
        releases = [json.loads(release) for release in process.releases.values()]
        try:
            need = merge(releases, "ocds", Origin(display_path(self.path), ""), tally).need
        except InvalidInput as problem:
            yield self._rejected(process.number, releases[-1], problem)
            return
        if need is None:
            self.cancelled += 1
        else:
            yield AcceptedRow(process.number, need)

    def _rejected(self, number: int, release: Any, problem: InvalidInput) -> RejectedRow:
        cells = {name: _named(release, name) for name in ("ocid", "id")}
        text = f"release {number} {cells['id'] or '(without an id)'}: {problem.problem}"
        place = Place(display_path(self.path), problem.place.line, problem.place.field)
        return RejectedRow(number, InvalidInput(text, remedy=problem.remedy, place=place), None, cells)


def _named(release: Any, name: str) -> str:
    """Return the field `name` of a release, or "" if it may hold something other than an id, such as an address."""
    text = release.get(name) if isinstance(release, dict) else None
    return text[:_MAX_SHOWN] if isinstance(text, str) and text.isprintable() and "@" not in text else ""
