"""Service: what every route works with, opened when the application starts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Self, cast

from fastapi import Depends, Request

from api.access.guard import Guard
from api.access.oidc import Provider
from api.programme_runner import Programmes
from api.readiness import Readiness
from matcher.accounts import Accounts, Claims, Creations
from matcher.alerts import Alerts
from matcher.foundations.errors import Unavailable
from matcher.foundations.settings import Settings
from matcher.ledger import Ledger
from matcher.registration import Directory, Registrations
from matcher.search.engine import Engine
from matcher.store import Store


@dataclass(frozen=True)
class Service:
    """The engine, whether it is ready to answer, and what is kept beside its records."""

    engine: Engine
    readiness: Readiness
    guard: Guard
    registrations: Registrations
    accounts: Accounts
    claims: Claims
    creations: Creations
    alerts: Alerts
    ledger: Ledger
    programmes: Programmes
    checking: threading.Lock
    provider: Provider

    @classmethod
    def over(cls, engine: Engine, settings: Settings) -> Self:
        """Put the parts together over an engine."""
        store = engine.store
        registrations = Registrations(store, Directory(store))
        ledger, programmes = Ledger(store), Programmes(engine, settings.programmes_folder)
        return cls(
            engine,
            Readiness(engine),
            Guard(settings, store, registrations, ledger, programmes.runs.jobs),
            registrations,
            Accounts(store.database),
            Claims(store),
            Creations(store.database),
            Alerts(store.database),
            ledger,
            programmes,
            threading.Lock(),
            Provider(settings),
        )

    @property
    def store(self) -> Store:
        """The store of the engine."""
        return self.engine.store


async def _service(request: Request) -> Service:
    return cast("Service", request.app.state.service)


RunningService = Annotated[Service, Depends(_service)]


@contextmanager
def alone(service: Service) -> Iterator[None]:
    """Do work that reads the whole ledger, or goes back to an earlier register: for one caller at a time.

    Raises:
        Unavailable: somebody else's is under way.

    """
    if not service.checking.acquire(blocking=False):
        raise Unavailable("another check of the ledger is under way", remedy="Ask again when it has ended")
    try:
        yield
    finally:
        service.checking.release()
