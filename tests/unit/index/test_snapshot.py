"""Snapshots: what was saved comes back; what is damaged or foreign counts as absent and is never believed."""

from __future__ import annotations

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
from matcher.index import snapshot as snapshots_module
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
    """Return all there is to know of the answer to one question, to the last bit."""
    query = query_for(NEED, CachedEncoder(ENCODER, MemoryVectors()), TODAY)
    found = retrieve(index, index.eligible([], TODAY).mask, query, depth=500)
    # In words, in which an unknown number is like another: as numbers they would not be equal.
    return sorted((id, repr(own)) for id, own in describe(index, found, query.facts).items())


@pytest.fixture
def index() -> Index:
    """An index that has lived: two segments, some profiles dead."""
    first = indexed(REGISTER[:50])
    changes = [
        (51 + i, profile.id, None if i < 4 else profile) for i, profile in enumerate([*REGISTER[:4], *REGISTER[50:54]])
    ]
    lived = first.updated(changes, ENCODER.encode, 58)
    assert len(lived.segments) == 2
    assert not all(mask.all() for mask in lived.live_masks)
    return lived


def test_what_is_saved_comes_back(tmp_path: Path, index: Index) -> None:
    Snapshots(tmp_path).save(index)
    loaded = Snapshots(tmp_path).load(ENCODER.fingerprint)
    assert loaded is not None
    assert (loaded.sequence, loaded.encoder, len(loaded)) == (58, ENCODER.fingerprint, len(index))
    assert answer(loaded) == answer(index)
    changes = [(59, REGISTER[10].id, None), (60, REGISTER[58].id, REGISTER[58])]
    assert answer(loaded.updated(changes, ENCODER.encode, 60)) == answer(index.updated(changes, ENCODER.encode, 60))


def test_what_comes_back_is_what_looking_at_everybody_finds(tmp_path: Path, index: Index) -> None:
    Snapshots(tmp_path).save(index)
    loaded = Snapshots(tmp_path).load(ENCODER.fingerprint)
    assert loaded is not None
    present = REGISTER[4:54]
    reference = BruteForce(present, {profile.id: 0 for profile in present}, ENCODER)
    query = query_for(NEED, CachedEncoder(ENCODER, MemoryVectors()), TODAY)
    held = describe(loaded, retrieve(loaded, loaded.live, query, depth=500), query.facts)
    assert held.keys() == reference.profiles.keys()
    for id, own in held.items():
        expected = reference.describe(NEED, id, TODAY)
        assert own.pieces == expected.pieces, id
        assert own.measures == pytest.approx(expected.measures, abs=1e-12, nan_ok=True), id


def test_an_empty_index_comes_back(tmp_path: Path) -> None:
    Snapshots(tmp_path).save(Index(ENCODER.fingerprint, 7))
    loaded = Snapshots(tmp_path).load(ENCODER.fingerprint)
    assert loaded is not None
    assert (loaded.sequence, len(loaded)) == (7, 0)


def test_there_may_be_none(tmp_path: Path) -> None:
    assert Snapshots(tmp_path / "nowhere").load(ENCODER.fingerprint) is None


def test_that_of_another_encoder_or_format_counts_as_absent(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    Snapshots(tmp_path).save(index)
    assert Snapshots(tmp_path).load("another") is None
    current = json.loads((tmp_path / "CURRENT").read_text())
    (tmp_path / "CURRENT").write_text(json.dumps({**current, "format": snapshots_module.FORMAT + 1}))
    assert Snapshots(tmp_path).load(ENCODER.fingerprint) is None


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
    "cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "gone": Path.unlink,
    "rubbish": lambda path: path.write_bytes(b"\x00\xff" * 50),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_to_any_file_is_noticed(
    tmp_path: Path, index: Index, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    Snapshots(tmp_path / "whole").save(index)
    expected = answer(index)
    for file in files(tmp_path / "whole"):
        copy = tmp_path / "damaged"
        shutil.copytree(tmp_path / "whole", copy)
        DAMAGE[damage](copy / file.relative_to(tmp_path / "whole"))
        loaded = Snapshots(copy).load(ENCODER.fingerprint)
        # A flipped bit in a blank of CURRENT or of a manifest may change nothing; no other answer may come of it.
        assert loaded is None or (loaded.sequence == index.sequence and answer(loaded) == expected), file.name
        if file.suffix in (".npy", ".faiss"):
            assert loaded is None, file.name
        shutil.rmtree(copy)


def test_a_damaged_one_is_told_and_saved_over(tmp_path: Path, index: Index, caplog: pytest.LogCaptureFixture) -> None:
    Snapshots(tmp_path).save(index)
    vectors = next(tmp_path.rglob("vectors.faiss"))
    flip(vectors)
    assert Snapshots(tmp_path).load(ENCODER.fingerprint) is None
    assert "rebuilding it" in caplog.text
    Snapshots(tmp_path).save(indexed(REGISTER))
    loaded = Snapshots(tmp_path).load(ENCODER.fingerprint)
    assert loaded is not None
    assert answer(loaded) == answer(indexed(REGISTER))


def test_a_damaged_segment_is_replaced_by_the_same_one(tmp_path: Path, index: Index) -> None:
    Snapshots(tmp_path).save(index)
    for file in files(tmp_path):
        flip(file)
    restarted = Snapshots(tmp_path)
    assert restarted.load(ENCODER.fingerprint) is None
    restarted.save(index)
    loaded = Snapshots(tmp_path).load(ENCODER.fingerprint)
    assert loaded is not None, "saving mends what was damaged"
    assert answer(loaded) == answer(index)


def test_no_bit_of_the_list_of_segments_may_change(tmp_path: Path, index: Index) -> None:
    Snapshots(tmp_path).save(index)
    current = tmp_path / "CURRENT"
    whole = current.read_bytes()
    for place in range(len(whole)):
        current.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        loaded = Snapshots(tmp_path).load(ENCODER.fingerprint)
        assert loaded is None or whole[place : place + 1].isspace(), f"byte {place}"


def test_what_is_no_longer_named_is_removed(tmp_path: Path, index: Index) -> None:
    snapshots = Snapshots(tmp_path)
    snapshots.save(index)
    loaded = snapshots.load(ENCODER.fingerprint)
    assert loaded is not None
    (tmp_path / "new-torn").mkdir()
    (tmp_path / "new-torn" / "profiles.id.npy").write_bytes(b"half")
    snapshots.save(indexed(REGISTER, start=100))
    folders = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert len(folders) == 1
    assert answer(loaded) == answer(index), "an index in use outlives its files"


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, index: Index, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    Snapshots(tmp_path / "file").save(index)
    assert "cannot write the index" in caplog.text


def save_for_ever(folder: Path, seed: int, stop: Event) -> None:
    """Save indexes of one register in growing states, again and again."""
    snapshots = Snapshots(folder)
    states = [indexed(REGISTER[:count]) for count in range(10 + seed, 60, 12)]
    while not stop.is_set():
        for state in states:
            snapshots.save(state)


def test_processes_save_and_load_at_once(tmp_path: Path) -> None:
    expected = {count: answer(indexed(REGISTER[:count])) for seed in range(3) for count in range(10 + seed, 60, 12)}
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["matcher.search.engine"])
    stop = processes.Event()
    writers = [processes.Process(target=save_for_ever, args=(tmp_path, seed, stop)) for seed in range(3)]
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
    assert [writer.exitcode for writer in writers] == [0, 0, 0], "nobody stands in another's way"
    assert len(seen) > 2, "the states have been seen to change"
    last = Snapshots(tmp_path).load(ENCODER.fingerprint)
    assert last is not None, "what was saved last is whole"
