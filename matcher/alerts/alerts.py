"""Suppliers' alerts, and the needs already reported to each supplier."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, select

from matcher.alerts.tables import alert, alert_told
from matcher.foundations.errors import NotFound
from matcher.records import Record
from matcher.records.policy import Band
from matcher.store.database import Database
from matcher.store.rows import insert_into


class Alert(Record):
    """A supplier's request for news of opportunities.

    Attributes:
        profile_id: the id of the supplier's profile.
        band: the lowest band to report.
        saved_at: when the request was saved.

    """

    profile_id: str
    band: Band
    saved_at: datetime


class Alerts:
    """All suppliers' alerts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, profile_id: str, band: Band) -> Alert:
        """Save an alert for a profile, replacing any earlier alert, and return the saved alert."""
        saved = Alert(profile_id=profile_id, band=band, saved_at=datetime.now(UTC))
        with self._database.joining() as connection:
            upsert = insert_into(connection, alert).values(**saved.model_dump(mode="python") | {"band": band.value})
            new = {name: upsert.excluded[name] for name in ("band", "saved_at")}
            connection.execute(upsert.on_conflict_do_update(index_elements=["profile_id"], set_=new))
        return saved

    def find(self, profile_id: str) -> Alert | None:
        """Return the alert for a profile, or None if the profile has no alert."""
        with self._database.reading() as connection:
            row = connection.execute(select(alert).where(alert.c.profile_id == profile_id)).first()
        return _alert(row) if row else None

    def read(self, profile_id: str) -> Alert:
        """Return the alert for a profile.

        Raises:
            NotFound: the profile has no alert.

        """
        if (saved := self.find(profile_id)) is None:
            raise _absent(profile_id)
        return saved

    def all(self) -> list[Alert]:
        """Return all alerts, sorted by profile id."""
        with self._database.reading() as connection:
            return [_alert(row) for row in connection.execute(select(alert).order_by(alert.c.profile_id))]

    def remove(self, profile_id: str) -> None:
        """Delete the alert for a profile and the list of needs reported to it.

        Raises:
            NotFound: the profile has no alert.

        """
        with self._database.joining() as connection:
            if not connection.execute(delete(alert).where(alert.c.profile_id == profile_id)).rowcount:
                raise _absent(profile_id)
            connection.execute(delete(alert_told).where(alert_told.c.profile_id == profile_id))

    def reported(self, profile_id: str) -> frozenset[str]:
        """Return the ids of the needs already reported to a supplier."""
        with self._database.reading() as connection:
            query = select(alert_told.c.need_id).where(alert_told.c.profile_id == profile_id)
            return frozenset(connection.scalars(query))

    def mark_reported(self, profile_id: str, need_ids: Iterable[str]) -> None:
        """Record that needs were reported to a supplier."""
        now = datetime.now(UTC)
        rows = [{"profile_id": profile_id, "need_id": id, "told_at": now} for id in need_ids]
        if rows:
            with self._database.joining() as connection:
                connection.execute(insert_into(connection, alert_told).on_conflict_do_nothing(), rows)


def _alert(row: Row[Any]) -> Alert:
    return Alert(profile_id=row.profile_id, band=Band(row.band), saved_at=row.saved_at)


def _absent(profile_id: str) -> NotFound:
    return NotFound(f"the profile {profile_id!r} has no alert", remedy="Save an alert with PUT")
