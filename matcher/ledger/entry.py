"""One entry of the ledger. Its content is a canonical JSON text, and its hash is the SHA-256 of that text.

The text includes the hash of the previous entry and the SHA-256 of the payload, so the last hash covers the whole
chain. Anyone who has the text can check the hash with any tool that computes SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, StringConstraints

from matcher.foundations.errors import InvalidInput, Place, Unavailable
from matcher.foundations.personal_data import has_contact_details
from matcher.records import Filters, Need, Record, parse
from matcher.records.fields import Id, Phrase
from matcher.records.places import ReadingRule
from matcher.store.erasures import ErasureKind

# The decision of an entry that records a redaction in the history of a record.
RECORDS: Final = "records"
# The first entry holds this text in place of a previous hash.
GENESIS: Final = "0" * 64


class Event(StrEnum):
    """The kind of an entry: a search, which opens a decision, an event in the decision, or a redaction."""

    SEARCH = "search"
    SHORTLIST = "shortlist"
    REJECT = "reject"
    INVITE = "invite"
    ENGAGE = "engage"
    AWARD = "award"
    CLOSE = "close"
    REDACT = "redact"


def impersonal(text: str) -> str:
    """Return `text` if it identifies no person.

    Raises:
        ValueError: `text` contains an e-mail address or a telephone number.

    """
    if has_contact_details(text):
        raise ValueError("contains an e-mail address or a telephone number, which do not belong in the ledger")
    return text


Actor = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class RecordedNeed(Record):
    """The need of a saved search.

    Attributes:
        id: the id of the need.
        digest: the SHA-256 of the need as canonical JSON.
        sequence: the sequence number of the revision, if the need is stored.
        record: the need itself, if it is not stored.

    """

    id: Id
    digest: Hash
    sequence: int | None = None
    record: Need | None = None


class RecordedModel(Record):
    """The scoring model of a saved search.

    Attributes:
        name, version: the name and version of the model.
        digest: the SHA-256 of the model's content, which is stored under this digest.

    """

    name: str
    version: str
    digest: Hash


class RecordedSearch(Record):
    """A saved search: the query, the data and software versions that it used, and a summary of the result.

    `terms` holds two lists of search terms: the terms from the whole need, and the terms from the title alone.
    `reference` holds the digests of the reference tables, and `versions` holds the package versions. `place_rule` is
    the rule for reading places and kinds, or None if the search was saved before the ledger recorded this rule.
    `reader` is the fingerprint of the model that read the first candidates again, or None if there was none. The
    entry's payload holds all candidates with their scores, and the excluded profiles.
    """

    need: RecordedNeed
    filters: Filters
    apply_requirements: bool
    on: date
    top: Annotated[int, Field(ge=1)]
    depth: Annotated[int, Field(ge=1)]
    sequence: int
    origin: str
    model: RecordedModel
    encoder: str
    terms: tuple[tuple[str, ...], tuple[str, ...]]
    reference: dict[str, str]
    versions: dict[str, str]
    considered: int
    eligible: int
    excluded: dict[str, int]
    candidates: int
    shown: tuple[Id, ...]
    place_rule: ReadingRule | None = None
    reader: str | None = None

    @property
    def rule(self) -> ReadingRule:
        """The rule for reading places and kinds: the recorded rule, or the oldest rule if none was recorded."""
        return self.place_rule or ReadingRule.REGION_FIELDS


class RecordedRedaction(Record):
    """A text from which a passage was erased.

    Attributes:
        kind: whether the text belongs to a revision or to an entry of the ledger.
        number: the sequence number of the revision, or the number of the entry.
        digest: the SHA-256 of the text that remained.

    """

    kind: ErasureKind
    number: int
    digest: Hash


class EntryContent(Record):
    """The content of an entry. `by` is the id of an organisation, member or key, never a person's name.

    `nonce` is random, and erased with the first passage that is erased from the entry, so that the hash of the entry
    does not help to guess the passage. `redactions` lists the texts that a redaction has changed.

    The function `attribution` refuses contact details before an entry is written. This class does not check
    again, so that a saved entry can be read even if a newer detector would refuse its text.
    """

    number: Annotated[int, Field(ge=1)]
    decision: str
    event: Event
    recorded_at: datetime
    by: Actor
    previous: Hash
    payload: Hash | None = None
    profile: Id | None = None
    reason: Phrase | None = None
    search: RecordedSearch | None = None
    nonce: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")] | None = None
    redactions: tuple[RecordedRedaction, ...] | None = None


@dataclass(frozen=True)
class Entry:
    """An entry: its content, the text that is hashed, and the hash.

    If the entry is `redacted`, `text` lacks a passage, and `hash` is the hash of the text as it was.
    """

    content: EntryContent
    text: str
    hash: str
    redacted: bool = False

    @classmethod
    def seal(cls, content: EntryContent) -> Entry:
        """Compute the text and the hash of `content`, and return the entry."""
        text = canonical_json(content.model_dump(mode="json", exclude_none=True))
        return cls(content, text, digest_of(text.encode()))

    @classmethod
    def read(cls, number: int, decision: str, event: str, text: Any, hash: str, remaining: str | None = None) -> Entry:
        """Return a stored entry after checking its hash, and its content against the other columns of the row.

        If the entry was redacted, `remaining` is the hash of the text that remained.

        Raises:
            Unavailable: the entry has been altered.
            InvalidInput: a newer version of the program wrote the entry.

        """
        if not isinstance(text, str) or digest_of(text.encode()) != (remaining or hash):
            raise altered(number)
        content = parse(EntryContent, json.loads(text), place=Place(file=f"ledger entry {number}"), stored=True)
        if (content.number, content.decision, content.event.value) != (number, decision, event):
            raise altered(number)
        return cls(content, text, hash, remaining is not None)

    def to_json(self) -> dict[str, Any]:
        """Return the content and the hash as a JSON value, and whether the entry is redacted if it is."""
        return {**json.loads(self.text), "hash": self.hash, **({"redacted": True} if self.redacted else {})}


def canonical_json(value: Any) -> str:
    """Return `value` as the JSON text that is hashed: sorted keys, no spaces, no escaped letters."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of `content` in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def altered(number: int) -> Unavailable:
    """Return the error for an entry that differs from what was recorded."""
    return Unavailable(
        f"ledger entry {number} has been altered", remedy="To check the whole ledger, run: matcher ledger verify"
    )


class _Attribution(Record):
    by: Annotated[Actor, AfterValidator(impersonal)]
    reason: Annotated[Phrase, AfterValidator(impersonal)] | None = None


def attribution(by: str, reason: str | None = None) -> _Attribution:
    """Check the actor `by` and the `reason` of an entry, and return both.

    Raises:
        InvalidInput: `by` is not a valid actor, `reason` is empty or too long, or either identifies a person.

    """
    try:
        return parse(_Attribution, {"by": by, "reason": reason})
    except InvalidInput as error:
        remedies = {
            "by": "Use the id of an organisation or key, such as icb-qwo or key:7f3a, never a person's name",
            "reason": "Enter a reason of 1 to 500 characters that does not identify a person",
        }
        remedy = remedies.get(error.place.field or "", error.remedy)
        raise InvalidInput(error.problem, remedy=remedy, place=error.place) from error
