"""`matcher serve`: the HTTP service."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from matcher.cli.app import err


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to bind to; by default this machine only.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Port to listen on.")] = None,
) -> None:
    """Serve the HTTP API until stopped."""
    import uvicorn

    settings = context.obj
    os.environ["MATCHER_HOME"] = str(settings.home)
    host, port = host or settings.host, settings.port if port is None else port
    err.print(f"Serving on http://{host}:{port} (API description: http://{host}:{port}/docs). Stop with Ctrl+C.")
    uvicorn.run("api.app:create", factory=True, host=host, port=port, log_level="warning")
