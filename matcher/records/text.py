"""Cleaning of supplied text, so that equal words are equal bytes everywhere downstream."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

# Some publishers flatten line breaks to the letters "rnrn" (once per break: "rn"). Only the doubled form
# is safe to undo: no English word ends one sentence and starts the next with it.
_FLATTENED_BREAKS = re.compile(r"(?<=[.:;!?)])(?:rn){2,}(?=[A-Z0-9•\-*(])")
_TAG = re.compile(r"</?(?:p|br|div|span|ul|ol|li|b|i|em|strong|u|a|h[1-6]|table|tr|td)(?:\s[^<>]*)?/?>", re.I)
# The ampersand, escaped any number of times: undone layer by layer it would cost a pass a layer.
_AMPERSANDS = re.compile(r"&(?:(?:amp|AMP|#0*38(?!\d)|#[xX]0*26(?![0-9a-fA-F]));?)+")
# Decimal: Python refuses to read a number of thousands of digits.
_NUMBER = re.compile(r"&#0*([0-9]+);?")
_WORD_CHARACTER = re.compile(r"[^\W_]")
_BLANKS = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r"\s*\n\s*\n\s*|\s*\n\s*")
# Printable ASCII without "&" and "<", single blanks between words: most texts, and nothing to clean in them.
_CLEAN = re.compile(r"[!-%'-;=-~]+(?:[ \n][!-%'-;=-~]+)*")
# Passes until nothing changes. Real texts take two, one more finds that out; a text can be made to take thousands.
_PASSES: Final = 6
# Decimal digits of the last character's number, 1,114,111.
_MAX_DIGITS: Final = 7
# Unicode categories that carry no meaning in running text: control, format, surrogate, private use, unassigned.
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn"}


def clean(text: str) -> str:
    r"""Return `text` as NFC, with HTML entities and tags, control characters and stray white space removed.

    Line breaks survive as a single `\n`. Cleaning twice gives what cleaning once gives. The time it takes is
    in proportion to the length, whatever the text.
    """
    if _CLEAN.fullmatch(text) and "rnrn" not in text:
        return text
    for _ in range(_PASSES):
        previous, text = text, _clean_once(text)
        if text == previous:
            return text
    # Marked up more deeply than by mistake. Without these two signs one more pass leaves nothing to clean.
    return _clean_once(text.replace("&", " ").replace("<", " "))


def _clean_once(text: str) -> str:
    # What is dropped or composed comes first: it may stand between the letters of what is looked for next.
    text = html.unescape(_NUMBER.sub(_readable, _AMPERSANDS.sub("&", text)))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _DROPPED)
    text = _FLATTENED_BREAKS.sub("\n\n", unicodedata.normalize("NFC", text))
    text = _BLANKS.sub(" ", _TAG.sub(" ", text))
    return _BREAKS.sub("\n", text).strip()


def _readable(found: re.Match[str]) -> str:
    return "\ufffd" if len(found[1]) > _MAX_DIGITS else f"&#{found[1]};"


def is_wordless(text: str) -> bool:
    """Whether `text` has no letter and no digit: nothing in it can be matched."""
    return _WORD_CHARACTER.search(text) is None
