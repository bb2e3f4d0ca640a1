"""Snapshots between processes: writers take turns or give up, and a reader always finds a snapshot."""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from filelock import FileLock

from matcher.index import Index, Snapshots
from matcher.index.snapshot import LOCK
from tests.support.fakes import WordEncoder
from tests.support.registers import made_register

ENCODER = WordEncoder()
REGISTER = made_register(40, seed=5)
PROCESSES = multiprocessing.get_context("forkserver")


def indexed(first: int, last: int) -> Index:
    profiles = REGISTER[first:last]
    changes = [(number, profile.id, profile) for number, profile in enumerate(profiles, 1)]
    return Index(ENCODER.fingerprint).updated(changes, ENCODER.encode, len(changes))


def hold_lock(folder: Path, held: Event, stop: Event) -> None:
    with FileLock(folder / LOCK):
        held.set()
        stop.wait(60)


def save_in_turn(folder: Path, stop: Event) -> None:
    """Save two indexes that share no segments, in turn. Each save removes the files of the other index."""
    snapshots, states = Snapshots(folder), [indexed(0, 10), indexed(20, 40)]
    while not stop.is_set():
        for state in states:
            snapshots.save(state)


@pytest.fixture
def stop() -> Iterator[Event]:
    """An event that ends the processes of a test."""
    event = PROCESSES.Event()
    yield event
    event.set()


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_without_the_lock_nothing_is_saved_and_the_log_says_so(
    tmp_path: Path, stop: Event, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    Snapshots(tmp_path).save(indexed(0, 10))
    (tmp_path / "new-of-another").mkdir()
    (tmp_path / "new-of-another" / "vectors.faiss").write_bytes(b"half")
    before = contents(tmp_path)
    held = PROCESSES.Event()
    holder = PROCESSES.Process(target=hold_lock, args=(tmp_path, held, stop))
    holder.start()
    assert held.wait(60)
    started = time.monotonic()
    Snapshots(tmp_path, wait_seconds=0.2).save(indexed(10, 20))
    assert time.monotonic() - started < 5
    assert contents(tmp_path) == before
    assert "another process is saving there" in caplog.text
    loaded = Snapshots(tmp_path, wait_seconds=0.2).load(ENCODER.fingerprint)
    assert loaded is not None, "a reader does not wait"
    assert loaded.sequence == 10
    stop.set()
    holder.join()
    Snapshots(tmp_path).save(indexed(10, 30))
    assert not (tmp_path / "new-of-another").exists(), "unfinished files of a killed process are removed"


def test_a_reader_always_finds_an_intact_snapshot(tmp_path: Path, stop: Event) -> None:
    Snapshots(tmp_path).save(indexed(0, 10))
    writers = [PROCESSES.Process(target=save_in_turn, args=(tmp_path, stop)) for _ in range(2)]
    for writer in writers:
        writer.start()
    seen: dict[int, int] = {}
    enough = time.monotonic() + 60
    while len(seen) < 2 or (sum(seen.values()) < 500 and time.monotonic() < enough):
        # On a busy machine, writers that never pause can keep the reader waiting for a long time.
        loaded = Snapshots(tmp_path, wait_seconds=60).load(ENCODER.fingerprint)
        assert loaded is not None
        assert len(loaded) == loaded.sequence
        seen[loaded.sequence] = seen.get(loaded.sequence, 0) + 1
    stop.set()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert set(seen) == {10, 20}


def test_files_that_another_process_has_replaced_are_left_alone(tmp_path: Path) -> None:
    state = indexed(0, 10)
    Snapshots(tmp_path).save(state)
    late = Snapshots(tmp_path)
    vectors = next(tmp_path.rglob("vectors.faiss"))
    vectors.write_bytes(b"")
    assert late.load(ENCODER.fingerprint) is None
    other = Snapshots(tmp_path)
    assert other.load(ENCODER.fingerprint) is None
    other.save(state)
    inodes = {path: path.stat().st_ino for path in tmp_path.rglob("*.faiss")}
    late.save(state)
    assert {path: path.stat().st_ino for path in tmp_path.rglob("*.faiss")} == inodes


def test_other_files_in_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "README").write_text("mine")
    Snapshots(tmp_path).save(indexed(0, 10))
    assert (tmp_path / "README").read_text() == "mine"
