"""Run files: the answers of a run as JSON Lines, CSV and Parquet, written as they are read, never all in memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from matcher.errors import Unavailable
from matcher.programme.cells import neutralised

FILES: Final = ("matches.jsonl", "matches.csv", "matches.parquet")
# Rows of a row group of Parquet: a number of its own, so that the file does not depend on how a run was cut.
_ROWS: Final = 20_000
_SCHEMA: Final = pa.schema(
    [
        ("need_id", pa.string()),
        ("need_title", pa.string()),
        ("rank", pa.int64()),
        ("profile_id", pa.string()),
        ("name", pa.string()),
        ("sector", pa.string()),
        ("score", pa.float64()),
        ("probability", pa.float64()),
        ("band", pa.string()),
        ("contributions", pa.string()),
        ("evidence", pa.string()),
        ("source", pa.string()),
    ]
)


@dataclass(frozen=True)
class Results:
    """What was written: the files, how many matches they hold, and the needs nobody is eligible for."""

    files: tuple[Path, ...]
    matches: int
    unmatched: tuple[str, ...]


def rows_of(answer: Mapping[str, Any], title: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of one answer, one a match."""
    for match in answer["results"]:
        quote = match["evidence"][0] if match["evidence"] else {"text": "", "source": ""}
        plain = {name: match[name] for name in ("rank", "profile_id", "name", "sector", "score", "probability", "band")}
        yield {
            "need_id": answer["need_id"],
            "need_title": title,
            **plain,
            "contributions": json.dumps(match["contributions"]),
            "evidence": quote["text"],
            "source": quote["source"],
        }


def written(out: Path, chunks: Sequence[Path], titles: Mapping[str, str]) -> Results:
    """Write the answers of `chunks`, in their order, into `out`. Each file appears whole or not at all.

    Raises:
        Unavailable: a file cannot be written.

    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        staging = [out / f".{name}.part" for name in FILES]
        with ExitStack() as opened:
            lines = opened.enter_context(staging[0].open("wb"))
            sheet = opened.enter_context(staging[1].open("w", encoding="utf-8", newline=""))
            table = opened.enter_context(pq.ParquetWriter(staging[2], _SCHEMA))
            cells = csv.DictWriter(sheet, _SCHEMA.names, lineterminator="\n")
            cells.writeheader()
            unmatched: list[str] = []
            matches = 0

            def passed() -> Iterator[dict[str, Any]]:
                for line in _lines(chunks):
                    lines.write(line)
                    answer = json.loads(line)
                    if not answer["results"]:
                        unmatched.append(answer["need_id"])
                    for row in rows_of(answer, titles[answer["need_id"]]):
                        cells.writerow({name: neutralised(value) for name, value in row.items()})
                        yield row

            rows = passed()
            while group := list(islice(rows, _ROWS)):
                table.write_table(pa.Table.from_pylist(group, schema=_SCHEMA))
                matches += len(group)
        for name, path in zip(FILES, staging, strict=True):
            path.replace(out / name)
    except OSError as error:
        raise Unavailable(f"{out} cannot be written: {error.strerror}", remedy="Choose another folder") from error
    return Results(tuple(out / name for name in FILES), matches, tuple(unmatched))


def _lines(chunks: Iterable[Path]) -> Iterator[bytes]:
    for path in chunks:
        with path.open("rb") as file:
            yield from file
