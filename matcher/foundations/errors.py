"""The errors that this package raises on purpose.

`MatcherError` is the base class. `UserError` and its subclasses are shown to users of the command line and the service:
they state the problem, the place and the remedy. Only `api/` turns them into HTTP responses, and only `matcher.cli`
into exit codes.
"""

from __future__ import annotations

from dataclasses import dataclass


class MatcherError(Exception):
    """Base class of all errors that this package raises on purpose."""


@dataclass(frozen=True)
class Place:
    """Where the problem is: a file, a line (counted from 1) and a field (dotted path), each optional."""

    file: str | None = None
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        parts = [self.file, f"line {self.line}" if self.line is not None else None, self.field]
        return ", ".join(part for part in parts if part)


class UserError(MatcherError):
    """An error for the user: `problem`, `place` and `remedy`, shown on one line."""

    def __init__(self, problem: str, *, remedy: str, place: Place | None = None) -> None:
        self.problem = problem
        self.remedy = remedy
        self.place = place or Place()
        super().__init__(problem, remedy, self.place)

    def __str__(self) -> str:
        place = str(self.place)
        text = f"{place}: {self.problem}" if place else self.problem
        return f"{text}. {self.remedy}" if self.remedy else text


class InvalidInput(UserError):
    """The input cannot be read or breaks a rule of its format."""


class NotFound(UserError):
    """No such record exists."""


class Conflict(UserError):
    """The state of the record does not allow the request."""


class NotSignedIn(UserError):
    """The caller is not authenticated."""


class NotPermitted(UserError):
    """The caller is authenticated but may not do this."""


class Unavailable(UserError):
    """A required component (database, encoder, index) cannot be reached or used at present."""
