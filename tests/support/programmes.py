"""Runs for tests: a register, needs, and the files of an uninterrupted run."""

from __future__ import annotations

import random
from pathlib import Path

from matcher.embedding import CachedEncoder
from matcher.programme.programme import Programme
from matcher.programme.runs import RunOptions, Runs
from matcher.programme.runs.schedulers import Scheduler
from matcher.records import Need
from matcher.records.need import Requirements
from matcher.search.engine import Engine
from matcher.store import Store
from tests.support.fakes import WordEncoder, shipped_model
from tests.support.registers import made_register
from tests.support.strategies import TODAY, WORDS

PROFILES = 300


def made_needs(count: int, seed: int = 3) -> list[Need]:
    """Return `count` needs, every fifth of which has requirements."""
    rng = random.Random(seed)
    return [
        Need(
            id=f"n{n}",
            title=" ".join(rng.sample(WORDS, 3)),
            description=" ".join(rng.choices(WORDS, k=12)),
            requirements=Requirements(regions=("London",)) if n % 5 == 0 else Requirements(),
        )
        for n in range(count)
    ]


def fill(store: Store, count: int = PROFILES) -> None:
    """Add generated profiles to `store`."""
    with store.writing() as writer:
        writer.put_many([(profile, None) for profile in made_register(count, seed=4)])


def runs_in(home: Path, store: Store, *, depth: int = 20) -> Runs:
    """Return the runs in the folder `home`. They search `store`, which also caches the vectors."""
    return Runs(Engine(store, CachedEncoder(WordEncoder(), store.vectors), shipped_model(), candidates=depth), home)


def options(chunk: int) -> RunOptions:
    """Return the options of every run in the tests: the five best suppliers, on a fixed day."""
    return RunOptions(Programme(name="Test", top=5, on=TODAY, capacity=2), chunk=chunk)


def output_of(runs: Runs, needs: list[Need], out: Path, scheduler: Scheduler, *, chunk: int) -> dict[str, bytes]:
    """Return the files of one run, by name."""
    job = runs.create(needs, out, options(chunk))
    return files_of(runs.run(job.id, scheduler=scheduler).files)


def files_of(files: tuple[str, ...]) -> dict[str, bytes]:
    """Return the contents of files, by name."""
    return {Path(file).name: Path(file).read_bytes() for file in files}
