"""`matcher serve`: the HTTP service."""

from __future__ import annotations

import os
from typing import Annotated, Final

import typer

from matcher.cli.app import err
from matcher.cli.logs import log_config
from matcher.foundations.errors import InvalidInput
from matcher.foundations.settings import Settings

# How long requests under way may take to end once the service is told to stop, in seconds.
_PATIENCE: Final = 20


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to bind to; by default this machine only.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Port to listen on.")] = None,
) -> None:
    """Serve the HTTP API until stopped."""
    import uvicorn

    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings: Settings = context.obj.model_copy(update=chosen)
    if settings.access == "open" and not settings.is_local:
        raise InvalidInput(
            f"MATCHER_ACCESS is open, and {settings.host} is reached from other machines",
            remedy="Unset MATCHER_ACCESS and make keys with `matcher accounts`, or bind to 127.0.0.1",
        )
    # The application is named, not imported: the engine knows nothing of its service. So it reads its settings itself.
    os.environ.update(settings.environment())
    host, port = settings.host, settings.port
    if settings.access is None and settings.is_local:
        err.print("Until the first key is made (matcher accounts), whoever is on this machine may do everything.")
    err.print(f"Serving on http://{host}:{port} (API description: http://{host}:{port}/docs). Stop with Ctrl+C.")
    uvicorn.run(
        "api.app:create",
        factory=True,
        host=host,
        port=port,
        server_header=False,
        access_log=False,
        log_config=log_config(settings.log),
        timeout_graceful_shutdown=_PATIENCE,
    )
