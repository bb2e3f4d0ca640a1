"""Contact details: found in texts and taken out before anything is kept.

E-mail addresses, also with a blank or "(at)" for the sign; telephone numbers of this country as they are
commonly grouped, numbers with a country code, and any longer number behind a word such as "Tel". Dates,
notice numbers and UUIDs look alike and stay. In doubt a number goes: a reader loses little by it.
"""

from __future__ import annotations

import re
from typing import Final

REMOVED: Final = "[contact removed]"

_GAP: Final = r"[ ().–-]{0,3}"
_KEPT: Final = (
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"  # a UUID
    r"|\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?"  # a date, a point in time
    r"|\b\d{1,2}(?P<sign>[./-])\d{1,2}(?P=sign)(?:19|20)?\d\d\b"  # a date as people write it
    r"|\b\d{6}-20\d\d\b"  # a notice of Find a Tender
    r"|\b20\d\d/S \d{3}-\d{6}\b"  # a notice of the Official Journal
)
_EMAIL: Final = r"(?<![\w.+'-])[\w.+'-]*+ ?(?:@|\(at\)|\[at\]) ?(?:[a-zA-Z0-9-]+\.)+[a-zA-Z]{2,}"
_NUMBER: Final = (
    rf"(?:(?:\+|\b00) ?44{_GAP}(?:\(0\))?(?:{_GAP}\d){{9,10}}"
    rf"|\+\d{{1,3}}(?:{_GAP}\d){{7,12}}"
    rf"|\(?(?<!\w)0{_GAP}[1235789](?:{_GAP}\d){{8,9}}"
    rf"|\b(?:tel(?:ephone)?|phone|mobile|mob|fax|call)\b[ .:]*(?:(?:us|no|number|on)\b[ .:]*)*"
    rf"\(?\+?\d(?:{_GAP}\d){{5,13}})(?!\d)"
)
_ANY: Final = re.compile(rf"(?P<kept>{_KEPT})|(?P<email>{_EMAIL})|(?P<number>{_NUMBER})", re.IGNORECASE)
# A time and a date, or two years, run into one.
_DATED: Final = re.compile(r"20\d\d-\d\d|^\d{1,2}[./]\d{1,2}[./]")


def scrub(text: str) -> tuple[str, int]:
    """Return `text` with a mark in place of each contact detail, and how many there were."""
    found = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal found
        if match["kept"] or (match["number"] and _DATED.search(match[0])):
            return match[0]
        found += 1
        return REMOVED

    # What is taken out may have hidden the start of another: in "@ a.b@c.org" the first seems to be "@ a.b".
    before = None
    while text != before:
        before, text = text, _ANY.sub(replace, text)
    return text, found
