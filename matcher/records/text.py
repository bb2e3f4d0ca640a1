"""Cleaning of supplied text, so that equal words are equal bytes everywhere downstream."""

from __future__ import annotations

import html
import re
import unicodedata

# Some publishers flatten line breaks to the letters "rnrn" (once per break: "rn"). Only the doubled form
# is safe to undo: no English word ends one sentence and starts the next with it.
_FLATTENED_BREAKS = re.compile(r"(?<=[.:;!?)])(?:rn){2,}(?=[A-Z0-9•\-*(])")
_TAG = re.compile(r"</?(?:p|br|div|span|ul|ol|li|b|i|em|strong|u|a|h[1-6]|table|tr|td)(?:\s[^<>]*)?/?>", re.I)
_BLANKS = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r"\s*\n\s*\n\s*|\s*\n\s*")
# Printable ASCII without "&" and "<", single blanks between words: most texts, and nothing to clean in them.
_CLEAN = re.compile(r"[!-%'-;=-~]+(?:[ \n][!-%'-;=-~]+)*")
# Unicode categories that carry no meaning in running text: control, format, surrogate, private use, unassigned.
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn"}


def clean(text: str) -> str:
    r"""Return `text` as NFC, with HTML entities and tags, control characters and stray white space removed.

    Line breaks survive as a single `\n`. Cleaning twice gives what cleaning once gives.
    """
    if _CLEAN.fullmatch(text) and "rnrn" not in text:
        return text
    previous = None
    while previous != text:  # "&amp;amp;" needs more than one pass
        previous, text = text, _clean_once(text)
    return text


def _clean_once(text: str) -> str:
    text = html.unescape(text)
    text = _FLATTENED_BREAKS.sub("\n\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _TAG.sub(" ", text)
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _DROPPED)
    text = _BLANKS.sub(" ", unicodedata.normalize("NFC", text))
    return _BREAKS.sub("\n", text).strip()


def is_wordless(text: str) -> bool:
    """Whether `text` has no letter and no digit: nothing in it can be matched."""
    return not any(c.isalnum() for c in text)
