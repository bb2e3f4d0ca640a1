"""Need query: selects the needs of a programme from the store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from pydantic import Field

from matcher.records import Need, Record, Stage
from matcher.records.fields import MAX_CODES, Title, WantedRegions
from matcher.records.places import regions_of_record
from matcher.store import Store

_CpvPrefix = Annotated[str, Field(pattern=r"^[0-9]{1,8}$")]


class NeedQuery(Record):
    """Conditions on stored needs. A need must meet every condition that is set. If a condition lists several values,
    one match is enough.

    `cpv` lists prefixes of CPV codes. `buyer` is the buyer's complete ODS code or part of the buyer's name. Every word
    in `words` must be in the title or the description. A national need is in every region. `open_on` excludes the needs
    that close before that date.
    """

    stages: Annotated[tuple[Stage, ...], Field(max_length=MAX_CODES)] = ()
    regions: WantedRegions = ()
    cpv: Annotated[tuple[_CpvPrefix, ...], Field(max_length=MAX_CODES)] = ()
    buyer: Title | None = None
    words: Title | None = None
    open_on: date | None = None

    def matches(self, need: Need) -> bool:
        """Return whether `need` meets every condition."""
        return (
            (not self.stages or need.stage in self.stages)
            and (not self.regions or bool(regions_of_record(need) & set(self.regions)))
            and (not self.cpv or any(code.startswith(self.cpv) for code in need.cpv))
            and (self.buyer is None or self._matches_buyer(need))
            and (self.words is None or self._contains_words(need))
            and (self.open_on is None or need.closes is None or need.closes >= self.open_on)
        )

    def select_from(self, store: Store) -> Iterator[Need]:
        """Yield the stored needs that meet every condition, in id order."""
        return (revision.record for revision in store.needs() if self.matches(revision.record))

    def _matches_buyer(self, need: Need) -> bool:
        query = (self.buyer or "").casefold()
        return need.buyer is not None and (
            query in need.buyer.name.casefold() or query == (need.buyer.ods_code or "").casefold()
        )

    def _contains_words(self, need: Need) -> bool:
        text = f"{need.title} {need.description}".casefold()
        return all(word in text for word in (self.words or "").casefold().split())
