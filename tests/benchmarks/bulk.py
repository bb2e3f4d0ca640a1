"""A bulk run's search, compared with single searches and with a bare matrix product followed by top-k selection.

    python -m tests.benchmarks.bulk [--needs 1000] [--register FOLDER] [PASSAGES …]

All three alternate within one run, on all cores:

- bare: the matrix product of all need vectors and all passage vectors (BLAS, single precision), after which threads
  select the 1,000 highest values of each row
- bulk: the work of a run's processes, and writing the results as text; starting the processes is reported separately
- one by one: the work of a search after encoding

Vectors are random, and texts come from the demo set. Generating a register of a million passages takes about two
minutes. With `--register`, the register is saved for the next time.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np

from matcher.foundations.settings import Settings
from matcher.index import Index, Query, Snapshots, facts_of, terms_for
from matcher.programme.runs.chunks import Chunk, SearchOptions, SearchTask
from matcher.programme.runs.job import CHUNK
from matcher.programme.runs.schedulers import ProcessPool
from matcher.records import Filters, Need
from matcher.scoring import AdditiveModel
from matcher.search import ExplainedSearch, eligible_in, explain, ranking_of, shown_revisions
from matcher.store import Store
from matcher.texts.passages import passages_of
from tests.benchmarks.generated import RandomVectors, demo_needs, generated_profiles

DAY = date(2026, 10, 1)
DEPTH = 1_000
# Few rounds, so that each worker has several chunks per round, as in a run, and searches while results are written.
ROUNDS = 2
SINGLES = 12
OPTIONS = SearchOptions(Filters(), False, DAY, DEPTH, 10)


def register(passages: int, folder: Path) -> None:
    """Generate a register of about `passages` passages and its index in `folder`, unless they already exist."""
    if (folder / "index" / "CURRENT").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    profiles = generated_profiles(passages // 5)
    counts = np.cumsum([len(passages_of(profile)) for profile in profiles])
    profiles = profiles[: int(np.searchsorted(counts, passages)) + 1]
    with Store.open(f"sqlite:///{folder / 'register.sqlite'}") as store:
        with store.writing() as writer:
            writer.put_many((profile, None) for profile in profiles)
        changes = [(n, profile.id, profile) for n, profile in enumerate(profiles, 1)]
        Snapshots(folder / "index").save(Index("random").updated(changes, RandomVectors(), store.sequence()))


def made_needs(count: int) -> list[Need]:
    """Return `count` needs that combine the titles and descriptions of the demo needs."""
    demo = demo_needs()
    return [
        demo[n % len(demo)].model_copy(
            update={"id": f"n{n}", "description": demo[n // len(demo) % len(demo)].description}
        )
        for n in range(count)
    ]


def bare(matrix: np.ndarray, vectors: np.ndarray, threads: ThreadPoolExecutor) -> None:
    """Multiply the matrices, and select the highest values of each row."""
    for start in range(0, len(vectors), CHUNK):
        product = vectors[start : start + CHUNK] @ matrix.T
        list(threads.map(_highest, product))


def _highest(row: np.ndarray) -> np.ndarray:
    return np.argpartition(row, len(row) - DEPTH)[-DEPTH:] if len(row) > DEPTH else np.arange(len(row))


def worded(store: Store, needs: Sequence[Need], findings: Sequence[ExplainedSearch]) -> int:
    """Write the answers as text, as a run does, and return the number of characters."""
    sequences = shown_revisions(findings)
    profiles = dict(zip(sequences, store.profiles_as_of(sequences), strict=True))
    return sum(len(o.to_result(n, profiles).model_dump_json()) for n, o in zip(needs, findings, strict=True))


def run(passages: int, count: int, folder: Path) -> None:
    """Print the figures for a register of about `passages` passages."""
    register(passages, folder)
    snapshots = Snapshots(folder / "index")
    index, digest = snapshots.load("random"), snapshots.digest()
    assert index is not None
    assert digest is not None
    model = AdditiveModel.load(Settings().ranking_model)
    matrix = np.concatenate([np.array(segment.matrix()) for segment in index.segments])
    needs = made_needs(count)
    vectors = RandomVectors(seed=7)([""] * (2 * count)).reshape(count, 2, -1)
    whole = np.ascontiguousarray(vectors[:, 0])
    task = SearchTask(folder / "index", digest, "random", json.dumps(model.content()), OPTIONS)
    cores = ProcessPool().count
    size = min(CHUNK, -(-count // (ROUNDS * cores)))
    chunks = [
        Chunk(n, tuple(needs[start : start + size]), vectors[start : start + size])
        for n, start in enumerate(range(0, count, size))
    ]
    rounds = [chunks[n::ROUNDS] for n in range(ROUNDS)]
    seconds: dict[str, list[float]] = {"bare": [], "bulk": [], "single": []}
    searched: list[int] = []

    def single(n: int) -> ExplainedSearch:
        query = Query(vectors[n], terms_for(needs[n]), facts_of(needs[n], DAY))
        eligible = eligible_in(index, needs[n], OPTIONS.filters, OPTIONS.apply_requirements, DAY)
        return explain(ranking_of(index, query, eligible, model, depth=DEPTH), OPTIONS.top)

    single(0)
    with (
        Store.open(f"sqlite:///{folder / 'register.sqlite'}") as store,
        ThreadPoolExecutor(cores) as threads,
        ProcessPool()._pool() as pool,
    ):
        started = time.perf_counter()
        warm = Chunk(-1, tuple(needs[:2]), vectors[:2])
        first = [future.result() for future in [pool.submit(task.findings, warm) for _ in range(cores * 2)]]
        start = time.perf_counter() - started
        assert first[0] == [single(0), single(1)], "results are identical, bit for bit"
        for part in rounds:
            rows = np.concatenate([np.arange(c.number * size, c.number * size + len(c.needs)) for c in part])
            for name in seconds:
                started = time.perf_counter()
                if name == "bare":
                    bare(matrix, whole[rows], threads)
                elif name == "bulk":
                    for chunk, future in [(chunk, pool.submit(task.findings, chunk)) for chunk in part]:
                        worded(store, chunk.needs, future.result())
                else:
                    for n in rows[:SINGLES]:
                        single(int(n))
                each = (time.perf_counter() - started) / (min(SINGLES, len(rows)) if name == "single" else len(rows))
                seconds[name].append(each * 1_000)
            searched.append(len(rows))
        children = [_peak(process.pid) for process in pool._processes.values() if process.pid is not None]
    ms = {name: float(np.average(values, weights=searched)) for name, values in seconds.items()}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20 + sum(children)
    print(
        f"{len(index.passages):>9,} passages, {count:,} needs, {cores} cores: bare {ms['bare']:.2f} ms a need, "
        f"bulk {ms['bulk']:.2f} ms, one by one {ms['single']:.1f} ms; throughput bulk / bare = "
        f"{ms['bare'] / ms['bulk']:.2f} (target 0.5), bulk / one by one = {ms['single'] / ms['bulk']:.1f} (target 5); "
        f"start {start:.1f} s; peak memory {memory:.1f} GiB",
        flush=True,
    )


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("passages", nargs="*", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--needs", type=int, default=1_000)
    parser.add_argument("--register", type=Path)
    options = parser.parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for number in options.passages:
        with tempfile.TemporaryDirectory() as temporary:
            run(number, options.needs, (options.register or Path(temporary)) / str(number))
