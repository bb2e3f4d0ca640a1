"""Digest: the opportunities of a supplier that it was not told of yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from matcher.accounts import Ownership
from matcher.alerts.alerts import Alert, Alerts
from matcher.records import Record
from matcher.records.policy import Band
from matcher.search.engine import Engine
from matcher.search.opportunities import Opportunity, opportunities_of
from matcher.store import RecordKind
from matcher.store.rows import chunks

# A letter that nobody reads to its end tells nothing; the rest is told in the next.
LONGEST: Final = 20
# Profiles whose needs are searched together: below the fewest candidates an engine may be set to.
_BATCH: Final = 10
_ORDER: Final = (Band.UNLIKELY, Band.POSSIBLE, Band.STRONG)


class Digest(Record):
    """New opportunities of a supplier on a day, best first; none where there is nothing new."""

    profile_id: str
    name: str
    day: date
    opportunities: tuple[Opportunity, ...]


def digests(engine: Engine, alerts: Alerts, *, on: date | None = None) -> Iterator[Digest | Alert]:
    """Yield what each supplier is to be told of now, drafts never among it; for a profile that was withdrawn, the
    alert itself.
    """
    on = on or date.today()
    drafts = Ownership(engine.store.database).drafts(RecordKind.NEED)
    for batch in chunks(alerts.all(), _BATCH):
        ids = [alert.profile_id for alert in batch]
        told = {id: alerts.reported(id) for id in ids}
        # The best that are new stand among so many of the best.
        top = LONGEST + max(map(len, told.values()))
        found = opportunities_of(engine, ids, hidden=drafts, top=top, on=on)
        profiles = engine.store.profiles(ids)
        for alert in batch:
            if alert.profile_id not in found or alert.profile_id not in profiles:
                yield alert
                continue
            new = _new(alert, found[alert.profile_id].results, told[alert.profile_id])
            name = profiles[alert.profile_id].name
            yield Digest(profile_id=alert.profile_id, name=name, day=on, opportunities=new)


def _new(alert: Alert, found: tuple[Opportunity, ...], told: frozenset[str]) -> tuple[Opportunity, ...]:
    least = _ORDER.index(alert.band)
    wanted = [one for one in found if _ORDER.index(one.band) >= least and one.need_id not in told]
    return tuple(one.model_copy(update={"rank": rank}) for rank, one in enumerate(wanted[:LONGEST], start=1))
