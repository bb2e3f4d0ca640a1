"""The application: made from settings, opened when it starts, closed when it stops."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from api import problems
from api.bodies import BodyLimit
from api.failures import Failures
from api.headers import SecurityHeaders
from api.heads import Heads
from api.paths import EncodedSlashes
from api.readiness import Readiness
from api.routes import documentation, health, needs, profiles, search
from api.service import Service
from matcher.bootstrap import opened_engine
from matcher.engine import Engine
from matcher.settings import Settings

EngineOf = Callable[[Settings], AbstractContextManager[Engine]]

_DESCRIPTION: Final = """\
Holds needs and capability profiles, finds and ranks the partners that fit a need, and says why.

Records are never overwritten: a change is a new revision, and its sequence number is the ETag. What is
refused is answered with `application/problem+json` (RFC 9457): the field, what is wrong, and the remedy.
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
            readiness = Readiness(engine)
            readiness.start()
            app.state.service = Service(engine, readiness)
            try:
                yield
            finally:
                await run_in_threadpool(readiness.stop)

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
    for middleware in (BodyLimit, Failures, EncodedSlashes, Heads, SecurityHeaders):
        app.add_middleware(middleware)
    for module in (profiles, needs, search, health, documentation):
        app.include_router(module.router)
    _describe_problems(app)
    return app


def _describe_problems(app: FastAPI) -> None:
    """Add to the OpenAPI document the schema that every description of a problem points at."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        document = described()
        schema = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = document["components"]["schemas"]
        schemas.update(schema.pop("$defs"))
        schemas["Problem"] = schema
        return document

    app.openapi = openapi  # type: ignore[method-assign]
