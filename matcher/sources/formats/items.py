"""Items: what a reader yields for each row, line or object in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from matcher.foundations.errors import InvalidInput

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Item(Generic[T_co]):
    """One item in a file: its `value`, or the `problem` that makes it unusable.

    `position` is the number of bytes read so far from the stored file.
    """

    position: int
    value: T_co | None = None
    problem: InvalidInput | None = None
