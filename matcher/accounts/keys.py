"""API keys: `mk_<prefix>_<secret>`, shown once, known again by the prefix, proved by the secret."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, insert, select, update

from matcher.accounts.caller import Caller
from matcher.accounts.last_used import LastUsed
from matcher.accounts.policy import KEY_LIFE, LONGEST_KEY_LIFE
from matcher.accounts.roles import Role
from matcher.accounts.secrets import digest_of, make_secret, matches_digest
from matcher.accounts.tables import api_key, member
from matcher.foundations.errors import InvalidInput, NotFound, NotSignedIn, Place
from matcher.records import Contact, parse
from matcher.store.database import Database

_MARK: Final = "mk"
_PREFIX_BYTES: Final = 5
# What an unknown prefix is held against, so that it takes as long as a known one.
_NOBODYS: Final = digest_of("")


@dataclass(frozen=True)
class ApiKey:
    """What is kept of a key, but for the digest of its secret."""

    prefix: str
    member_id: str
    label: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    used_at: datetime | None = None


@dataclass(frozen=True)
class NewKey:
    """A key and the one showing of its text."""

    key: ApiKey
    text: str


class Keys:
    """The keys of all members. `uses` is told of every key that proved somebody."""

    def __init__(self, database: Database, uses: LastUsed | None = None) -> None:
        self._database = database
        self._uses = uses

    def create(self, member_id: str, *, label: str = "", life: timedelta = KEY_LIFE) -> NewKey:
        """Make a key for a member. Its text cannot be had again.

        Raises:
            InvalidInput: it is to hold for no time, or longer than `LONGEST_KEY_LIFE`, or the label is none.
            NotFound: there is no such member, or the member was removed.

        """
        if not timedelta(0) < life <= LONGEST_KEY_LIFE:
            raise InvalidInput(
                f"a key cannot hold for {life.days} days",
                remedy=f"Give 1 to {LONGEST_KEY_LIFE.days} days",
                place=Place(field="days"),
            )
        label = (parse(Contact, {"name": label}).name or "") if label else ""
        now, secret = datetime.now(UTC), make_secret()
        key = ApiKey(secrets.token_hex(_PREFIX_BYTES), member_id, label, now, now + life)
        with self._database.joining() as connection:
            alive = select(member.c.id).where(member.c.id == member_id, member.c.removed_at.is_(None))
            if connection.scalar(alive) is None:
                raise NotFound(f"there is no member {member_id!r}", remedy="See: matcher accounts list")
            connection.execute(insert(api_key).values(**vars(key), digest=digest_of(secret)))
        return NewKey(key, f"{_MARK}_{key.prefix}_{secret}")

    def authenticate(self, text: str, *, now: datetime | None = None) -> Caller:
        """Return whose key `text` is.

        Raises:
            NotSignedIn: nobody's, or it has expired or was revoked.

        """
        now = now or datetime.now(UTC)
        mark, _, rest = text.partition("_")
        prefix, _, secret = rest.partition("_")
        row = self._find(prefix) if mark == _MARK and secret and prefix.isalnum() and len(prefix) < 64 else None
        right = matches_digest(row.digest if row else _NOBODYS, secret)
        if row is None or not right:
            raise NotSignedIn("the key is not known", remedy="Send a key as it was shown when it was made")
        if row.revoked_at is not None or row.removed_at is not None:
            raise NotSignedIn(f"the key {prefix} was revoked", remedy="Ask your administrator for another")
        if row.expires_at <= now:
            raise NotSignedIn(f"the key {prefix} has expired", remedy="Ask your administrator for another")
        if self._uses is not None:
            self._uses.note(api_key, prefix, now)
        return _caller(row)

    def all(self) -> list[ApiKey]:
        """Return all keys, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(api_key).order_by(api_key.c.created_at, api_key.c.prefix)).all()
        fields = ApiKey.__dataclass_fields__
        return [ApiKey(**{name: value for name, value in row._asdict().items() if name in fields}) for row in rows]

    def any(self) -> bool:
        """Whether a key was ever made: whether this installation has accounts."""
        with self._database.reading() as connection:
            return connection.scalar(select(api_key.c.prefix).limit(1)) is not None

    def revoke(self, prefix: str) -> ApiKey:
        """End a key at once, and return it; one that is revoked already stays as it is.

        Raises:
            NotFound: there is no such key.

        """
        now = datetime.now(UTC)
        found = next((key for key in self.all() if key.prefix == prefix), None)
        if found is None:
            raise NotFound(f"there is no key {prefix!r}", remedy="Give the part between mk_ and the next underscore")
        if found.revoked_at is not None:
            return found
        with self._database.joining() as connection:
            connection.execute(update(api_key).where(api_key.c.prefix == prefix).values(revoked_at=now))
        return replace(found, revoked_at=now)

    def _find(self, prefix: str) -> Row[Any] | None:
        asked = select(api_key, member.c.organisation_id, member.c.roles, member.c.removed_at)
        asked = asked.join(member, member.c.id == api_key.c.member_id).where(api_key.c.prefix == prefix)
        with self._database.reading() as connection:
            return connection.execute(asked).one_or_none()


def _caller(row: Row[Any]) -> Caller:
    return Caller(frozenset(Role(role) for role in row.roles.split(",")), row.organisation_id, row.member_id)
