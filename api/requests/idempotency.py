"""Idempotency-Key: a creation that is sent twice by a client that lost the answer happens once."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header
from pydantic import AfterValidator, Field

from matcher.records.fields import printable


def _asked(
    idempotency_key: Annotated[
        Annotated[str, Field(min_length=1, max_length=255), AfterValidator(printable)] | None,
        Header(
            description="Any text of the client's own. Repeated within a week with the same body, the first answer "
            "comes again and nothing new is created; with another body it is refused.",
        ),
    ] = None,
) -> str | None:
    return idempotency_key


IdempotencyKey = Annotated[str | None, Depends(_asked)]
