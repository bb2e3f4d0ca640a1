"""Columns: what the index holds of profiles and passages, as plain arrays of one length.

A table of columns is a frozen dataclass of arrays. Tables can be filtered, joined and written without
knowing what their columns mean.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from matcher.foundations.arrays import Array, Mask


@dataclass(frozen=True)
class Ragged:
    """Lists of different length, one a row: row i is `values[starts[i]:starts[i + 1]]`."""

    values: Array
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, rows: list[list[Any]], dtype: Any) -> Ragged:
        """Build from a list of lists."""
        flat = [value for row in rows for value in row]
        starts = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum([len(row) for row in rows], out=starts[1:])
        return cls(np.array(flat, dtype=dtype), starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def row(self, i: int) -> Array:
        """Return the values of row `i`."""
        return self.values[self.starts[i] : self.starts[i + 1]]

    def rows(self) -> NDArray[np.int64]:
        """Return the row of every value."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def take(self, keep: Mask) -> Ragged:
        """Return the rows where `keep` is true."""
        sizes = np.diff(self.starts)
        starts = np.zeros(int(keep.sum()) + 1, dtype=np.int64)
        np.cumsum(sizes[keep], out=starts[1:])
        return Ragged(self.values[np.repeat(keep, sizes)], starts)

    @staticmethod
    def join(parts: list[Ragged]) -> Ragged:
        """Return the rows of all `parts`, one after the other."""
        sizes = np.concatenate([np.diff(part.starts) for part in parts])
        starts = np.zeros(len(sizes) + 1, dtype=np.int64)
        np.cumsum(sizes, out=starts[1:])
        return Ragged(np.concatenate([part.values for part in parts]), starts)


@dataclass(frozen=True)
class Columns:
    """Base of the tables: every field is an array or a `Ragged` with as many rows as the others."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def take(self, keep: Mask) -> Self:
        """Return the rows where `keep` is true."""
        taken = {}
        for field in fields(self):
            column = getattr(self, field.name)
            taken[field.name] = column.take(keep) if isinstance(column, Ragged) else column[keep]
        return type(self)(**taken)

    @classmethod
    def join(cls, tables: list[Self]) -> Self:
        """Return the rows of all `tables`, one after the other; the only table is returned as it is."""
        if len(tables) == 1:
            return tables[0]
        joined: dict[str, Any] = {}
        for field in fields(cls):
            columns = [getattr(table, field.name) for table in tables]
            joined[field.name] = Ragged.join(columns) if isinstance(columns[0], Ragged) else np.concatenate(columns)
        return cls(**joined)

    def arrays(self) -> dict[str, Array]:
        """Return every array under a name of its own, for writing to disk."""
        found: dict[str, Array] = {}
        for field in fields(self):
            column = getattr(self, field.name)
            if isinstance(column, Ragged):
                found |= {f"{field.name}.values": column.values, f"{field.name}.starts": column.starts}
            else:
                found[field.name] = column
        return found

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array]) -> Self:
        """Undo `arrays`. A missing array is a `KeyError`."""
        columns: dict[str, Any] = {}
        for field in fields(cls):
            if f"{field.name}.values" in arrays:
                columns[field.name] = Ragged(arrays[f"{field.name}.values"], arrays[f"{field.name}.starts"])
            else:
                columns[field.name] = arrays[field.name]
        return cls(**columns)


@dataclass(frozen=True)
class ProfileColumns(Columns):
    """One row a profile."""

    id: Array  # str
    sequence: Array  # int64: the revision indexed
    sector: Array  # int8: position in Sector
    regions: Array  # int32: bit per Region served, known or derived; 0 where nothing is known
    home: Array  # int32: the same, only as stated or by postcode
    size: Array  # int8: position in eligibility.SIZES
    turnover: Array  # float64 pounds a year, NaN where unknown
    schemes: Ragged  # str: accreditation schemes, by their key
    expires: Ragged  # int32: last day each of them is held, in days since 1970
    identifiers: Ragged  # str: "charity:1000003"


@dataclass(frozen=True)
class PieceColumns(Columns):
    """One row a piece of a profile; the pieces of a profile stand together, in the profile's order."""

    owner: Array  # int32: row of the profile
    kind: Array  # int8: PassageKind of its passages
    part: Array  # int32: position of its capability or track record in the profile
    family: Array  # int8: position in signals.FAMILIES
    day: Array  # int32: days since 1970, UNDATED where unknown
    value: Array  # float64 pounds, NaN where unknown
    regions: Array  # int32: bit per Region it names, 0 where none
    cpv: Ragged  # int32: its CPV codes as numbers


@dataclass(frozen=True)
class PassageColumns(Columns):
    """One row a passage; the passages of a profile stand together, in the profile's order."""

    owner: Array  # int32: row of the profile
    piece: Array  # int32: row of the piece
    title: Array  # bool: whether it is the title of its piece only
    length: Array  # int32: number of lexical terms
    norm: Array  # float64: root of the summed squares of its damped term counts
