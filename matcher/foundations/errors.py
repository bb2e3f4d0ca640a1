"""One family of errors.

`MatcherError` is the base. Its branch `UserError` is for the person at the keyboard or the client of the
service: it says what was wrong, where, and what to do. Only `api/` turns these into HTTP answers and only
`matcher.cli` into exit codes; nothing below knows of either.
"""

from __future__ import annotations

from dataclasses import dataclass


class MatcherError(Exception):
    """Base of every error this package raises on purpose."""


@dataclass(frozen=True)
class Place:
    """Where something was wrong: any of a file, a line (counted from 1) and a field (dotted path)."""

    file: str | None = None
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        parts = [self.file, f"line {self.line}" if self.line is not None else None, self.field]
        return ", ".join(part for part in parts if part)


class UserError(MatcherError):
    """An error meant for the user: `problem`, `place` and `remedy`, shown in one line."""

    def __init__(self, problem: str, *, remedy: str, place: Place | None = None) -> None:
        self.problem = problem
        self.remedy = remedy
        self.place = place or Place()
        super().__init__(problem, remedy, self.place)

    def __str__(self) -> str:
        where = str(self.place)
        text = f"{where}: {self.problem}" if where else self.problem
        return f"{text}. {self.remedy}" if self.remedy else text


class InvalidInput(UserError):
    """What was given cannot be read or breaks a rule of its format."""


class NotFound(UserError):
    """There is no such record."""


class Conflict(UserError):
    """The record is not in a state that allows what was asked."""


class NotSignedIn(UserError):
    """It is not proved who asks."""


class NotPermitted(UserError):
    """Who asks is known, and may not do this."""


class Unavailable(UserError):
    """A part the work needs (database, encoder, index) cannot be reached or used right now."""
