"""Preconditions: a change that holds only for the state its sender has seen (RFC 9110, If-Match).

The check and the write are one transaction of the store, which writers enter one at a time: of two that
name the same state, one wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header

from api.problems import PreconditionFailed
from matcher.foundations.errors import NotFound
from matcher.records import Contact, Need, Profile
from matcher.register import Session
from matcher.store import Put, RecordKind, Store
from matcher.store.revisions import kind_of

# What a revision written here says of where it comes from.
_SOURCE: Final = "api"


def etag(sequence: int) -> str:
    """Return the entity tag of a revision."""
    return f'"{sequence}"'


@dataclass(frozen=True)
class Preconditions:
    """The two headers as sent, None where absent."""

    if_match: str | None = None
    if_none_match: str | None = None

    def check(self, current: int | None) -> None:
        """Hold them against the record's latest revision, None where there is no such record.

        Raises:
            PreconditionFailed: one does not hold.

        """
        state = f"is at revision {etag(current)}" if current is not None else "does not exist"
        if self.if_match is not None and not _names(self.if_match, current):
            raise PreconditionFailed(
                f"the record {state}, not as If-Match has it",
                remedy="Read the record again and repeat the change with its ETag, quotes included",
            )
        if self.if_none_match is not None and _names(self.if_none_match.replace("W/", ""), current):
            raise PreconditionFailed(
                f"the record {state}, which If-None-Match rules out",
                remedy="Choose another id, or leave If-None-Match out to replace the record",
            )


def _asked(
    if_match: Annotated[
        str | None, Header(description="ETag of the state to change; otherwise nothing is changed.", max_length=1_000)
    ] = None,
    if_none_match: Annotated[
        str | None, Header(description="`*`: change nothing where the record exists.", max_length=1_000)
    ] = None,
) -> Preconditions:
    return Preconditions(if_match, if_none_match)


Asked = Annotated[Preconditions, Depends(_asked)]


def put(store: Store, record: Profile | Need, asked: Preconditions, contact: Contact | None = None) -> Put:
    """Put `record` if the preconditions hold.

    Raises:
        PreconditionFailed: they do not.
        Unavailable: the database cannot be used.

    """
    with store.writing() as writer:
        asked.check(_current(store, kind_of(record), record.id))
        if isinstance(record, Need):
            return writer.put(record, source=_SOURCE)
        return Session(writer).put_own([(record, contact)], source=_SOURCE)[0]


def withdraw(store: Store, kind: RecordKind, id: str, asked: Preconditions) -> None:
    """Withdraw the record `id` if the preconditions hold.

    Raises:
        NotFound: there is no such record.
        PreconditionFailed: they do not hold.
        Unavailable: the database cannot be used.

    """
    with store.writing() as writer:
        if (current := _current(store, kind, id)) is not None:
            asked.check(current)
        writer.withdraw(kind, id, source=_SOURCE)


def _current(store: Store, kind: RecordKind, id: str) -> int | None:
    try:
        return (store.profile(id) if kind is RecordKind.PROFILE else store.need(id)).sequence
    except NotFound:
        return None


def _names(header: str, current: int | None) -> bool:
    """Whether the list of entity tags names the revision `current`; `*` names any there is."""
    if current is None:
        return False
    return header.strip() == "*" or etag(current) in [tag.strip() for tag in header.split(",")]
