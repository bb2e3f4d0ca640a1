"""The application: made from settings, opened when it starts, closed when it stops."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Final

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.concurrency import run_in_threadpool

from api import problems
from api.access import permissions
from api.access.guard import GuardedRoute
from api.middleware.head_requests import Heads
from api.middleware.rate_limits import RateLimits
from api.middleware.security_headers import SecurityHeaders
from api.middleware.telemetry import Metrics, Observing
from api.middleware.unhandled_errors import Failures
from api.openapi.security import describe
from api.requests.bodies import BodyLimit
from api.requests.record_ids import EncodedSlashes
from api.routes import ROUTERS
from api.service import Service
from matcher.bootstrap import opened_engine
from matcher.foundations.errors import MatcherError
from matcher.foundations.settings import Settings
from matcher.search.engine import Engine

EngineOf = Callable[[Settings], AbstractContextManager[Engine]]

_DESCRIPTION: Final = """\
Holds needs and capability profiles, finds and ranks the partners that fit a need, and says why.

Records are never overwritten: a change is a new revision, and its sequence number is the ETag. What is
refused is answered with `application/problem+json` (RFC 9457): the field, what is wrong, and the remedy.

Send a key with every request, `Authorization: Bearer mk_…`. Another organisation's drafts look as if they were
not there.
"""


def create(settings: Settings | None = None, *, engine_of: EngineOf = opened_engine) -> FastAPI:
    """Return the application. Nothing is opened before it starts.

    Args:
        settings: those of the environment by default.
        engine_of: opens the engine that the settings ask for.

    """
    chosen = settings or Settings()

    @asynccontextmanager
    async def opened(app: FastAPI) -> AsyncIterator[None]:
        with engine_of(chosen) as engine:
            app.state.service = service = Service.over(engine, chosen)
            service.readiness.start()
            service.programmes.start()
            try:
                yield
            finally:
                await run_in_threadpool(service.programmes.stop)
                await run_in_threadpool(service.readiness.stop)
                await run_in_threadpool(service.guard.stop)

    app = FastAPI(
        title="Partnership matcher",
        description=_DESCRIPTION,
        version=version("partnership-matcher"),
        lifespan=opened,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        generate_unique_id_function=lambda route: route.name,
    )
    problems.install(app)
    # The last one added is the first to see a request.
    app.state.metrics = metrics = Metrics.new()
    app.add_middleware(BodyLimit, uploads=chosen.upload_limit)
    app.add_middleware(RateLimits, rate=chosen.rate_limit)
    app.add_middleware(Failures)
    app.add_middleware(Observing, metrics=metrics)
    for middleware in (EncodedSlashes, Heads, SecurityHeaders):
        app.add_middleware(middleware)
    for router in ROUTERS:
        app.include_router(router)
    permissions.check(_route_names(app))
    describe(app)
    return app


def _route_names(app: FastAPI) -> list[str]:
    """Return the names of all routes.

    Raises:
        MatcherError: one that is not public would let anybody in.

    """
    found = list(iter_route_contexts(app.routes))
    for route in found:
        if route.name not in permissions.PUBLIC and not isinstance(route.original_route, GuardedRoute):
            raise MatcherError(f"the route {route.name} is not guarded")
    return [str(route.name) for route in found]
