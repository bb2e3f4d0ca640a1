"""Records lose the contact details in their texts, or are refused for them, and keep everything else."""

from __future__ import annotations

import pytest

from matcher.foundations.errors import InvalidInput
from matcher.records import Accreditation, Buyer, Capability, Filters, Identifiers, Need, Profile, TrackRecord, parse
from matcher.records.redaction import check_impersonal, redact_record

_WRITTEN = "Ring 0113 496 0000 or a@b.org"
_REDACTED = "Ring [contact removed] or [contact removed]"


def _need(text: str) -> Need:
    requirements = {"accreditations": (text,)}
    parts = {"title": text, "description": text, "outcomes": (text, "Fewer falls"), "region": text}
    return Need(id="01632-960123", **parts, buyer=Buyer(name=text), requirements=requirements, value=1_000)


def _profile(text: str) -> Profile:
    return Profile(
        id="01632-960123",
        name=text,
        identifiers=Identifiers(company="01632960"),
        summary=text,
        website=text,
        capabilities=(Capability(title=text, description=text, outcomes=(text,)),),
        track_record=(TrackRecord(title=text, description=text, buyer=text, region=text),),
        accreditations=(Accreditation(scheme=text, reference=text),),
    )


_NEED_FIELDS = ("title", "description", "buyer.name", "outcomes.0", "requirements.accreditations.0", "region")
_PROFILE_FIELDS = (
    "name", "summary", "capabilities.0.title", "capabilities.0.description", "capabilities.0.outcomes.0",
    "track_record.0.title", "track_record.0.description", "track_record.0.buyer", "track_record.0.region",
    "accreditations.0.scheme", "accreditations.0.reference", "website",
)  # fmt: skip


def test_every_text_of_a_record_is_redacted_and_named() -> None:
    assert redact_record(_need(_WRITTEN)) == (_need(_REDACTED), _NEED_FIELDS)
    assert redact_record(_profile(_WRITTEN)) == (_profile(_REDACTED), _PROFILE_FIELDS)


def test_a_record_without_contact_details_stays_as_it_is() -> None:
    for record in (_need("Falls clinics"), _profile("01274 Care"), Filters(identifiers=("company:01632960123",))):
        redacted, fields = redact_record(record)
        assert redacted is record
        assert fields == ()
        check_impersonal(record)


def test_a_record_with_contact_details_is_refused_with_the_field() -> None:
    with pytest.raises(InvalidInput, match=r"^title: contains an e-mail .*\(and 5 more in this record\). Remove"):
        check_impersonal(_need(_WRITTEN))
    part = Capability(title="Clinics", outcomes=("Fewer falls", "Ask anna.field at example.org"))
    with pytest.raises(InvalidInput, match=r"^capabilities.0.outcomes.1: contains an e-mail [^(]* the field contact"):
        check_impersonal(Profile(id="p", name="Steps", capabilities=(part,)))


def test_a_redacted_text_keeps_within_its_limit() -> None:
    need, _ = redact_record(Need(id="n", title="a@b.cc " * 71, description="a@b.cc " * 14_000, region="a@b.cc " * 28))
    assert parse(Need, need.model_dump(mode="json")).title == need.title.strip()
    assert need.title.startswith("[contact removed] [contact removed]")
