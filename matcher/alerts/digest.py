"""Digests: the opportunities that have not yet been reported to each supplier."""

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

# The maximum number of opportunities in one digest, small enough for an e-mail. Later digests hold the rest.
MAX_OPPORTUNITIES: Final = 20
# The number of profiles for which opportunities are searched together.
_BATCH: Final = 10
_ORDER: Final = (Band.UNLIKELY, Band.POSSIBLE, Band.STRONG)


class Digest(Record):
    """The new opportunities for a supplier on one day, best first. A digest may be empty."""

    profile_id: str
    name: str
    day: date
    opportunities: tuple[Opportunity, ...]


def digests(engine: Engine, alerts: Alerts, *, on: date | None = None) -> Iterator[Digest | Alert]:
    """Yield a digest for each alert. A digest leaves out draft needs, and may be empty.

    If the profile that an alert belongs to was withdrawn, yield the alert instead of a digest. `on` is the date of the
    digests, by default today.
    """
    on = on or date.today()
    drafts = Ownership(engine.store.database).drafts(RecordKind.NEED)
    for batch in chunks(alerts.all(), _BATCH):
        ids = [alert.profile_id for alert in batch]
        reported = {id: alerts.reported(id) for id in ids}
        # Enough results to fill a digest after leaving out the needs already reported.
        top = MAX_OPPORTUNITIES + max(map(len, reported.values()))
        results = opportunities_of(engine, ids, hidden=drafts, top=top, on=on)
        profiles = engine.store.profiles(ids)
        for alert in batch:
            if alert.profile_id not in results or alert.profile_id not in profiles:
                yield alert
                continue
            new = _new(alert, results[alert.profile_id].results, reported[alert.profile_id])
            name = profiles[alert.profile_id].name
            yield Digest(profile_id=alert.profile_id, name=name, day=on, opportunities=new)


def _new(alert: Alert, opportunities: tuple[Opportunity, ...], reported: frozenset[str]) -> tuple[Opportunity, ...]:
    bands = _ORDER[_ORDER.index(alert.band) :]
    new = [
        opportunity
        for opportunity in opportunities
        if opportunity.band in bands and opportunity.need_id not in reported
    ]
    return tuple(
        opportunity.model_copy(update={"rank": rank})
        for rank, opportunity in enumerate(new[:MAX_OPPORTUNITIES], start=1)
    )
