"""Clients on the machine of the service."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient
from starlette.types import ASGIApp


def local_client(app: ASGIApp, **options: Any) -> TestClient:
    """Return a client that reaches `app` under the name localhost from an address of this machine."""
    return TestClient(app, **{"base_url": "http://localhost", "client": ("127.0.0.1", 50_000), **options})
