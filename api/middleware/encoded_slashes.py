"""Percent-encoded slashes in the path of a request."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

# %2F is a slash. %0A is a line feed, where a route pattern would end. %25 is the percent sign, which stays
# encoded so that decoding the id later restores the original exactly.
_PRESERVED: Final = re.compile(rb"%(2[fF]|0[aA]|25)")


class EncodedSlashes:
    """Keeps `%2F`, `%0A` and `%25` encoded in the path used to match routes.

    The server decodes the path before routing, which would split an id at its slashes. `RecordId` decodes the id later.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with these escapes still encoded in the path."""
        if scope["type"] == "http" and _PRESERVED.search(raw := scope.get("raw_path") or b""):
            scope = {**scope, "path": unquote(_PRESERVED.sub(rb"%25\1", raw).decode("ascii", "replace"))}
        await self._app(scope, receive, send)
