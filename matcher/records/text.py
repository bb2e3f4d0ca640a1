"""Clean supplied text, so that the same words are the same bytes everywhere."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final, Literal

# Some publishers turn each line break into the letters "rn". Only a doubled break, "rnrn", is safe to restore: no
# English sentence starts or ends with "rnrn".
_FLATTENED_BREAKS = re.compile(r"(?<=[.:;!?)])(?:rn){2,}(?=[A-Z0-9•\-*(])")
_TAG = re.compile(r"</?(?:p|br|div|span|ul|ol|li|b|i|em|strong|u|a|h[1-6]|table|tr|td)(?:\s[^<>]*)?/?>", re.I)
# An ampersand escaped any number of times. Unescaping one level at a time would take one pass per level.
_AMPERSANDS = re.compile(r"&(?:(?:amp|AMP|#0*38(?!\d)|#[xX]0*26(?![0-9a-fA-F]));?)+")
# A decimal character reference such as "&#38;". Python refuses to parse a decimal number with thousands of digits.
_NUMBER = re.compile(r"&#0*([0-9]+);?")
_WORD_CHARACTER = re.compile(r"[^\W_]")
_BLANKS = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r"(?<!\s)\s*\n\s*")
# At least 31 characters that may be combining marks.
_MARKS = re.compile(r"[^\w\s\x00-\x7f]{31,}")
# Printable ASCII without "&" and "<", with single spaces between words. Most texts match and need no cleaning.
_CLEAN = re.compile(r"[!-%'-;=-~]+(?:[ \n][!-%'-;=-~]+)*")
# The maximum number of cleaning passes; cleaning stops when nothing changes. Real texts need at most three;
# hostile texts need thousands.
_PASSES: Final = 6
# The most combining marks in a row that normalisation keeps (Unicode Standard Annex 15, stream-safe text format).
_MAX_MARKS: Final = 30
# The number of digits in the highest code point, 1,114,111.
_MAX_DIGITS: Final = 7
# Unicode categories that carry no meaning in text: control, format, surrogate, private use, unassigned.
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn"}


def clean(text: str) -> str:
    r"""Return `text` in NFC, without HTML tags, control characters or stray white space, and with entities decoded.

    A run of line breaks becomes a single `\n`. Cleaning a second time changes nothing. The time taken is
    proportional to the length of `text`, whatever the text contains.
    """
    if _CLEAN.fullmatch(text) and "rnrn" not in text:
        return text
    for _ in range(_PASSES):
        previous, text = text, _clean_once(text)
        if text == previous:
            return text
    # Only a hostile text nests markup this deeply. Without "&" and "<", one more pass cleans everything.
    return _clean_once(text.replace("&", " ").replace("<", " "))


def _clean_once(text: str) -> str:
    # Decode entities first: characters that are later dropped or composed could otherwise split the patterns below.
    text = html.unescape(_NUMBER.sub(_readable, _AMPERSANDS.sub("&", text)))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _DROPPED)
    text = _FLATTENED_BREAKS.sub("\n\n", normalize("NFC", text))
    text = _BLANKS.sub(" ", _TAG.sub(" ", text))
    return _BREAKS.sub("\n", text).strip()


def normalize(form: Literal["NFC", "NFKD"], text: str) -> str:
    """Return `text` in the Unicode normal form `form`, with at most `_MAX_MARKS` combining marks in a row.

    `unicodedata.normalize` alone takes quadratic time to sort a long run of combining marks.
    """
    return unicodedata.normalize(form, _MARKS.sub(_fewer_marks, text))


def _fewer_marks(found: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for character in found[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def _readable(found: re.Match[str]) -> str:
    return "\ufffd" if len(found[1]) > _MAX_DIGITS else f"&#{found[1]};"


def is_wordless(text: str) -> bool:
    """Return whether `text` has no letter and no digit, so that nothing in it can be matched."""
    return _WORD_CHARACTER.search(text) is None
