"""JSON Lines: needs in the product's own format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from matcher.programme.needs.table import AcceptedRow, RejectedRow
from matcher.records import Need
from matcher.sources.formats import jsonl
from matcher.sources.formats.jsonl import Accepted


@dataclass(frozen=True)
class NeedsJsonLines:
    """A file with one need per line."""

    path: Path
    form: str = "JSON Lines"

    def rows(self) -> Iterator[AcceptedRow | RejectedRow]:
        """Yield each line as a row.

        Raises:
            InvalidInput: the file as a whole cannot be read.

        """
        for line in jsonl.read(self.path, Need):
            if isinstance(line, Accepted):
                yield AcceptedRow(line.number, line.record)
            else:
                yield RejectedRow(line.number, line.problem, line.problem.place.field, {"text": line.text})
