r"""Line breaks that a publishing system has flattened, repaired where it is certain.

Contracts Finder turns a break into the letters "rn", or into a backslash and an "n". Two "rn" in a row end no
English word, so they are breaks everywhere. A single one counts only in a text that is flattened for certain,
and only behind a full stop or the like, before a capital letter, or before a run of blanks; words that end in
"rn" keep it.
"""

from __future__ import annotations

import re
from typing import Final

_ESCAPED: Final = re.compile(r"(?:\\r\\n|\\n|\\r)")
_OTHER_ESCAPE: Final = re.compile(r"\\(?![rnt])|\b[A-Za-z]:\\")
_DOUBLE: Final = re.compile(r"(?P<word>[A-Za-z]*?)(?P<breaks>(?:rn){2,})")
_SINGLE: Final = re.compile(
    r"(?<=[.:;,!?)\]\d])rn(?=[\sA-Z0-9•*(\-–]|$)"  # behind the end of a sentence or of a number
    r"|(?<=\s)rn(?!a\b)"  # no English word begins so; RNA does, in capitals
    r"|(?P<word>[A-Za-z]*[a-z])rn(?=[A-Z]|[ \t]{2,}|\s*\n)"  # a word run into the next line
)
_CERTAIN: Final = re.compile(r"rnrn|[.:;!?)]rn(?:[\sA-Z0-9•*]|$)")
# English words that end in "rn", less those two letters.
_STEMS: Final = (
    "adjou ba bo bu cave ciste co conce disce ea easte exte fe gove ho inte la lante lea mode mou newbo noctu northe"
    " overtu patte postmode retu southe ste subalte tave to tu unlea wa weste wo ye"
)
_KEPT: Final = frozenset(_STEMS.split())


def unflatten(text: str) -> str:
    """Return `text` with the line breaks it had before it was published."""
    if "\\" in text and not _OTHER_ESCAPE.search(text):
        text = _ESCAPED.sub("\n", text)
    if "rn" not in text or not _CERTAIN.search(text):
        return text
    # Twice: a break that is found makes the one before it certain.
    return _SINGLE.sub(_single, _SINGLE.sub(_single, _DOUBLE.sub(_double, text)))


def _double(found: re.Match[str]) -> str:
    word, breaks = found["word"], len(found["breaks"]) // 2
    if word.lower() in _KEPT:
        return f"{word}rn" + "\n" * (breaks - 1)
    return word + "\n" * breaks


def _single(found: re.Match[str]) -> str:
    word = found["word"] or ""
    return found[0] if word.lower() in _KEPT else f"{word}\n"
