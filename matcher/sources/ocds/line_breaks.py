r"""Restore the line breaks that a publishing system has lost, but only where there is no doubt.

Contracts Finder turns a line break into the letters "rn", or into a backslash and an "n". No English word ends in
"rnrn", so "rnrn" always contains a line break. A single "rn" is treated as a line break only in a text that has
certainly lost line breaks, and only after punctuation, a digit or a space, or before a capital letter, a run of spaces
or the end of a line. English words that end in "rn" keep those two letters.
"""

from __future__ import annotations

import re
from string import ascii_letters
from typing import Final

_ESCAPED: Final = re.compile(r"(?:\\r\\n|\\n|\\r)")
_OTHER_ESCAPE: Final = re.compile(r"\\(?![rnt])|\b[A-Za-z]:\\")
# A word begins where the letters begin, or after the line breaks before it. Other starts would take quadratic time.
_DOUBLE: Final = re.compile(r"(?:(?<![A-Za-z])|(?<=rnrn))(?P<word>[A-Za-z]*?)(?P<breaks>(?:rn){2,})")
_SINGLE: Final = re.compile(
    r"(?<=[.:;,!?)\]\d])rn(?=[\sA-Z0-9•*(\-–]|$)"  # after the end of a sentence or a number
    r"|(?<=\s)rn(?!a\b)"  # no English word begins with "rn" except RNA
    r"|(?<=[a-z])rn(?=[A-Z]|[ \t]{2,}|\s*\n)"  # a word run into the next line
)
_CERTAIN: Final = re.compile(r"rnrn|[.:;!?)]rn(?:[\sA-Z0-9•*]|$)")
# English words that end in "rn", listed without these two letters.
_STEMS: Final = (
    "adjou ba bo bu cave ciste co conce disce ea easte exte fe gove ho inte la lante lea mode mou newbo noctu northe"
    " overtu patte postmode retu southe ste subalte tave to tu unlea wa weste wo ye"
)
_ENGLISH: Final = frozenset(_STEMS.split())
_LONGEST_STEM: Final = max(map(len, _ENGLISH))


def restore_line_breaks(text: str) -> str:
    """Return `text` with its lost line breaks restored."""
    if "\\" in text and not _OTHER_ESCAPE.search(text):
        text = _ESCAPED.sub("\n", text)
    if "rn" not in text or not _CERTAIN.search(text):
        return text
    # Applied twice, because a restored line break can confirm the line break before it.
    return _restore_single(_restore_single(_DOUBLE.sub(_double, text)))


def _double(match: re.Match[str]) -> str:
    word, breaks = match["word"], len(match["breaks"]) // 2
    if word.lower() in _ENGLISH:
        return f"{word}rn" + "\n" * (breaks - 1)
    return word + "\n" * breaks


def _restore_single(text: str) -> str:
    parts: list[str] = []
    end = 0
    for match in _SINGLE.finditer(text):
        before = text[max(end, match.start() - _LONGEST_STEM - 1) : match.start()]
        word = before[len(before.rstrip(ascii_letters)) :]
        parts += (text[end : match.start()], match[0] if word.lower() in _ENGLISH else "\n")
        end = match.end()
    return "".join((*parts, text[end:]))
