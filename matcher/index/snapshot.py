"""Snapshot: an index on disk. A new snapshot is written next to the one in use and swapped in by one rename.

    index/CURRENT              the segments of the index, and its sequence number
    index/<segment>/           one folder per segment, never changed once written
    index/alive-<digest>.npy   which profiles in a segment are live

If a snapshot is damaged, or has a different format, encoder or set of columns, it is ignored and the index is rebuilt.
Only the process that holds the folder's lock may save. Reading normally needs no lock.
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
from matcher.index.columns import PassageColumns, PieceColumns, ProfileColumns, layout_digest
from matcher.index.index import Index
from matcher.index.postings import Postings
from matcher.index.segment import Segment

# Increase this number when the meaning of a column, a passage or a term changes, so that older snapshots are ignored.
# Added or removed columns are detected without a new number.
FORMAT: Final = 8

_CURRENT = "CURRENT"
LOCK: Final = "LOCK"
# The prefixes of snapshot file names. No other file in the folder is ever removed.
_PREFIXES: Final = ("segment-", "alive-", atomic_files.UNFINISHED)
# How many times to try reading without the lock, in case another process swaps in a newer snapshot meanwhile.
_READS: Final = 3
# The longest wait for another process to finish saving, in seconds.
_WAIT_SECONDS: Final = 5.0
# Errors that reading a damaged file may raise.
_UNUSABLE: Final = (ValueError, KeyError, TypeError, OSError, RuntimeError, EOFError)
_log = logging.getLogger(__name__)


class Snapshots:
    """Reads and writes the snapshot in one folder."""

    def __init__(self, folder: Path, *, wait_seconds: float = _WAIT_SECONDS) -> None:
        self._folder = folder
        self._lock = FileLock(folder / LOCK, timeout=wait_seconds)
        self._damaged = False

    def load(self, encoder: str) -> Index | None:
        """Return the saved index, memory-mapped, or None if no usable index has the encoder fingerprint `encoder`."""
        for _ in range(_READS):
            if not (self._folder / _CURRENT).exists():
                return None
            with suppress(*_UNUSABLE):  # another process may just have replaced the snapshot
                return self._read(encoder)
        try:
            with self._lock:
                return self._read(encoder)
        except Timeout:  # other processes keep saving, so the snapshot is not necessarily damaged
            _log.info("cannot read the index in %s while other processes are saving; rebuilding it", self._folder)
            return None
        except _UNUSABLE as error:
            self._damaged = True
            _log.warning("cannot use the index in %s (%s); rebuilding it", self._folder, error)
            return None

    def digest(self) -> str | None:
        """Return the checksum of the snapshot in use, which covers all its files, or None if there is none."""
        with suppress(*_UNUSABLE):
            return str(json.loads((self._folder / _CURRENT).read_bytes())["checksum"])
        return None

    def _read(self, encoder: str) -> Index | None:
        current = json.loads((self._folder / _CURRENT).read_bytes())
        if current.pop("checksum") != _digest(json.dumps(current).encode()):
            raise ValueError(f"{_CURRENT} is damaged")
        if (current["format"], current.get("columns"), current["encoder"]) != (FORMAT, layout_digest(), encoder):
            return None
        segments = tuple(_load_segment(self._folder / entry["name"]) for entry in current["segments"])
        live = tuple(_load_mask(self._folder / entry["alive"]) for entry in current["segments"])
        if any(len(mask) != len(s.profiles) for s, mask in zip(segments, live, strict=True)):
            raise ValueError("a mask does not fit its segment")
        return Index(encoder, current["sequence"], segments, live, current["origin"])

    def save(self, index: Index) -> None:
        """Write the new files for `index`, swap them in, then remove the files that are no longer used.

        If saving fails, log the failure and leave the old snapshot. The next process then rebuilds what has changed.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._lock:
                if self._damaged:
                    self._remove_damaged()
                self._write(index)
        except Timeout:
            _log.info("the index was not saved to %s, because another process is saving there", self._folder)
        except OSError as error:
            _log.warning("cannot write the index to %s (%s); it will be rebuilt", self._folder, error)

    def _write(self, index: Index) -> None:
        entries = []
        for segment, mask in zip(index.segments, index.live_masks, strict=True):
            name = _name(segment, index.encoder)
            if not (self._folder / name).is_dir():
                _save_segment(self._folder, name, segment)
            entries.append({"name": name, "alive": _save_mask(self._folder, mask)})
        current = {
            "format": FORMAT,
            "columns": layout_digest(),
            "encoder": index.encoder,
            "sequence": index.sequence,
            "origin": index.origin,
            "segments": entries,
        }
        checksum = _digest(json.dumps(current).encode())
        atomic_files.write(self._folder / _CURRENT, json.dumps({**current, "checksum": checksum}, indent=1).encode())
        self._clean_up({name for entry in entries for name in entry.values()})

    def _clean_up(self, used: set[str]) -> None:
        """Remove all snapshot files and folders whose names are not in `used`."""
        for path in self._folder.iterdir():
            if path.name.startswith(_PREFIXES) and path.name not in used:
                _remove(path)

    def _remove_damaged(self) -> None:
        """Remove only the files that still cannot be read: another process may have replaced the damaged ones."""
        for path in self._folder.iterdir():
            if path.name.startswith(_PREFIXES):
                try:
                    _load_segment(path) if path.is_dir() else _load_mask(path)
                except _UNUSABLE:
                    _remove(path)
        self._damaged = False


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _name(segment: Segment, encoder: str) -> str:
    """Return the folder name for `segment`, including a digest of everything that determines the segment's content."""
    digest = hashlib.blake2b(f"{FORMAT} {layout_digest()} {encoder}".encode(), digest_size=16)
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
        # Use a plain array over the same memory, because slicing a memmap takes several times as long.
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


def _save_mask(folder: Path, mask: Mask) -> str:
    with io.BytesIO() as file:
        np.save(file, mask)
        content = file.getvalue()
    name = f"alive-{_digest(content)}.npy"
    if not (folder / name).exists():
        atomic_files.write(folder / name, content)
    return name


def _load_mask(path: Path) -> Mask:
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
