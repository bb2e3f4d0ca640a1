"""The running service, created when the application starts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Self, cast

from fastapi import Depends, Request

from api.access.guard import Guard
from api.access.oidc import OidcProvider
from api.programme_runner import ProgrammeRunner
from api.readiness import Readiness
from api.requests.upload_queue import UploadQueue
from matcher.accounts import Accounts, Claims, IdempotencyKeys
from matcher.alerts import Alerts
from matcher.foundations.errors import Unavailable
from matcher.foundations.settings import Settings
from matcher.ledger import Ledger
from matcher.registration import Directory, Registrations
from matcher.search.engine import Engine
from matcher.store import Store


@dataclass(frozen=True)
class Service:
    """The objects that routes use, such as the engine, the guard and the ledger."""

    engine: Engine
    readiness: Readiness
    guard: Guard
    registrations: Registrations
    accounts: Accounts
    claims: Claims
    idempotency_keys: IdempotencyKeys
    alerts: Alerts
    ledger: Ledger
    programmes: ProgrammeRunner
    uploads: UploadQueue
    ledger_check: threading.Lock
    provider: OidcProvider

    @classmethod
    def over(cls, engine: Engine, settings: Settings) -> Self:
        """Return the service that runs on `engine` with `settings`."""
        store = engine.store
        registrations = Registrations(store, Directory(store))
        ledger, programmes = Ledger(store), ProgrammeRunner(engine, settings.programmes_folder)
        return cls(
            engine,
            Readiness(engine),
            Guard(settings, store, registrations, ledger, programmes.runs.jobs),
            registrations,
            Accounts(store.database),
            Claims(store),
            IdempotencyKeys(store.database),
            Alerts(store.database),
            ledger,
            programmes,
            UploadQueue(),
            threading.Lock(),
            OidcProvider(settings),
        )

    @property
    def store(self) -> Store:
        """The engine's store."""
        return self.engine.store


async def _service(request: Request) -> Service:
    return cast("Service", request.app.state.service)


RunningService = Annotated[Service, Depends(_service)]


@contextmanager
def exclusive_ledger_check(service: Service) -> Iterator[None]:
    """Allow only one verification or replay at a time.

    Both are costly: a verification reads the entire ledger, and a replay reads an earlier state of the register.

    Raises:
        Unavailable: another request is verifying the ledger or replaying a search.

    """
    if not service.ledger_check.acquire(blocking=False):
        raise Unavailable("another check of the ledger is in progress", remedy="Try again when it has finished")
    try:
        yield
    finally:
        service.ledger_check.release()
