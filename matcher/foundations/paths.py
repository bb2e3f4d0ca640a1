"""Paths as text that can be shown."""

from __future__ import annotations

from pathlib import Path


def display_path(path: Path) -> str:
    """Return `path` as text, with bytes that are not valid text escaped."""
    return str(path).encode("utf-8", "backslashreplace").decode()
