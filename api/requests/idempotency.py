"""The Idempotency-Key header, which lets a client safely repeat a creation request whose response was lost."""

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
            "you get the first response again and nothing new is created. If the body differs, the request is refused.",
        ),
    ] = None,
) -> str | None:
    return idempotency_key


IdempotencyKey = Annotated[str | None, Depends(_idempotency_key)]
