"""Service: what every route works with, opened when the application starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from api.readiness import Readiness
from matcher.engine import Engine
from matcher.store import Store


@dataclass(frozen=True)
class Service:
    """The engine, and whether it is ready to answer."""

    engine: Engine
    readiness: Readiness

    @property
    def store(self) -> Store:
        """The store of the engine."""
        return self.engine.store


async def _service(request: Request) -> Service:
    return cast("Service", request.app.state.service)


Running = Annotated[Service, Depends(_service)]
