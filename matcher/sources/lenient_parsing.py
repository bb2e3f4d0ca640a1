"""Fitting: published values made into a record, less what no record may hold."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from matcher.foundations.errors import Place
from matcher.records.parsing import Record, invalid
from matcher.sources.statement import Tally

R = TypeVar("R", bound=Record)


def fit(kind: type[R], value: dict[str, Any], tally: Tally, place: Place | None = None) -> R:
    """Return `value` as a record of `kind`, without the parts that are wrong; `tally` counts those.

    Raises:
        InvalidInput: a part that the record cannot do without is missing or wrong.

    """
    while True:
        try:
            return kind.model_validate(value)
        except ValidationError as error:
            paths = {finding["loc"] for finding in error.errors(include_url=False, include_input=False)}
            if not all(_remove(value, path) for path in sorted(paths, key=_last_first, reverse=True)):
                raise invalid(error, place or Place()) from error
            for path in paths:
                tally.fields[".".join(str(part) for part in path if not isinstance(part, int))] += 1


def _last_first(path: tuple[int | str, ...]) -> tuple[tuple[int, str], ...]:
    return tuple((part, "") if isinstance(part, int) else (0, part) for part in path)


def _remove(value: Any, path: tuple[int | str, ...]) -> bool:
    """Remove what is at `path` from `value`, in place; False where there is nothing to remove."""
    *parents, last = path
    try:
        for part in parents:
            value = value[part]
        del value[last]
    except (KeyError, IndexError, TypeError):
        return False
    return True
