"""Records lose the contact details in their free text and keep everything else."""

from __future__ import annotations

from matcher.records import Capability, Need, Profile, TrackRecord, parse
from matcher.records.redaction import redact_need, redact_profile

_WRITTEN = "Ring 0113 496 0000 or a@b.org"
_REDACTED = "Ring [contact removed] or [contact removed]"


def test_the_free_text_of_a_need_is_redacted() -> None:
    need = Need(id="n", title=_WRITTEN, description=_WRITTEN, outcomes=(_WRITTEN, "Fewer falls"), value=1_000)
    assert redact_need(need) == Need(
        id="n", title=_REDACTED, description=_REDACTED, outcomes=(_REDACTED, "Fewer falls"), value=1_000
    )


def test_the_free_text_of_a_profile_is_redacted() -> None:
    def profile(text: str) -> Profile:
        return Profile(
            id="p",
            name="01274 Care",
            summary=text,
            website="https://example.org",
            capabilities=(Capability(title=text, description=text, outcomes=(text,)),),
            track_record=(TrackRecord(title=text, description=text, buyer="Calderwick Council"),),
        )

    assert redact_profile(profile(_WRITTEN)) == profile(_REDACTED)
    assert redact_profile(profile("Falls clinics")) == profile("Falls clinics")


def test_a_redacted_text_keeps_within_its_limit() -> None:
    need = redact_need(Need(id="n", title="a@b.cc " * 71, description="a@b.cc " * 14_000))
    assert len(need.title) == 500
    assert len(need.description) == 100_000
    assert parse(Need, need.model_dump(mode="json")).title == need.title.strip()
