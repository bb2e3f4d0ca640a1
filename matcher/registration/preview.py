"""Preview: a profile as others will see it, and as search will read it."""

from __future__ import annotations

from matcher.records import Profile, Record
from matcher.texts.passages import passages_of, source_of


class Quote(Record):
    """A text that search compares with needs and may quote as a reason, and where it stands."""

    text: str
    source: str


class Preview(Record):
    """What everybody will see. A contact is not among it: that is shown to nobody."""

    profile: Profile
    quotes: tuple[Quote, ...]


def preview_of(profile: Profile) -> Preview:
    """Return how `profile` will be shown and read."""
    quotes = [Quote(text=passage.text, source=source_of(profile, passage)) for passage in passages_of(profile)]
    return Preview(profile=profile, quotes=tuple(quotes))
