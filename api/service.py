"""Service: what every route works with, opened when the application starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Self, cast

from fastapi import Depends, Request

from api.access import Guard
from api.provider import Provider
from api.readiness import Readiness
from matcher.accounts import Accounts, Claims, Creations
from matcher.alerts import Alerts
from matcher.engine import Engine
from matcher.ledger import Ledger
from matcher.registration import Directory, Registrations
from matcher.settings import Settings
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
    provider: Provider

    @classmethod
    def over(cls, engine: Engine, settings: Settings) -> Self:
        """Put the parts together over an engine."""
        store = engine.store
        registrations = Registrations(store, Directory(store))
        return cls(
            engine,
            Readiness(engine),
            Guard(settings, store, registrations),
            registrations,
            Accounts(store.database),
            Claims(store),
            Creations(store.database),
            Alerts(store.database),
            Ledger(store),
            Provider(settings),
        )

    @property
    def store(self) -> Store:
        """The store of the engine."""
        return self.engine.store


async def _service(request: Request) -> Service:
    return cast("Service", request.app.state.service)


Running = Annotated[Service, Depends(_service)]
