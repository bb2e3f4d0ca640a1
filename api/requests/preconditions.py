"""Preconditions: If-Match and If-None-Match make a change depend on the record's revision (RFC 9110).

Check preconditions in the transaction that writes the record. Only one such transaction runs at a time, so if two
requests give the same revision in If-Match, only one of them can change the record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header

from api.problems.responses import PreconditionFailed


def etag(sequence: int) -> str:
    """Return the entity tag of the revision with the sequence number `sequence`."""
    return f'"{sequence}"'


@dataclass(frozen=True)
class Preconditions:
    """The values of If-Match and If-None-Match, or None for a header that was not sent."""

    if_match: str | None = None
    if_none_match: str | None = None

    def check(self, current: int | None) -> None:
        """Check the preconditions against `current`, the record's latest sequence number, or None if it does not exist.

        Raises:
            PreconditionFailed: a precondition does not hold.

        """
        state = f"is at revision {etag(current)}" if current is not None else "does not exist"
        if self.if_match is not None and not _matches(self.if_match, current):
            raise PreconditionFailed(
                f"the record {state}, which does not match If-Match",
                remedy="Read the record again and repeat the change with its ETag, including the quotes",
            )
        if self.if_none_match is not None and _matches(self.if_none_match.replace("W/", ""), current):
            raise PreconditionFailed(
                f"the record {state}, which If-None-Match rules out",
                remedy="Choose another id, or leave out If-None-Match to replace the record",
            )


def _preconditions(
    if_match: Annotated[
        str | None,
        Header(
            description="ETag of the revision to change. If the record has another ETag, nothing is changed.",
            max_length=1_000,
        ),
    ] = None,
    if_none_match: Annotated[
        str | None, Header(description="`*` creates the record only if it does not exist.", max_length=1_000)
    ] = None,
) -> Preconditions:
    return Preconditions(if_match, if_none_match)


RequestPreconditions = Annotated[Preconditions, Depends(_preconditions)]


def _matches(header: str, current: int | None) -> bool:
    """Return whether the list of entity tags in `header` includes the revision `current`. `*` matches any revision."""
    if current is None:
        return False
    return header.strip() == "*" or etag(current) in [tag.strip() for tag in header.split(",")]
