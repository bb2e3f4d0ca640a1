"""The Idempotency-Key header, with which a client that lost a response can safely repeat a creation request."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header
from pydantic import AfterValidator, Field

from matcher.records.fields import printable


def _idempotency_key(
    idempotency_key: Annotated[
        Annotated[str, Field(min_length=1, max_length=255), AfterValidator(printable)] | None,
        Header(
            description="Any text of your choice. If you repeat a request within a week with the same key and body, "
            "you get the first response again and nothing new is created. With another body it is refused.",
        ),
    ] = None,
) -> str | None:
    return idempotency_key


IdempotencyKey = Annotated[str | None, Depends(_idempotency_key)]
