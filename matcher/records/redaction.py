"""Redact contact details in the free text of records."""

from __future__ import annotations

from matcher.foundations.personal_data import redact
from matcher.records.fields import MAX_TEXT, MAX_TITLE
from matcher.records.need import Lot, Need
from matcher.records.profile import Capability, Profile, TrackRecord


def redact_need(need: Need) -> Need:
    """Return `need` with the contact details in its title, description, outcomes and lots redacted."""
    return need.model_copy(
        update={
            "title": _title(need.title),
            "description": _text(need.description),
            "outcomes": _texts(need.outcomes),
            "lots": tuple(_lot(part) for part in need.lots),
        }
    )


def redact_profile(profile: Profile) -> Profile:
    """Return `profile` with the contact details in its summary, capabilities and track record redacted.

    The name and website stay unchanged.
    """
    return profile.model_copy(
        update={
            "summary": _text(profile.summary),
            "capabilities": tuple(_capability(part) for part in profile.capabilities),
            "track_record": tuple(_work(part) for part in profile.track_record),
        }
    )


def _capability(part: Capability) -> Capability:
    texts = {"title": _title(part.title), "description": _text(part.description), "outcomes": _texts(part.outcomes)}
    return part.model_copy(update=texts)


def _lot(part: Lot) -> Lot:
    title = part.title if part.title is None else _title(part.title)
    return part.model_copy(update={"title": title, "description": _text(part.description)})


def _work(part: TrackRecord) -> TrackRecord:
    return part.model_copy(update={"title": _title(part.title), "description": _text(part.description)})


def _texts(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_text(text) for text in texts)


# Cut a redacted text to its limit, because the text that replaces a contact detail may be longer than the detail.
def _title(title: str) -> str:
    return redact(title).text[:MAX_TITLE]


def _text(text: str) -> str:
    return redact(text).text[:MAX_TEXT]
