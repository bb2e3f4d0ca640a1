"""Digest: the opportunities of a supplier that it was not told of yet."""

from __future__ import annotations

from datetime import date
from typing import Final

from matcher.accounts import Ownership
from matcher.alerts.alerts import Alert, Alerts
from matcher.engine import Engine
from matcher.opportunities import Opportunity, opportunities_for
from matcher.records import Record
from matcher.records.policy import Band
from matcher.store import RecordKind

# A letter that nobody reads to its end tells nothing; the rest is told in the next.
LONGEST: Final = 20
_ORDER: Final = (Band.UNLIKELY, Band.POSSIBLE, Band.STRONG)


class Digest(Record):
    """New opportunities of a supplier on a day, best first."""

    profile_id: str
    name: str
    day: date
    opportunities: tuple[Opportunity, ...]


def digest_for(engine: Engine, alerts: Alerts, alert: Alert, *, on: date | None = None) -> Digest:
    """Return what a supplier is to be told of now; drafts are never among it.

    Raises:
        NotFound: the profile was withdrawn.

    """
    on = on or date.today()
    profile = engine.store.profile(alert.profile_id).record
    passed = Ownership(engine.store.database).drafts(RecordKind.NEED) | alerts.told(alert.profile_id)
    found = opportunities_for(engine, alert.profile_id, hidden=passed, top=10_000, on=on)
    wanted = [one for one in found.results if _ORDER.index(one.band) >= _ORDER.index(alert.band)]
    return Digest(profile_id=profile.id, name=profile.name, day=on, opportunities=tuple(wanted[:LONGEST]))
