"""Notices: the needs in an OCDS file, one per procurement process, read just as an import reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matcher.foundations.errors import InvalidInput
from matcher.foundations.paths import display_path
from matcher.programme.needs.table import AcceptedRow, RejectedRow
from matcher.sources.ocds import ReleaseIds, merge, named, read_releases, rejected, trim
from matcher.sources.statement import Origin, Tally


@dataclass
class _Process:
    """The trimmed releases that share an ocid, keyed by release id and held as JSON text to save memory.

    `number` is the position at which the first of these releases appears in the file, counting from 1.
    """

    number: int
    releases: dict[str, str] = field(default_factory=dict)


@dataclass
class NoticesFile:
    """A file of release packages, record packages or releases. Releases with the same ocid are merged into one
    need. Cancelled processes are left out.
    """

    path: Path
    releases: int = 0
    processes: int = 0
    cancelled: int = 0

    @property
    def form(self) -> str:
        """A description of how the file was read. Its counts are complete only once the whole file has been read."""
        cancelled = f", of which {self.cancelled:,} cancelled and left out" if self.cancelled else ""
        return f"OCDS, {self.releases:,} releases of {self.processes:,} processes{cancelled}"

    def rows(self) -> Iterator[AcceptedRow | RejectedRow]:
        """Yield a rejected row for each unusable release as it is read, then a need or a rejected row for each process.

        The row number of a need is the position in the file, counting from 1, of the first release of its process.

        Raises:
            InvalidInput: the file as a whole cannot be read.

        """
        tally, processes, ids = Tally(), dict[str, _Process](), ReleaseIds()
        self.releases = self.cancelled = 0
        for number, read in enumerate(read_releases(self.path), start=1):
            self.releases = number
            try:
                trimmed = ids.with_own_id(trim(read.release, tally, read.place), tally)
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
        cells = {name: named(release, name) for name in ("ocid", "id")}
        return RejectedRow(number, rejected(problem, release, number, display_path(self.path)), None, cells)
