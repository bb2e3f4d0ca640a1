"""Speed and memory use when reading tables of needs, and speed of the assignment.

    python -m tests.benchmarks.programme [ROWS] [NEEDS]

Reads ROWS needs (default 100,000) from each format, in separate processes, and prints the time in seconds and the
memory that reading adds, in megabytes. Then assigns partners to NEEDS needs (default 10,000), choosing from the ten
suppliers shown for each need.
"""

from __future__ import annotations

import csv
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pandas as pd
import xlsxwriter

from matcher.programme.needs.table import AcceptedRow, NeedsTable
from matcher.programme.results.assignment import optimal
from tests.benchmarks.generated import demo_needs

SHOWN = 10
CAPACITY = 3
_HEADINGS = ("Reference", "Title", "Description", "Value")


def cells(rows: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield the rows of a table of needs, starting with the column names."""
    yield _HEADINGS
    needs = demo_needs()
    for n in range(rows):
        need = needs[n % len(needs)]
        yield f"need-{n}", need.title, need.description, str(need.value or 100_000)


def write(path: Path, rows: int) -> None:
    """Write a table of needs to `path`, as CSV or Excel depending on the file extension."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(cells(rows))
        return
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Needs")
        for n, row in enumerate(cells(rows)):
            sheet.write_row(n, 0, row)


def read(path: Path, answer: Connection) -> None:
    """Read a table. Send the number of needs, the seconds taken and the megabytes of memory added."""
    before, started = _peak_memory(), time.monotonic()
    needs = sum(isinstance(row, AcceptedRow) for row in NeedsTable.open(path).rows())
    answer.send((needs, time.monotonic() - started, _peak_memory() - before))


def _peak_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def pairs(needs: int) -> pd.DataFrame:
    """Return ten suppliers for each need, with some suppliers in much higher demand than others."""
    rng = random.Random(1)
    suppliers = max(needs // 2, SHOWN * 10)
    rows: list[tuple[int, str, int, float]] = []
    for need in range(needs):
        shown = {int(suppliers * rng.random() ** 2) for _ in range(SHOWN * 3)}
        chances = sorted((rng.random() for _ in range(SHOWN)), reverse=True)
        ranked = zip(sorted(shown, key=lambda _: rng.random())[:SHOWN], chances, strict=False)
        rows += [(need, f"s{supplier}", rank, chance) for rank, (supplier, chance) in enumerate(ranked, 1)]
    return pd.DataFrame(rows, columns=["need", "supplier", "rank", "probability"])


def main(rows: int, needs: int) -> None:
    """Print the figures."""
    context = multiprocessing.get_context("spawn")
    for ending in (".csv", ".xlsx"):
        with tempfile.TemporaryDirectory() as folder:
            write(path := Path(folder) / f"needs{ending}", rows)
            here, there = context.Pipe()
            process = context.Process(target=read, args=(path, there))
            process.start()
            count, seconds, memory = here.recv()
            process.join()
        print(f"{count:,} needs from {ending}: {seconds:.1f} s, {memory:.0f} MB")
    shown = pairs(needs)
    started = time.monotonic()
    assignment = optimal(shown, CAPACITY)
    print(
        f"{len(shown):,} pairs, at most {CAPACITY} needs per supplier: {assignment.served:,} of {needs:,} served, "
        f"{time.monotonic() - started:.1f} s"
    )


if __name__ == "__main__":
    numbers = [int(number) for number in sys.argv[1:]]
    main(*(numbers + [100_000, 10_000][len(numbers) :]))
