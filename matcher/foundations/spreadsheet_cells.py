"""Spreadsheet cells: make supplied text safe to open in a spreadsheet."""

from __future__ import annotations

from typing import Any

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def escape_formula(value: Any) -> Any:
    """Return `value`, with a leading apostrophe if it is text that a spreadsheet might run as a formula.

    Source: OWASP, CSV injection.
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def unescape_formula(text: str) -> str:
    """Return `text` without the leading apostrophe that `escape_formula` adds."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else text
