"""Entry: one link of the ledger. What it says is a canonical JSON text; its hash is the SHA-256 of that text.

The text names the hash of the entry before it and the SHA-256 of its own payload, so that the last hash speaks
for everything before it. Whoever has the text can check the hash with any tool.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, StringConstraints

from matcher.foundations.errors import InvalidInput, Place, Unavailable
from matcher.records import Filters, Need, Record, parse
from matcher.records.fields import Id, Phrase

# What stands in for the hash before the first entry.
GENESIS: Final = "0" * 64

# Nothing can be taken out of the ledger again, so what points at a person is not let in.
_PERSONAL: Final = re.compile(
    r"[^\s@]+@[^\s@]+\.[^\s@]+"
    r"|(?<!\d)(?:\+44[ -]?|\(?0)\(?\d{2,4}\)?[ -]?\d{3,4}[ -]?\d{3,4}(?!\d)"
)


class Event(StrEnum):
    """What an entry records: a search, which opens a decision, or what was decided on it."""

    SEARCH = "search"
    SHORTLIST = "shortlist"
    REJECT = "reject"
    INVITE = "invite"
    ENGAGE = "engage"
    AWARD = "award"
    CLOSE = "close"


def impersonal(text: str) -> str:
    """Return `text`.

    Raises:
        ValueError: it holds an e-mail address or a telephone number.

    """
    if _PERSONAL.search(text):
        raise ValueError("holds an e-mail address or a telephone number, and a ledger entry can never be erased")
    return text


Actor = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$"), AfterValidator(impersonal)]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Reason = Annotated[Phrase, AfterValidator(impersonal)]


class NeedSeen(Record):
    """The need of a kept search: the revision of a stored one, or where it stands in no store, the need itself."""

    id: Id
    digest: Hash
    sequence: int | None = None
    record: Need | None = None


class ModelSeen(Record):
    """The scoring model used; its content is kept under the digest."""

    name: str
    version: str
    digest: Hash


class RecordedSearch(Record):
    """A kept search: what was asked, what it was computed from, and what it came to.

    `terms` are the words searched for, of the whole need and of its title. `reference` and `versions` say by
    which tables and programs. All candidates with their scores, and who was excluded, are in the payload.
    """

    need: NeedSeen
    filters: Filters
    apply_requirements: bool
    on: date
    top: Annotated[int, Field(ge=1)]
    depth: Annotated[int, Field(ge=1)]
    sequence: int
    origin: str
    model: ModelSeen
    encoder: str
    terms: tuple[tuple[str, ...], tuple[str, ...]]
    reference: dict[str, str]
    versions: dict[str, str]
    considered: int
    eligible: int
    excluded: dict[str, int]
    candidates: int
    shown: tuple[Id, ...]


class EntryContent(Record):
    """What an entry says. `by` names an organisation or a key, never a person."""

    number: Annotated[int, Field(ge=1)]
    decision: str
    event: Event
    recorded_at: datetime
    by: Actor
    previous: Hash
    payload: Hash | None = None
    profile: Id | None = None
    reason: Reason | None = None
    search: RecordedSearch | None = None


@dataclass(frozen=True)
class Entry:
    """A statement, the text of it that was hashed, and the hash."""

    statement: EntryContent
    text: str
    hash: str

    @classmethod
    def sealed(cls, statement: EntryContent) -> Entry:
        """Return the entry that says `statement`."""
        text = canonical_json(statement.model_dump(mode="json", exclude_none=True))
        return cls(statement, text, digest_of(text.encode()))

    @classmethod
    def read(cls, number: int, decision: str, event: str, text: Any, hash: str) -> Entry:
        """Return a kept entry, once it is clear that it is whole and stands where it was put.

        Raises:
            Unavailable: it is not what was recorded.
            InvalidInput: a newer version of the program wrote it.

        """
        if not isinstance(text, str) or digest_of(text.encode()) != hash:
            raise changed(number)
        said = parse(EntryContent, json.loads(text), place=Place(file=f"ledger entry {number}"))
        if (said.number, said.decision, said.event.value) != (number, decision, event):
            raise changed(number)
        return cls(said, text, hash)

    def to_json(self) -> dict[str, Any]:
        """Return the statement as a JSON value, with the hash."""
        return {**json.loads(self.text), "hash": self.hash}


def canonical_json(value: Any) -> str:
    """Return `value` as JSON in the one form that is hashed: keys sorted, no blanks, text as it is."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of `content` in hex."""
    return hashlib.sha256(content).hexdigest()


def changed(number: int) -> Unavailable:
    """Return the error that says an entry is no longer what was recorded."""
    return Unavailable(
        f"ledger entry {number} is not what was recorded", remedy="See what else is wrong with: matcher ledger verify"
    )


class _Given(Record):
    by: Actor
    reason: Reason | None = None


def given(by: str, reason: str | None = None) -> _Given:
    """Return who acts and why, checked.

    Raises:
        InvalidInput: `by` is no opaque name, or either points at a person.

    """
    try:
        return parse(_Given, {"by": by, "reason": reason})
    except InvalidInput as error:
        remedies = {
            "by": "Name the organisation or key that acts, such as icb-qwo or key:7f3a, never a person",
            "reason": "Give a reason of 1 to 500 characters that names no person",
        }
        remedy = remedies.get(error.place.field or "", error.remedy)
        raise InvalidInput(error.problem, remedy=remedy, place=error.place) from error
