"""Bulk: search many needs on all cores and write the matches as JSON Lines, CSV and Parquet."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from matcher.engine import Engine
from matcher.errors import Unavailable
from matcher.programme.cells import neutralised
from matcher.records import Need, SearchResult


@dataclass(frozen=True)
class BulkReport:
    """What a run did: needs searched, matches found, needs nobody is eligible for, files written."""

    needs: int
    matches: int
    unmatched: tuple[str, ...]
    files: tuple[Path, ...]


def run_bulk(
    engine: Engine, needs: Sequence[Need], out: Path, *, top: int = 10, progress: Callable[[int], None] | None = None
) -> BulkReport:
    """Search every need and write `matches.jsonl`, `matches.csv` and `matches.parquet` into `out`.

    Rows stand in the order of `needs`, then by rank. Each file appears whole or not at all.
    """
    engine.index()
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        results = []
        for result in pool.map(lambda need: engine.search(need, top=top), needs):
            results.append(result)
            if progress is not None:
                progress(1)
    titles = {need.id: need.title for need in needs}
    rows = [row for result in results for row in _rows(result, titles[result.need_id])]
    files = _written(out, results, pd.DataFrame(rows, columns=_COLUMNS))
    unmatched = tuple(result.need_id for result in results if not result.results)
    return BulkReport(len(needs), len(rows), unmatched, files)


_COLUMNS = [
    "need_id", "need_title", "rank", "profile_id", "name", "sector", "score", "probability", "band",
    "contributions", "evidence", "source",
]  # fmt: skip


def _rows(result: SearchResult, title: str) -> Iterator[dict[str, Any]]:
    for match in result.results:
        quote = match.evidence[0] if match.evidence else None
        yield {
            "need_id": result.need_id,
            "need_title": title,
            "rank": match.rank,
            "profile_id": match.profile_id,
            "name": match.name,
            "sector": str(match.sector),
            "score": match.score,
            "probability": match.probability,
            "band": str(match.band),
            "contributions": json.dumps(match.contributions),
            "evidence": quote.text if quote else "",
            "source": quote.source if quote else "",
        }


def _written(out: Path, results: Sequence[SearchResult], table: pd.DataFrame) -> tuple[Path, ...]:
    def as_json_lines(path: Path) -> None:
        with path.open("w", encoding="utf-8") as file:
            file.writelines(result.model_dump_json(exclude_none=True) + "\n" for result in results)

    writers: dict[str, Callable[[Path], Any]] = {
        "matches.jsonl": as_json_lines,
        "matches.csv": lambda path: table.map(neutralised).to_csv(path, index=False),
        "matches.parquet": lambda path: table.to_parquet(path, index=False),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, write in writers.items():
            staging = out / f".{name}.part"
            write(staging)
            staging.replace(out / name)
    except OSError as error:
        raise Unavailable(f"{out} cannot be written: {error.strerror}", remedy="Choose another folder") from error
    return tuple(out / name for name in writers)
