"""Snapshots: a saved index is loaded unchanged, and a damaged or foreign snapshot is never used."""

from __future__ import annotations

import hashlib
import json
import logging
import multiprocessing
import shutil
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from matcher.embedding import CachedEncoder
from matcher.index import Index, Snapshots, query_for, retrieve
from matcher.index.snapshot import FORMAT
from matcher.records import Need, Profile, Requirements
from tests.support.fakes import MemoryVectors, WordEncoder
from tests.support.reference_engine import BruteForce, describe
from tests.support.registers import made_register
from tests.support.strategies import TODAY

ENCODER = WordEncoder()
REGISTER = made_register(60, seed=3)


def indexed(profiles: list[Profile], start: int = 1) -> Index:
    changes = [(number, profile.id, profile) for number, profile in enumerate(profiles, start)]
    return Index(ENCODER.fingerprint).updated(changes, ENCODER.encode, start + len(profiles) - 1)


NEED = Need(
    id="n",
    title="falls clinic for older people",
    description="falls clinic in Leeds, by remote monitoring",
    cpv=("85100000",),
    value=1e6,
    requirements=Requirements(accreditations=("ISO 9001",)),
)


def answer(index: Index) -> list[tuple[str, str]]:
    """Return everything about the candidates for one need, to the last bit."""
    query = query_for(NEED, CachedEncoder(ENCODER, MemoryVectors()), TODAY)
    candidates = retrieve(index, index.eligible([], TODAY).mask, query, depth=500)
    # The values are compared as text, because NaN does not equal NaN.
    return sorted((id, repr(own)) for id, own in describe(index, candidates, query.facts).items())


@pytest.fixture
def index() -> Index:
    """An index with a history: two segments, in which some profiles are dead."""
    first = indexed(REGISTER[:50])
    changes = [
        (51 + i, profile.id, None if i < 4 else profile) for i, profile in enumerate([*REGISTER[:4], *REGISTER[50:54]])
    ]
    index = first.updated(changes, ENCODER.encode, 58)
    assert len(index.segments) == 2
    assert not all(mask.all() for mask in index.live_masks)
    return index


def test_a_saved_index_is_loaded_unchanged(tmp_path: Path, index: Index) -> None:
    Snapshots(tmp_path).save(index)
    loaded = Snapshots(tmp_path).load(ENCODER.fingerprint)
    assert loaded is not None
    assert (loaded.sequence, loaded.encoder, len(loaded)) == (58, ENCODER.fingerprint, len(index))
    assert answer(loaded) == answer(index)
    changes = [(59, REGISTER[10].id, None), (60, REGISTER[58].id, REGISTER[58])]
    assert answer(loaded.updated(changes, ENCODER.encode, 60)) == answer(index.updated(changes, ENCODER.encode, 60))


def test_a_loaded_index_agrees_with_the_reference(tmp_path: Path, index: Index) -> None:
    Snapshots(tmp_path).save(index)
    loaded = Snapshots(tmp_path).load(ENCODER.fingerprint)
    assert loaded is not None
    present = REGISTER[4:54]
    reference = BruteForce(present, {profile.id: 0 for profile in present}, ENCODER)
    query = query_for(NEED, CachedEncoder(ENCODER, MemoryVectors()), TODAY)
    candidates = describe(loaded, retrieve(loaded, loaded.live, query, depth=500), query.facts)
    assert candidates.keys() == reference.profiles.keys()
    for id, own in candidates.items():
        expected = reference.describe(NEED, id, TODAY)
        assert own.pieces == expected.pieces, id
        assert own.measures == pytest.approx(expected.measures, abs=1e-12, nan_ok=True), id


def test_an_empty_index_is_loaded_unchanged(tmp_path: Path) -> None:
    Snapshots(tmp_path).save(Index(ENCODER.fingerprint, 7))
    loaded = Snapshots(tmp_path).load(ENCODER.fingerprint)
    assert loaded is not None
    assert (loaded.sequence, len(loaded)) == (7, 0)


def test_a_missing_folder_has_no_snapshot(tmp_path: Path) -> None:
    assert Snapshots(tmp_path / "nowhere").load(ENCODER.fingerprint) is None


def test_a_snapshot_of_another_encoder_or_format_is_ignored(tmp_path: Path, index: Index) -> None:
    Snapshots(tmp_path).save(index)
    assert Snapshots(tmp_path).load("another") is None
    current = json.loads((tmp_path / "CURRENT").read_text())
    (tmp_path / "CURRENT").write_text(json.dumps({**current, "format": FORMAT + 1}))
    assert Snapshots(tmp_path).load(ENCODER.fingerprint) is None


@pytest.mark.parametrize("change", [{"format": FORMAT - 1}, {"columns": "0123456789abcdef"}, {"columns": None}])
def test_a_snapshot_with_other_columns_or_of_an_older_format_is_ignored_without_a_warning(
    tmp_path: Path, index: Index, change: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    Snapshots(tmp_path).save(index)
    current = json.loads((tmp_path / "CURRENT").read_text())
    del current["checksum"]
    changed = {name: value for name, value in {**current, **change}.items() if value is not None}
    checksum = hashlib.blake2b(json.dumps(changed).encode(), digest_size=16).hexdigest()
    (tmp_path / "CURRENT").write_text(json.dumps({**changed, "checksum": checksum}))
    assert Snapshots(tmp_path).load(ENCODER.fingerprint) is None
    assert caplog.text == ""
    Snapshots(tmp_path).save(index)
    assert Snapshots(tmp_path).load(ENCODER.fingerprint) is not None


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def flip_last(path: Path) -> None:
    """Change one bit at the end of a file."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a bit flipped": flip,
    "the last bit flipped": flip_last,
    "truncated": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "missing": Path.unlink,
    "random bytes": lambda path: path.write_bytes(b"\x00\xff" * 50),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_to_any_file_is_detected(
    tmp_path: Path, index: Index, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    Snapshots(tmp_path / "intact").save(index)
    expected = answer(index)
    for file in files(tmp_path / "intact"):
        copy = tmp_path / "damaged"
        shutil.copytree(tmp_path / "intact", copy)
        DAMAGE[damage](copy / file.relative_to(tmp_path / "intact"))
        loaded = Snapshots(copy).load(ENCODER.fingerprint)
        # A flipped bit in the white space of CURRENT or a manifest may go unnoticed, but never changes an answer.
        assert loaded is None or (loaded.sequence == index.sequence and answer(loaded) == expected), file.name
        if file.suffix in (".npy", ".faiss"):
            assert loaded is None, file.name
        shutil.rmtree(copy)


def test_a_damaged_snapshot_is_reported_and_replaced(
    tmp_path: Path, index: Index, caplog: pytest.LogCaptureFixture
) -> None:
    Snapshots(tmp_path).save(index)
    vectors = next(tmp_path.rglob("vectors.faiss"))
    flip(vectors)
    assert Snapshots(tmp_path).load(ENCODER.fingerprint) is None
    assert "rebuilding it" in caplog.text
    Snapshots(tmp_path).save(indexed(REGISTER))
    loaded = Snapshots(tmp_path).load(ENCODER.fingerprint)
    assert loaded is not None
    assert answer(loaded) == answer(indexed(REGISTER))


def test_a_damaged_segment_is_written_again(tmp_path: Path, index: Index) -> None:
    Snapshots(tmp_path).save(index)
    for file in files(tmp_path):
        flip(file)
    restarted = Snapshots(tmp_path)
    assert restarted.load(ENCODER.fingerprint) is None
    restarted.save(index)
    loaded = Snapshots(tmp_path).load(ENCODER.fingerprint)
    assert loaded is not None, "saving replaces the damaged files"
    assert answer(loaded) == answer(index)


def test_a_change_to_the_list_of_segments_is_detected(tmp_path: Path, index: Index) -> None:
    Snapshots(tmp_path).save(index)
    current = tmp_path / "CURRENT"
    intact = current.read_bytes()
    for n in range(len(intact)):
        current.write_bytes(intact[:n] + bytes([intact[n] ^ 1]) + intact[n + 1 :])
        loaded = Snapshots(tmp_path).load(ENCODER.fingerprint)
        assert loaded is None or intact[n : n + 1].isspace(), f"byte {n}"


def test_files_no_longer_used_are_removed(tmp_path: Path, index: Index) -> None:
    snapshots = Snapshots(tmp_path)
    snapshots.save(index)
    loaded = snapshots.load(ENCODER.fingerprint)
    assert loaded is not None
    (tmp_path / "new-torn").mkdir()
    (tmp_path / "new-torn" / "profiles.id.npy").write_bytes(b"half")
    snapshots.save(indexed(REGISTER, start=100))
    folders = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert len(folders) == 1
    assert answer(loaded) == answer(index), "an index in use does not need its files"


def test_a_folder_that_cannot_be_written_is_reported(
    tmp_path: Path, index: Index, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    Snapshots(tmp_path / "file").save(index)
    assert "cannot write the index" in caplog.text


def save_repeatedly(folder: Path, seed: int, stop: Event) -> None:
    """Save growing indexes of one register in turn, until `stop` is set."""
    snapshots = Snapshots(folder)
    states = [indexed(REGISTER[:count]) for count in range(10 + seed, 60, 12)]
    while not stop.is_set():
        for state in states:
            snapshots.save(state)


def test_processes_save_and_load_concurrently(tmp_path: Path) -> None:
    expected = {count: answer(indexed(REGISTER[:count])) for seed in range(3) for count in range(10 + seed, 60, 12)}
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["matcher.search.engine"])
    stop = processes.Event()
    writers = [processes.Process(target=save_repeatedly, args=(tmp_path, seed, stop)) for seed in range(3)]
    for writer in writers:
        writer.start()
    seen: Counter[int] = Counter()
    end = time.monotonic() + 60
    while seen.total() < 200 and time.monotonic() < end:
        loaded = Snapshots(tmp_path).load(ENCODER.fingerprint)
        if loaded is not None:
            assert answer(loaded) == expected[loaded.sequence]
            seen[loaded.sequence] += 1
    stop.set()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0], "no writer fails because of another"
    assert len(seen) > 2, "the reader saw several states"
    last = Snapshots(tmp_path).load(ENCODER.fingerprint)
    assert last is not None, "the last snapshot is intact"
