"""Snapshot: an index on disk. Written beside the one in use and swapped in by one rename.

    index/CURRENT              which segments make up the index, and at which sequence number
    index/<segment>/           one folder a segment, never changed once it is there
    index/alive-<digest>.npy   which profiles of a segment are alive

A snapshot that is torn, foreign, or of another format or encoder counts as absent: the index is built anew.
Processes save in turn, each holding the lock of the folder, and read without it.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import faiss
import numpy as np
from filelock import FileLock, Timeout

from matcher.foundations import atomic_files
from matcher.foundations.arrays import Array, Mask
from matcher.index.columns import PassageColumns, PieceColumns, ProfileColumns
from matcher.index.index import Index
from matcher.index.postings import Postings
from matcher.index.segment import Segment

# Raise when the meaning of a column, of a passage or of a term changes: old snapshots are then left aside.
FORMAT: Final = 6

_CURRENT = "CURRENT"
LOCK: Final = "LOCK"
# What is written here. Nothing else in the folder is ever removed.
_OURS = ("segment-", "alive-", atomic_files.UNFINISHED)
# How often reading begins anew because another process has swapped in a newer snapshot meanwhile.
_READS = 3
# How long to wait for another process that saves, in seconds.
_WAIT_SECONDS: Final = 5.0
# What reading a damaged file may end in, beside the end of the file.
_UNUSABLE = (ValueError, KeyError, TypeError, OSError, RuntimeError, EOFError)
_log = logging.getLogger(__name__)


class Snapshots:
    """The snapshots kept in one folder."""

    def __init__(self, folder: Path, *, wait_seconds: float = _WAIT_SECONDS) -> None:
        self._folder = folder
        self._lock = FileLock(folder / LOCK, timeout=wait_seconds)
        self._damaged = False

    def load(self, encoder: str) -> Index | None:
        """Return the index as last written for the encoder with this fingerprint, memory-mapped, or None."""
        for _ in range(_READS):
            if not (self._folder / _CURRENT).exists():
                return None
            with suppress(*_UNUSABLE):  # perhaps removed just now, in favour of a newer one
                return self._read(encoder)
        try:
            with self._lock:
                return self._read(encoder)
        except Timeout:  # others save without a pause: that is no damage
            _log.info("the index in %s cannot be read while others save theirs; it is built anew", self._folder)
            return None
        except _UNUSABLE as error:
            self._damaged = True
            _log.warning("the index in %s cannot be used (%s) and is built anew", self._folder, error)
            return None

    def digest(self) -> str | None:
        """Return the checksum of the snapshot in use, which speaks for all it is made of; None where there is none."""
        with suppress(*_UNUSABLE):
            return str(json.loads((self._folder / _CURRENT).read_bytes())["checksum"])
        return None

    def _read(self, encoder: str) -> Index | None:
        current = json.loads((self._folder / _CURRENT).read_bytes())
        if current.pop("checksum") != _digest(json.dumps(current).encode()):
            raise ValueError(f"{_CURRENT} is damaged")
        if current["format"] != FORMAT or current["encoder"] != encoder:
            return None
        segments = tuple(_load_segment(self._folder / entry["name"]) for entry in current["segments"])
        alive = tuple(_load_alive(self._folder / entry["alive"]) for entry in current["segments"])
        if any(len(mask) != len(s.profiles) for s, mask in zip(segments, alive, strict=True)):
            raise ValueError("a mask does not fit its segment")
        return Index(encoder, current["sequence"], segments, alive, current["origin"])

    def save(self, index: Index) -> None:
        """Write what is not yet there, swap it in, then remove what is no longer named.

        Where that cannot be done the old snapshot stays, which costs no more than time.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._lock:
                if self._damaged:
                    self._remove_damaged()
                self._write(index)
        except Timeout:
            _log.info("the index is not written to %s: another process is saving its own there", self._folder)
        except OSError as error:
            _log.warning("the index in %s cannot be written (%s); it will be built anew", self._folder, error)

    def _write(self, index: Index) -> None:
        entries = []
        for segment, mask in zip(index.segments, index.alive, strict=True):
            name = _name(segment, index.encoder)
            if not (self._folder / name).is_dir():
                _save_segment(self._folder, name, segment)
            entries.append({"name": name, "alive": _save_alive(self._folder, mask)})
        current = {
            "format": FORMAT,
            "encoder": index.encoder,
            "sequence": index.sequence,
            "origin": index.origin,
            "segments": entries,
        }
        checksum = _digest(json.dumps(current).encode())
        atomic_files.write(self._folder / _CURRENT, json.dumps({**current, "checksum": checksum}, indent=1).encode())
        self._tidy({name for entry in entries for name in entry.values()})

    def _tidy(self, named: set[str]) -> None:
        for path in self._folder.iterdir():
            if path.name.startswith(_OURS) and path.name not in named:
                _remove(path)

    def _remove_damaged(self) -> None:
        """Remove what could not be read, unless another process has mended it."""
        for path in self._folder.iterdir():
            if path.name.startswith(_OURS):
                try:
                    _load_segment(path) if path.is_dir() else _load_alive(path)
                except _UNUSABLE:
                    _remove(path)
        self._damaged = False


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _name(segment: Segment, encoder: str) -> str:
    digest = hashlib.blake2b(f"{FORMAT} {encoder}".encode(), digest_size=16)
    digest.update("\n".join(segment.profiles.id.tolist()).encode())
    digest.update(np.ascontiguousarray(segment.profiles.sequence).tobytes())
    return f"segment-{digest.hexdigest()}"


def _save_segment(folder: Path, name: str, segment: Segment) -> None:
    staging = Path(tempfile.mkdtemp(prefix=atomic_files.UNFINISHED, dir=folder))
    for table, columns in (("profiles", segment.profiles), ("pieces", segment.pieces), ("passages", segment.passages)):
        for column, array in columns.arrays().items():
            np.save(staging / f"{table}.{column}.npy", array)
    postings = segment.postings
    for column, array in (("starts", postings.starts), ("passages", postings.passages), ("counts", postings.counts)):
        np.save(staging / f"postings.{column}.npy", array)
    (staging / "postings.terms.txt").write_text("\n".join(postings.terms), encoding="utf-8")
    faiss.write_index(segment.vectors, str(staging / "vectors.faiss"))
    sums = {path.name: _checksum(path) for path in sorted(staging.iterdir())}
    (staging / "manifest.json").write_text(json.dumps(sums, indent=1))
    atomic_files.publish({staging: folder / name})


def _load_segment(folder: Path) -> Segment:
    sums: dict[str, str] = json.loads((folder / "manifest.json").read_text())
    for name, expected in sums.items():
        if _checksum(folder / name) != expected:
            raise ValueError(f"{name} is damaged")
    tables: dict[str, dict[str, Array]] = {"profiles": {}, "pieces": {}, "passages": {}, "postings": {}}
    for path in folder.glob("*.npy"):
        table, _, column = path.stem.partition(".")
        # A plain array over the same memory: slices of a memmap cost several times as much.
        tables[table][column] = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    terms = (folder / "postings.terms.txt").read_text(encoding="utf-8").split("\n")
    lexical = tables["postings"]
    vectors: Any = faiss.read_index(str(folder / "vectors.faiss"), faiss.IO_FLAG_MMAP_IFC)
    return Segment(
        ProfileColumns.from_arrays(tables["profiles"]),
        PieceColumns.from_arrays(tables["pieces"]),
        PassageColumns.from_arrays(tables["passages"]),
        Postings(
            {term: i for i, term in enumerate(terms) if term}, *(lexical[c] for c in ("starts", "passages", "counts"))
        ),
        vectors,
    )


def _save_alive(folder: Path, mask: Mask) -> str:
    with io.BytesIO() as file:
        np.save(file, mask)
        content = file.getvalue()
    name = f"alive-{_digest(content)}.npy"
    if not (folder / name).exists():
        atomic_files.write(folder / name, content)
    return name


def _load_alive(path: Path) -> Mask:
    content = path.read_bytes()
    if _digest(content) not in path.name:
        raise ValueError(f"{path.name} is damaged")
    mask: Mask = np.load(io.BytesIO(content), allow_pickle=False)
    return mask


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()
