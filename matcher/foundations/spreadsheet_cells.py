"""Spreadsheet cells: make supplied text safe to open in a spreadsheet."""

from __future__ import annotations

import unicodedata
from typing import Any, Final

# Source: OWASP, CSV injection.
_FORMULA_STARTS: Final = frozenset("=+-@\t\r\n")


def escape_formula(value: Any) -> Any:
    """Return `value`, with a leading apostrophe if it is text that a spreadsheet might run as a formula."""
    return f"'{value}" if isinstance(value, str) and _may_be_formula(value) else value


def unescape_formula(text: str) -> str:
    """Return `text` without the leading apostrophe that `escape_formula` adds."""
    return text[1:] if text.startswith("'") and _may_be_formula(text[1:]) else text


def _may_be_formula(text: str) -> bool:
    # Some spreadsheets treat a full-width sign, such as "＝", like the plain sign. NFKC makes the two the same.
    return unicodedata.normalize("NFKC", text[:1]) in _FORMULA_STARTS
