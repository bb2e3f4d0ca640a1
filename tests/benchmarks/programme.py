"""A programme's tables and its assignment: `python -m tests.benchmarks.programme [ROWS] [NEEDS]`.

Reads so many needs from CSV and from Excel, each in a process of its own, and prints the seconds and the megabytes
that reading added; then gives so many needs, with ten suppliers shown for each, one partner each.
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

import xlsxwriter

from matcher.programme.needs.table import AcceptedRow, NeedsTable
from matcher.programme.results.assignment import Pair, optimal
from tests.benchmarks.made import demo_needs

SHOWN = 10
CAPACITY = 3
_HEADINGS = ("Reference", "Title", "Description", "Value")


def cells(rows: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield the rows of a table of needs, the column names first."""
    yield _HEADINGS
    needs = demo_needs()
    for n in range(rows):
        need = needs[n % len(needs)]
        yield f"need-{n}", need.title, need.description, str(need.value or 100_000)


def write(path: Path, rows: int) -> None:
    """Write a table of needs, by the ending of `path` as CSV or Excel."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(cells(rows))
        return
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Needs")
        for n, row in enumerate(cells(rows)):
            sheet.write_row(n, 0, row)


def read(path: Path, answer: Connection) -> None:
    """Read a table, and tell how many needs it has, and the seconds and megabytes that took."""
    before, began = _most_memory(), time.monotonic()
    needs = sum(isinstance(row, AcceptedRow) for row in NeedsTable.open(path).rows())
    answer.send((needs, time.monotonic() - began, _most_memory() - before))


def _most_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def pairs(needs: int) -> list[Pair]:
    """Return ten suppliers for each need, some much more often than others."""
    deal = random.Random(1)
    suppliers = max(needs // 2, SHOWN * 10)
    found: list[Pair] = []
    for need in range(needs):
        shown = {int(suppliers * deal.random() ** 2) for _ in range(SHOWN * 3)}
        chances = sorted((deal.random() for _ in range(SHOWN)), reverse=True)
        chosen = zip(sorted(shown, key=lambda _: deal.random())[:SHOWN], chances, strict=False)
        found += [(need, f"s{supplier}", rank, chance) for rank, (supplier, chance) in enumerate(chosen, 1)]
    return found


def main(rows: int, needs: int) -> None:
    """Print the figures."""
    context = multiprocessing.get_context("spawn")
    for ending in (".csv", ".xlsx"):
        with tempfile.TemporaryDirectory() as folder:
            write(path := Path(folder) / f"needs{ending}", rows)
            here, there = context.Pipe()
            process = context.Process(target=read, args=(path, there))
            process.start()
            found, seconds, memory = here.recv()
            process.join()
        print(f"{found:,} needs from {ending}: {seconds:.1f} s, {memory:.0f} MB")
    shown = pairs(needs)
    began = time.monotonic()
    chosen = optimal(shown, CAPACITY)
    print(
        f"{len(shown):,} pairs, {CAPACITY} needs a supplier: {chosen.served:,} of {needs:,} needs served, "
        f"{time.monotonic() - began:.1f} s"
    )


if __name__ == "__main__":
    given = [int(number) for number in sys.argv[1:]]
    main(*(given + [100_000, 10_000][len(given) :]))
