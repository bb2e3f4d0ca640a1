"""A preview of a profile, as others will see it and as search will read it."""

from __future__ import annotations

from matcher.records import Profile, Record
from matcher.texts.passages import passages_of, source_of


class SearchablePassage(Record):
    """A text that search compares with needs and may quote as a reason, and the text's place in the profile."""

    text: str
    source: str


class ProfilePreview(Record):
    """The public view of a profile, and the passages that search reads. The contact is never shown."""

    profile: Profile
    quotes: tuple[SearchablePassage, ...]


def preview_of(profile: Profile) -> ProfilePreview:
    """Return the preview of `profile`."""
    quotes = [
        SearchablePassage(text=passage.text, source=source_of(profile, passage)) for passage in passages_of(profile)
    ]
    return ProfilePreview(profile=profile, quotes=tuple(quotes))
