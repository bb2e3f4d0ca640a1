"""Idempotency keys: a creation request that is sent twice with the same key creates only one record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, select

from matcher.accounts.policy import IDEMPOTENCY_KEY_LIFE
from matcher.accounts.tables import creation
from matcher.foundations.errors import InvalidInput, Place
from matcher.store.database import Database


class IdempotencyKeys:
    """The responses to creation requests, stored by organisation and Idempotency-Key for `IDEMPOTENCY_KEY_LIFE`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run_once(
        self, organisation_id: str | None, key: str | None, request: Any, create: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """Return the response from the first call of `create` for `key`. If `key` is None, always call `create`.

        Call this method while writing to the store, so that only one of two concurrent requests creates a record.

        Args:
            organisation_id: the owner of the key, or None for the operator.
            key: the Idempotency-Key of the request, or None if the request has no key.
            request: the request as a JSON value. Only its digest is stored.
            create: creates the record and returns the response as a JSON object, without personal data.

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
                response = create()
                values = {"digest": digest, "answer": json.dumps(response), "created_at": datetime.now(UTC)}
                connection.execute(insert(creation).values(organisation_id=owner, key=key, **values))
                return response
        if row.digest != digest:
            raise InvalidInput(
                "was already used for a different request",
                remedy="Repeat the first request unchanged, or use another key for a new request",
                place=Place(field="idempotency-key"),
            )
        first: dict[str, Any] = json.loads(row.answer)
        return first


def _digest(request: Any) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
