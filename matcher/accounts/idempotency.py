"""Creations: a request to create that is repeated with its Idempotency-Key creates nothing twice."""

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
    """What was created under which key, organisation by organisation, for `IDEMPOTENCY_KEY_LIFE`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run_once(
        self, organisation_id: str | None, key: str | None, request: Any, create: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """Return what `create` returned the first time under `key`; without a key, create.

        To be called while the store is being written, so that of two that come at once one creates.

        Args:
            request: what was asked, as a JSON value; only its digest is kept.
            create: creates and returns the answer as a JSON object, without data about a person.

        Raises:
            InvalidInput: the key came with another request before.

        """
        if key is None:
            return create()
        owner, digest = organisation_id or "", _digest(request)
        with self._database.joining() as connection:
            connection.execute(delete(creation).where(creation.c.created_at < datetime.now(UTC) - IDEMPOTENCY_KEY_LIFE))
            asked = select(creation).where(creation.c.organisation_id == owner, creation.c.key == key)
            if (row := connection.execute(asked).one_or_none()) is None:
                answer = create()
                kept = {"digest": digest, "answer": json.dumps(answer), "created_at": datetime.now(UTC)}
                connection.execute(insert(creation).values(organisation_id=owner, key=key, **kept))
                return answer
        if row.digest != digest:
            raise InvalidInput(
                "came with another request before",
                remedy="Repeat the first request unchanged, or choose another key for a new one",
                place=Place(field="idempotency-key"),
            )
        first: dict[str, Any] = json.loads(row.answer)
        return first


def _digest(request: Any) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
