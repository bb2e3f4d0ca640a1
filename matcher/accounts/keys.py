"""API keys of the form `mk_<prefix>_<secret>`. The prefix identifies a key, and the secret is shown only once."""

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
# If the prefix is unknown, the secret is compared with this digest, so that timing does not reveal whether a prefix is
# known.
_UNKNOWN: Final = digest_of("")


@dataclass(frozen=True)
class ApiKey:
    """A stored key, without the digest of the secret."""

    prefix: str
    member_id: str
    label: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    used_at: datetime | None = None


@dataclass(frozen=True)
class NewKey:
    """A new key and the full text of the key. The text is not stored."""

    key: ApiKey
    text: str


class Keys:
    """The keys of all members. `last_used` records each use of a key."""

    def __init__(self, database: Database, last_used: LastUsed | None = None) -> None:
        self._database = database
        self._last_used = last_used

    def create(self, member_id: str, *, label: str = "", life: timedelta = KEY_LIFE) -> NewKey:
        """Create a key for a member. The text of the key cannot be read again later.

        Raises:
            InvalidInput: `life` is not positive or exceeds `LONGEST_KEY_LIFE`, or `label` is not valid.
            NotFound: no member has this id, or the member was removed.

        """
        if not timedelta(0) < life <= LONGEST_KEY_LIFE:
            raise InvalidInput(
                f"a key cannot be valid for {life.days} days",
                remedy=f"Give 1 to {LONGEST_KEY_LIFE.days} days",
                place=Place(field="days"),
            )
        label = (parse(Contact, {"name": label}).name or "") if label else ""
        now, secret = datetime.now(UTC), make_secret()
        key = ApiKey(secrets.token_hex(_PREFIX_BYTES), member_id, label, now, now + life)
        with self._database.joining() as connection:
            active = select(member.c.id).where(member.c.id == member_id, member.c.removed_at.is_(None))
            if connection.scalar(active) is None:
                raise NotFound(f"there is no member {member_id!r}", remedy="List the ids with: matcher accounts list")
            connection.execute(insert(api_key).values(**vars(key), digest=digest_of(secret)))
        return NewKey(key, f"{_MARK}_{key.prefix}_{secret}")

    def authenticate(self, text: str, *, now: datetime | None = None) -> Caller:
        """Return the caller to whom the key with this `text` belongs.

        Raises:
            NotSignedIn: the key is unknown, expired or revoked, or the key's member was removed.

        """
        now = now or datetime.now(UTC)
        mark, _, rest = text.partition("_")
        prefix, _, secret = rest.partition("_")
        row = self._find(prefix) if mark == _MARK and secret and prefix.isalnum() and len(prefix) < 64 else None
        is_correct = matches_digest(row.digest if row else _UNKNOWN, secret)
        if row is None or not is_correct:
            raise NotSignedIn("the key is unknown", remedy="Send the key exactly as it was shown when it was created")
        if row.revoked_at is not None or row.removed_at is not None:
            raise NotSignedIn(f"the key {prefix} was revoked", remedy="Ask your administrator for a new key")
        if row.expires_at <= now:
            raise NotSignedIn(f"the key {prefix} has expired", remedy="Ask your administrator for a new key")
        if self._last_used is not None:
            self._last_used.note(api_key, prefix, now)
        return _caller(row)

    def all(self) -> list[ApiKey]:
        """Return all keys, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(api_key).order_by(api_key.c.created_at, api_key.c.prefix)).all()
        fields = ApiKey.__dataclass_fields__
        return [ApiKey(**{name: value for name, value in row._asdict().items() if name in fields}) for row in rows]

    def any(self) -> bool:
        """Return whether any key has ever been created."""
        with self._database.reading() as connection:
            return connection.scalar(select(api_key.c.prefix).limit(1)) is not None

    def revoke(self, prefix: str) -> ApiKey:
        """Revoke a key immediately and return the key. A key that is already revoked stays unchanged.

        Raises:
            NotFound: no key has this prefix.

        """
        now = datetime.now(UTC)
        key = next((key for key in self.all() if key.prefix == prefix), None)
        if key is None:
            raise NotFound(f"there is no key {prefix!r}", remedy="Enter the part between mk_ and the next underscore")
        if key.revoked_at is not None:
            return key
        with self._database.joining() as connection:
            connection.execute(update(api_key).where(api_key.c.prefix == prefix).values(revoked_at=now))
        return replace(key, revoked_at=now)

    def _find(self, prefix: str) -> Row[Any] | None:
        query = select(api_key, member.c.organisation_id, member.c.roles, member.c.removed_at)
        query = query.join(member, member.c.id == api_key.c.member_id).where(api_key.c.prefix == prefix)
        with self._database.reading() as connection:
            return connection.execute(query).one_or_none()


def _caller(row: Row[Any]) -> Caller:
    return Caller(frozenset(Role(role) for role in row.roles.split(",")), row.organisation_id, row.member_id)
