"""A register with alerts."""

from __future__ import annotations

from matcher.accounts import Ownership
from matcher.alerts import Alerts
from matcher.records import Capability, Contact, Need, Profile
from matcher.records.policy import Band
from matcher.store import RecordKind, Store


def with_needs(store: Store) -> None:
    """Add two suppliers with alerts, only one with a contact, and four needs: two open, one draft and one awarded."""
    falls = Capability(title="Falls clinic", description="A clinic for older people who fall at home")
    with store.writing() as writer:
        contact = Contact(name="A. Person", email="a@steps.example")
        writer.put(Profile(id="with/contact", name="Steady Steps", capabilities=(falls,)), contact=contact)
        writer.put(Profile(id="without", name="Paces", capabilities=(falls,)))
        for id in ("open-1", "open-2", "draft"):
            writer.put(Need(id=id, title="Falls clinic", description="A clinic for older people"))
        writer.put(Need.model_validate({"id": "over", "title": "Falls clinic", "stage": "award"}))
    Ownership(store.database).assign(RecordKind.NEED, "draft", None, draft=True)
    for id in ("with/contact", "without"):
        Alerts(store.database).save(id, Band.UNLIKELY)
