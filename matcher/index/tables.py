"""Tables: columns of equal length, which can be built, filtered, joined and stored regardless of their meaning.

A table is a frozen dataclass whose fields are its columns. The metadata of each field holds its `Column`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from matcher.foundations.arrays import Array, Mask, Rows
from matcher.foundations.ragged import Ragged


@dataclass(frozen=True)
class Column:
    """How to build a column: the type of its values, and a function that returns a row's value (values if `ragged`)."""

    dtype: Any
    value: Callable[[Any], Any]
    ragged: bool

    def build(self, rows: Sequence[Any]) -> Array | Ragged:
        """Return the column built from `rows`."""
        values = [self.value(row) for row in rows]
        return Ragged.of(values, self.dtype) if self.ragged else np.array(values, dtype=self.dtype)


@dataclass(frozen=True)
class Columns:
    """Base class of tables: every field is an array or a `Ragged`, all with the same number of rows."""

    @classmethod
    def build(cls, rows: Sequence[Any]) -> Self:
        """Return the table built from `rows`. Each row must be of the type that the columns expect."""
        return cls(**{f.name: f.metadata["column"].build(rows) for f in fields(cls)})

    @classmethod
    def layout(cls) -> str:
        """Return the names and types of all columns as text. The text changes when a column is added or removed."""
        columns = [(f.name, f.metadata["column"]) for f in fields(cls)]
        return " ".join(f"{name}:{np.dtype(column.dtype)}:{column.ragged}" for name, column in columns)

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def take(self, mask: Mask) -> Self:
        """Return the rows where `mask` is true."""
        return type(self)(**{f.name: getattr(self, f.name)[mask] for f in fields(self)})

    @classmethod
    def join(cls, tables: Sequence[Self]) -> Self:
        """Return the rows of all `tables`, one table after the other. A single table is returned unchanged."""
        if len(tables) == 1:
            return tables[0]
        joined: dict[str, Any] = {}
        for f in fields(cls):
            columns = [getattr(table, f.name) for table in tables]
            joined[f.name] = Ragged.join(columns) if isinstance(columns[0], Ragged) else np.concatenate(columns)
        return cls(**joined)

    def arrays(self) -> dict[str, Array]:
        """Return all arrays by name, for writing to disk. A `Ragged` column gives two arrays."""
        arrays: dict[str, Array] = {}
        for f in fields(self):
            column = getattr(self, f.name)
            if isinstance(column, Ragged):
                arrays |= {f"{f.name}.values": column.values, f"{f.name}.starts": column.starts}
            else:
                arrays[f.name] = column
        return arrays

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array]) -> Self:
        """Return the table stored in `arrays`, which must be in the form that the method `arrays` returns.

        Raises:
            KeyError: an array is missing.

        """
        columns: dict[str, Any] = {}
        for f in fields(cls):
            if f.metadata["column"].ragged:
                columns[f.name] = Ragged(arrays[f"{f.name}.values"], arrays[f"{f.name}.starts"])
            else:
                columns[f.name] = arrays[f.name]
        return cls(**columns)


class TableRows(Mapping[str, Any]):
    """Some rows of a table, by column name. A column is gathered when it is first read."""

    def __init__(self, table: Columns, rows: Rows) -> None:
        self._table = table
        self._rows = rows
        self._gathered: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._gathered:
            self._gathered[name] = getattr(self._table, name)[self._rows]
        return self._gathered[name]

    def __iter__(self) -> Iterator[str]:
        return iter(f.name for f in fields(self._table))

    def __len__(self) -> int:
        return len(fields(self._table))
