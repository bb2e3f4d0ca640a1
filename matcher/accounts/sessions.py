"""Browser sessions: a random token in a cookie, the token's digest in the database, and a fixed expiry time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from matcher.accounts.caller import Caller
from matcher.accounts.last_used import LastUsed
from matcher.accounts.policy import SESSION_IDLE, SESSION_LIFE
from matcher.accounts.roles import Role
from matcher.accounts.secrets import digest_of, make_secret
from matcher.accounts.tables import browser_session, member
from matcher.foundations.errors import NotSignedIn
from matcher.store.database import Database


@dataclass(frozen=True)
class NewSession:
    """A new session: the token for the cookie, and the CSRF token to send with each change."""

    token: str
    csrf: str
    expires_at: datetime


class Sessions:
    """The sessions of all members. `last_used` records each use of a session."""

    def __init__(self, database: Database, last_used: LastUsed) -> None:
        self._database = database
        self._last_used = last_used

    def start(self, member_id: str, *, now: datetime | None = None) -> NewSession:
        """Start a session for a member, and delete sessions that have ended."""
        now, token = now or datetime.now(UTC), make_secret()
        row = {"digest": digest_of(token), "member_id": member_id, "created_at": now}
        with self._database.joining() as connection:
            ended = (browser_session.c.expires_at <= now) | (browser_session.c.used_at <= now - 2 * SESSION_IDLE)
            connection.execute(delete(browser_session).where(ended))
            connection.execute(insert(browser_session).values(**row, expires_at=now + SESSION_LIFE, used_at=now))
        return NewSession(token, csrf_of(token), now + SESSION_LIFE)

    def authenticate(self, token: str, *, now: datetime | None = None) -> Caller:
        """Return the caller to whom the session with this `token` belongs.

        Raises:
            NotSignedIn: the session is unknown, has ended or was unused for `SESSION_IDLE`, or the member was removed.

        """
        now, digest = now or datetime.now(UTC), digest_of(token)
        query = select(browser_session, member.c.organisation_id, member.c.roles, member.c.removed_at)
        query = query.join(member, member.c.id == browser_session.c.member_id)
        with self._database.reading() as connection:
            row = connection.execute(query.where(browser_session.c.digest == digest)).one_or_none()
        used = max(row.used_at, self._last_used.last(browser_session, digest) or row.used_at) if row else now
        if row is None or row.removed_at is not None or row.expires_at <= now or used + SESSION_IDLE <= now:
            raise NotSignedIn("the session has ended", remedy="Sign in again")
        self._last_used.note(browser_session, digest, now)
        roles = frozenset(Role(role) for role in row.roles.split(","))
        return replace(Caller(roles, row.organisation_id, row.member_id), csrf=csrf_of(token))

    def end(self, token: str) -> None:
        """End a session. Do nothing if the session has already ended."""
        with self._database.joining() as connection:
            connection.execute(delete(browser_session).where(browser_session.c.digest == digest_of(token)))


def csrf_of(token: str) -> str:
    """Return the CSRF token for a session. The CSRF token is derived from the session's `token` and not stored."""
    return digest_of(f"csrf:{token}")
