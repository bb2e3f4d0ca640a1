"""Lenient parsing: makes records from published values and leaves out any invalid parts."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from matcher.foundations.errors import Place
from matcher.records.parsing import Record, invalid
from matcher.sources.statement import Tally

R = TypeVar("R", bound=Record)


def parse_leniently(kind: type[R], value: dict[str, Any], tally: Tally, place: Place | None = None) -> R:
    """Return `value` as a record of `kind`, leaving out any invalid parts.

    Invalid parts are removed from `value` itself, counted in `tally.fields` and reported as warnings.

    Raises:
        InvalidInput: a required part is missing or invalid.

    """
    while True:
        try:
            return kind.model_validate(value)
        except ValidationError as error:
            problems = {
                problem["loc"]: problem["msg"] for problem in error.errors(include_url=False, include_input=False)
            }
            paths = set(problems)
            if not all(_remove(value, path) for path in sorted(paths, key=_position, reverse=True)):
                raise invalid(error, place or Place()) from error
            for path in paths:
                field = ".".join(str(part) for part in path if not isinstance(part, int))
                tally.fields[field] += 1
                tally.warn(field, problems[path].removeprefix("Value error, "), "left out")


def _position(path: tuple[int | str, ...]) -> tuple[tuple[int, str], ...]:
    """Return the sort key for a path.

    In descending order, later items in a list come first, so that a deletion does not move the items still to be
    deleted.
    """
    return tuple((part, "") if isinstance(part, int) else (0, part) for part in path)


def _remove(value: Any, path: tuple[int | str, ...]) -> bool:
    """Remove the part of `value` at `path`, in place. Return False if there is no such part."""
    *parents, last = path
    try:
        for part in parents:
            value = value[part]
        del value[last]
    except (KeyError, IndexError, TypeError):
        return False
    return True
