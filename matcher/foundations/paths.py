"""Paths as text to display."""

from __future__ import annotations

from pathlib import Path


def display_path(path: Path) -> str:
    """Return `path` as text, with bytes that are not valid UTF-8 escaped."""
    return str(path).encode("utf-8", "backslashreplace").decode()
