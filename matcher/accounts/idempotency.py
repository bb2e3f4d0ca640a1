"""Idempotency keys: a creation request that is sent twice with the same key creates only one record.

Only a reference to the record is stored, so that nothing of a record that was deleted or redacted remains here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, select

from matcher.accounts.policy import IDEMPOTENCY_KEY_LIFE
from matcher.accounts.tables import creation
from matcher.foundations.errors import InvalidInput, Place
from matcher.store.database import Database


@dataclass(frozen=True)
class CreatedRecord:
    """A reference to a created record: its id, and the sequence number of its first revision, if it has one."""

    id: str
    sequence: int | None = None

    def to_text(self) -> str:
        """Return the reference as JSON text."""
        return json.dumps({name: value for name, value in vars(self).items() if value is not None})


class IdempotencyKeys:
    """References to created records, stored by organisation and Idempotency-Key for `IDEMPOTENCY_KEY_LIFE`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run_once(
        self, organisation_id: str | None, key: str | None, request: Any, create: Callable[[], CreatedRecord]
    ) -> CreatedRecord:
        """Return the result of the first call of `create` for `key`. If `key` is None, always call `create`.

        Call this method while writing to the store, so that only one of two concurrent requests creates a record.

        Args:
            organisation_id: the owner of the key, or None for the operator.
            key: the Idempotency-Key of the request, or None if the request has no key.
            request: the request as a JSON value. Only its digest is stored.
            create: creates the record and returns a reference to the record.

        Raises:
            InvalidInput: the key was used for a different request.

        """
        if key is None:
            return create()
        owner, digest = organisation_id or "", _digest(request)
        with self._database.joining() as connection:
            connection.execute(delete(creation).where(creation.c.created_at < datetime.now(UTC) - IDEMPOTENCY_KEY_LIFE))
            query = select(creation).where(creation.c.organisation_id == owner, creation.c.key == key)
            if (row := connection.execute(query).one_or_none()) is None:
                created = create()
                values = {"digest": digest, "answer": created.to_text(), "created_at": datetime.now(UTC)}
                connection.execute(insert(creation).values(organisation_id=owner, key=key, **values))
                return created
        if row.digest != digest:
            raise InvalidInput(
                "was already used for a different request",
                remedy="Repeat the first request unchanged, or use another key for a new request",
                place=Place(field="idempotency-key"),
            )
        return CreatedRecord(**json.loads(row.answer))


def _digest(request: Any) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
