"""The FastAPI application: how it is created from the settings, and how it opens and closes the engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Final

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.concurrency import run_in_threadpool
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.access import permissions
from api.access.guard import GuardedRoute
from api.middleware.body_limit import BodyLimit
from api.middleware.encoded_slashes import EncodedSlashes
from api.middleware.head_requests import HeadRequests
from api.middleware.rate_limits import RateLimits
from api.middleware.security_headers import SecurityHeaders
from api.middleware.telemetry import ServiceMetrics, TelemetryMiddleware
from api.middleware.unhandled_errors import UnhandledErrors
from api.openapi.security import complete_openapi
from api.problems import responses
from api.routes import ROUTERS
from api.service import Service
from matcher.bootstrap import opened_engine
from matcher.foundations import owner_only
from matcher.foundations.errors import MatcherError
from matcher.foundations.settings import Settings
from matcher.search.engine import Engine

OpenEngine = Callable[[Settings], AbstractContextManager[Engine]]

_DESCRIPTION: Final = """\
Store needs and capability profiles, and find, rank and explain the partners that fit a need.

Records are never overwritten. Each change is a new revision, and its sequence number is the ETag. Errors are
`application/problem+json` (RFC 9457) and give the field, what is wrong and how to correct it.

Send a key with every request: `Authorization: Bearer mk_…`. Other organisations' drafts are hidden, as if they did not
exist.
"""


def create(settings: Settings | None = None, *, engine_of: OpenEngine = opened_engine) -> FastAPI:
    """Return the application, which opens the engine only at startup.

    Args:
        settings: the service's settings; by default, the settings in the environment.
        engine_of: the function that opens the engine for the settings.

    """
    chosen = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        owner_only.restrict_new_files()
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
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        generate_unique_id_function=lambda route: route.name,
    )
    responses.install(app)
    _add_middleware(app, chosen)
    for router in ROUTERS:
        app.include_router(router)
    permissions.check(_route_names(app))
    complete_openapi(app)
    return app


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """Add the middleware. The last middleware added sees each request first."""
    app.state.metrics = metrics = ServiceMetrics.new()
    app.add_middleware(BodyLimit, upload_limit=settings.upload_limit)
    app.add_middleware(RateLimits, rate=settings.rate_limit)
    app.add_middleware(UnhandledErrors)
    app.add_middleware(TelemetryMiddleware, metrics=metrics)
    for middleware in (EncodedSlashes, HeadRequests, SecurityHeaders):
        app.add_middleware(middleware)
    if settings.proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.proxies)


def _route_names(app: FastAPI) -> list[str]:
    """Return the name of every route.

    Raises:
        MatcherError: a route that is not public has no guard.

    """
    routes = list(iter_route_contexts(app.routes))
    for route in routes:
        if route.name not in permissions.PUBLIC and not isinstance(route.original_route, GuardedRoute):
            raise MatcherError(f"the route {route.name} has no guard")
    return [str(route.name) for route in routes]
