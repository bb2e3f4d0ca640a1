"""Cells: supplied text made safe to open in a spreadsheet."""

from __future__ import annotations

from typing import Any

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def escape_formula(value: Any) -> Any:
    """Return `value` so that no spreadsheet runs it as a formula: such a text is led by an apostrophe.

    Source: OWASP, CSV injection.
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def unescape_formula(text: str) -> str:
    """Return `text` without the apostrophe that marks it as text: what `escape_formula` did, undone."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else text
