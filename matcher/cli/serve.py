"""`matcher serve`: the HTTP service."""

from __future__ import annotations

import os
from typing import Annotated, Final

import typer

from matcher.accounts import Keys
from matcher.bootstrap import opened_store
from matcher.cli.app import err
from matcher.foundations.errors import InvalidInput
from matcher.foundations.settings import Settings
from matcher.operations import delete_old_copies
from matcher.operations.logs import log_config

# Seconds that open requests may take to finish once the service is stopping.
_SHUTDOWN_SECONDS: Final = 20


def serve(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option(help="Address to bind to. By default, only this machine can connect.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Port to listen on.")] = None,
) -> None:
    """Serve the HTTP API until you stop it."""
    import uvicorn

    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings: Settings = context.obj.model_copy(update=chosen)
    if settings.access == "open" and not settings.is_local:
        raise InvalidInput(
            f"MATCHER_ACCESS is open, and other machines can reach {settings.host}",
            remedy="Unset MATCHER_ACCESS and create keys with: matcher accounts add-key. Or bind to 127.0.0.1",
        )
    # The engine does not import the service, so uvicorn gets the application by name, and the application reads its
    # settings from the environment.
    os.environ.update(settings.environment())
    delete_old_copies(settings)
    host, port = settings.host, settings.port
    err.print(who_may_use(settings))
    err.print(f"Serving on http://{host}:{port} (API description: http://{host}:{port}/docs). Stop with Ctrl+C.")
    uvicorn.run(
        "api.app:create",
        factory=True,
        host=host,
        port=port,
        proxy_headers=False,  # the application reads them, from the proxies in the settings only
        server_header=False,
        access_log=False,
        log_config=log_config(settings.log),
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )


def who_may_use(settings: Settings) -> str:
    """Return a sentence that says who may use the service."""
    if settings.access == "open":
        return "Anyone on this machine can do everything, because MATCHER_ACCESS is open."
    with opened_store(settings) as store:
        has_keys = Keys(store.database).any()
    if has_keys or settings.access == "keys" or not settings.is_local:
        return "Every request needs a key" + ("." if has_keys else ". Create one with: matcher accounts add-key")
    return "Until you create the first key (matcher accounts add-key), anyone on this machine can do everything."
