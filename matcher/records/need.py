"""A need: what a commissioner wants to achieve, for whom, where and by when."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import Field

from matcher.records.fields import (
    MAX_CODES,
    MAX_PARTS,
    MAX_TITLE,
    Amount,
    CpvCodes,
    Day,
    Id,
    Phrase,
    PlaceName,
    Postcode,
    Text,
    WantedRegions,
)
from matcher.records.fields import Title as TitleText
from matcher.records.parsing import Record, parse
from matcher.records.text import is_wordless
from matcher.records.vocabulary import Sector, Stage

# The id of every unsaved need that is made from free text.
FREE_TEXT: Final = "free-text"


class Buyer(Record):
    """The public body that has a need."""

    name: Phrase
    ods_code: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{2,10}$")] | None = None


class Requirements(Record):
    """What makes a partner eligible: all the accreditations (in date), one of the sectors and one of the regions."""

    accreditations: Annotated[tuple[TitleText, ...], Field(max_length=MAX_CODES)] = ()
    sectors: Annotated[tuple[Sector, ...], Field(max_length=MAX_CODES)] = ()
    regions: WantedRegions = ()


class Lot(Record):
    """A part of a need that can be won by itself. `value` is in pounds over the whole life of the contract."""

    id: Phrase | None = None
    title: TitleText | None = None
    description: Text = ""
    value: Amount | None = None
    cpv: CpvCodes = ()
    region: PlaceName | None = None


class _FreeText(Record):
    description: Text


class Need(Record):
    """A commissioner's need. `value` is in pounds over the whole life of the contract, which `starts` on that day."""

    id: Id
    title: TitleText
    description: Text = ""
    buyer: Buyer | None = None
    outcomes: Annotated[tuple[Text, ...], Field(max_length=MAX_CODES)] = ()
    requirements: Requirements = Requirements()
    lots: Annotated[tuple[Lot, ...], Field(max_length=MAX_PARTS)] = ()
    cpv: CpvCodes = ()
    region: PlaceName | None = None
    postcode: Postcode | None = None
    value: Amount | None = None
    published: Day | None = None
    closes: Day | None = None
    starts: Day | None = None
    stage: Stage | None = None

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return an unsaved need made from free text. Text that does not fit in the title continues in the description.

        Raises:
            InvalidInput: `text` is too long or has no word in it.

        """
        words = parse(_FreeText, {"description": text}).description
        title = words[:MAX_TITLE]
        if len(words) > MAX_TITLE and not is_wordless(shorter := title.rsplit(" ", 1)[0]):
            title = shorter
        return parse(cls, {"id": FREE_TEXT, "title": title, "description": words[len(title) :].strip()})
