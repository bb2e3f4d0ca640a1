"""Memory used to import a large OCDS package: `python -m tests.benchmarks.package [MEGABYTES]`.

Writes a package of fictional notices, imports it in a separate process, and prints the time and the peak memory of
that process. First does the same for a package one hundredth of the size, for comparison.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from matcher.register import import_files
from matcher.store import Store
from tests.support.notices import party, release

_MEGABYTE = 1_048_576
_PADDING = "Home visits by therapists for people who have fallen, with exercise and advice. " * 40


def write(path: Path, megabytes: float) -> int:
    """Write a package of at least `megabytes` MB to `path`, and return the number of releases in it."""
    number = 0
    with path.open("w", encoding="utf-8") as file:
        file.write('{"version": "1.1", "releases": [')
        while file.tell() < megabytes * _MEGABYTE:
            number += 1
            firm = party(f"Firm {number % 5_000} Ltd", company=f"{number % 5_000 + 1:08d}")
            notice = release(number, suppliers=(firm,) if number % 2 else (), tender={"description": _PADDING})
            file.write((", " if number > 1 else "") + json.dumps(notice))
        file.write("]}")
    return number


def measure_import(folder: Path, megabytes: float, results: Connection) -> None:
    """Import a package. Send the number of releases, the seconds, the peak memory in MB and the counts to `results`."""
    releases = write(folder / "package.json", megabytes)
    before = time.monotonic()
    with Store.open(f"sqlite:///{folder / 'register.sqlite'}") as store:
        import_files(store, "ocds", [folder / "package.json"])
        counts = store.counts()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    results.send((releases, time.monotonic() - before, memory, counts))


def main() -> None:
    """Run both imports and print a line for each."""
    megabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 200.0
    context = multiprocessing.get_context("spawn")
    for size in (megabytes / 100, megabytes):
        with tempfile.TemporaryDirectory() as folder:
            receiver, sender = context.Pipe()
            process = context.Process(target=measure_import, args=(Path(folder), size, sender))
            process.start()
            releases, seconds, memory, counts = receiver.recv()
            process.join()
        print(f"{size:7.1f} MB, {releases:7,} releases: {seconds:6.1f} s, at most {memory:5.0f} MB of memory, {counts}")


if __name__ == "__main__":
    main()
