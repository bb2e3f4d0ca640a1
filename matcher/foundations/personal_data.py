"""Contact details in free text: find them and redact them.

No other module detects contact details. The details that this module finds are redacted from imports, needs files
and the service log. Registrations, records sent to the service and the decision ledger refuse them.

This module finds e-mail addresses, even with spaces around the "@", with "(at)" or "%40" in its place, or spelled out
("anna at example dot org", "anna.field at example.org"), and these telephone numbers:

- UK numbers in any common grouping, whether or not they are in use, also with a slash or line break between groups or
  the letter O in place of the first 0
- numbers with "+" and a country code
- numbers with "00" or "44" in place of "+", and numbers of unusual length, if `phonenumbers` finds them valid
- numbers of 6 or more digits after a word such as "Tel"
- numbers in words ("oh one one three …").

Full-width characters, digits of other scripts, and other dashes and spaces are read like their ASCII counterparts.

The patterns in this module come first because `phonenumbers` rejects numbers that are mistyped or out of use, and such
numbers may still identify somebody. A number that might not be a telephone number is redacted all the same, because
the reader loses little.

Dates, notice numbers, UUIDs, generated ids and decimal numbers look similar and are left alone. The time taken is
proportional to the length of the text, whatever the text contains.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

REMOVED: Final = "[contact removed]"

# Between two digits of a number: up to 3 spaces, line breaks, brackets, dots, middle dots or hyphens.
_GAP: Final = r"[ \t\n().·-]{0,3}"

_OTHER: Final = (
    r"\(?(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"  # UUID
    r"|(?<!\w)[0-9a-fA-F]{16,64}(?!\w)"  # generated id or digest
    r"|\d{4}-\d\d-\d\d(?:T[\d:.]{1,20}(?:Z|[+-]\d\d:?\d\d)?)?"  # ISO 8601 date or time
    r"|\b\d{1,2}(?P<separator>[./-])\d{1,2}(?P=separator)(?:19|20)?\d\d\b"  # 01/04/2023, 1.4.23
    r"|\b\d{6}-20\d\d\b"  # Find a Tender notice
    r"|\b20\d\d/S \d{3}-\d{6}\b"  # Official Journal notice
    r"|(?<!\w)0\.\d{1,4}(?:[ ;-]{1,3}0\.\d{1,4})+(?![\d.]))"  # decimal numbers below 1
)
# The "@" and the domain may repeat: the first two words of "@ a.bc@d.org" look like a complete address.
_AT: Final = r"(?: ?(?:@|%40|[(\[{<] ?at ?[)\]}>]) ?)"
_DOT_IN_WORDS: Final = r"(?: dot | ?[(\[{<] ?dot ?[)\]}>] ?)"
_DOMAIN: Final = r"(?:[\w-]{1,63}+(?: \. |\.))+[^\W\d_]{2,}"
_DOMAIN_IN_WORDS: Final = rf"[\w-]{{1,63}}+(?:{_DOT_IN_WORDS}[\w-]{{1,63}}+)+"
_LOCAL: Final = r"[\w.+'-]*+"
# "at" before a domain is an ordinary word ("see us at example.org"), unless what comes before can only be an address.
_DOTTED_NAME: Final = r"(?=[^\W\d_]{2}[\w+'-]*[._]\w|[^\W\d_][._][^\W\d_]{2})"
_MAIL_TO: Final = r"\be-?mail(?: (?:us|me|them|to|address|is)){0,3}:? "
_ADDRESS: Final = (
    rf"{_LOCAL}(?:{_AT}(?:{_DOMAIN_IN_WORDS}|{_DOMAIN}))+"
    rf"|{_LOCAL} at {_DOMAIN_IN_WORDS}"
    rf"|(?:{_DOTTED_NAME}|{_MAIL_TO}){_LOCAL} at {_DOMAIN}"
    rf"|[\w.+'-]*?_at_(?:{_DOMAIN})"
)
_BRITISH: Final = (
    rf"[0o]{_GAP}[1235789](?:{_GAP}\d){{8,9}}|0{_GAP}[1235789](?:{_GAP}\d){{1,4}} ?[/_] ?\d(?:{_GAP}\d){{4,7}}"
)
_DIGIT: Final = "(?:zero|oh|nought|naught|one|two|three|four|five|six|seven|eight|nine|double|treble|triple)"
_IN_WORDS: Final = rf"\b(?:zero|oh|nought|naught)(?:[ ,.-]{{1,3}}{_DIGIT}){{7,14}}\b"
_WITH_CODE: Final = rf"(?:\+|00) ?44{_GAP}(?:\(0\))?(?:{_GAP}\d){{9,10}}|\+\d{{1,3}}(?:{_GAP}\d){{7,12}}"
_AFTER_WORD: Final = (
    r"\b(?:tel(?:ephone)?|phone|mobile|mob|fax|call)\b[ .:]{0,5}(?:(?:us|me|no|number|on|is)\b[ .:]{0,5}){0,4}"
    rf"\(?\+?\d(?:{_GAP}\d){{5,13}}"
    r"|(?:(?<=\bring )|(?<=\bdial )|(?<=\bwhatsapp )|(?<=\bhelpline )|(?<=\blandline )|(?<=\bswitchboard ))"
    rf"\(?\+?\d(?:{_GAP}\d){{5,13}}"
)

# A range of years ("2024-25"), a year and month, or a date, inside a match that looked like a telephone number.
_DATE: Final = re.compile(r"20\d\d-\d\d(?!\d)|^\D*\d{1,2}[./]\d{1,2}[./]")
# A text without any of these holds no contact detail; most texts have none of these.
_HINT: Final = re.compile(
    rf"@|%40|[(\[{{<] ?at ?[)\]}}>]|[ _]at[ _][\w-]{{1,63}}(?:\.| \. |{_DOT_IN_WORDS})|\d(?:{_GAP}[\d/]){{5}}"
    r"|\b(?:oh|zero|nought|naught)[ ,.-]",
    re.IGNORECASE,
)

# How many numbers in one text to check with `phonenumbers`. A check takes 0.1 ms; any others are redacted unchecked.
_MOST_CHECKED: Final = 100


def _pattern(before_address: str, before_number: str) -> re.Pattern[str]:
    """Return the pattern for contact details, and for texts that look like them.

    The arguments are lookbehinds, which restrict what may precede an e-mail address or certain numbers.
    """
    number = rf"{_WITH_CODE}|\(?{before_number}(?:{_BRITISH}|44[1237]\d{{9}})|{_AFTER_WORD}|{_IN_WORDS}"
    unsure = rf"(?:\+|{before_number}00{_GAP})[1-9](?:{_GAP}\d){{6,14}}|{before_number}44(?=[ (.])(?:{_GAP}\d){{8,14}}"
    return re.compile(
        rf"(?P<other>{_OTHER})|(?P<address>{before_address}(?:{_ADDRESS}))|(?:(?P<number>{number})|(?P<unsure>{unsure}))(?!\d)",
        re.IGNORECASE,
    )


_FIRST: Final = _pattern(r"(?<![\w.+'-])", r"(?<!\w)")
# For a contact detail directly after another one. The character before it may then be a word character.
_NEXT: Final = _pattern("", "")


class _PlainCharacters(dict[int, int]):
    """The ASCII counterpart of each full-width character, digit, dash and space. Every other character is its own."""

    def __missing__(self, code: int) -> int:
        character = unicodedata.normalize("NFKC", chr(code))
        plain = ord(character) if len(character) == 1 else code
        if character.isdecimal():
            plain = ord("0") + unicodedata.decimal(character)
        elif unicodedata.category(chr(plain)) == "Pd" or character == "−":
            plain = ord("-")
        self[code] = plain
        return plain


_PLAIN: Final = _PlainCharacters()


class Redaction(NamedTuple):
    """A text with `REMOVED` in place of each contact detail, and the number of contact details `removed`."""

    text: str
    removed: int


def redact(text: str) -> Redaction:
    """Return `text` with each contact detail replaced by `REMOVED`. Redacting the result changes nothing."""
    parts: list[str] = []
    end = count = 0
    for start, stop in _spans(text):
        parts += (text[end:start], REMOVED)
        end, count = stop, count + 1
    return Redaction("".join([*parts, text[end:]]), count) if count else Redaction(text, 0)


def has_contact_details(text: str) -> bool:
    """Return whether `redact` would change `text`."""
    return next(_spans(text), None) is not None


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each contact detail in `text`, in order and without overlap."""
    if not text.isascii():
        text = text.translate(_PLAIN)
    if not _HINT.search(text):
        return
    checked = 0
    match = _FIRST.search(text)
    while match:
        start, end = match.span()
        if match["other"]:
            match = _FIRST.search(text, end)
            continue
        if match["unsure"]:
            checked += 1
            is_contact = checked > _MOST_CHECKED or _is_valid(match[0])
        else:
            is_contact = not (match["number"] and _DATE.search(match[0]))
        if is_contact:
            yield start, end
            match = _NEXT.match(text, end) or _FIRST.search(text, end)
        else:
            # A contact detail may begin inside a match that turned out not to be a contact detail.
            match = _FIRST.search(text, start + 1)


def _is_valid(number: str) -> bool:
    """Return whether `phonenumbers` finds `number` valid in some country, when dialled from the UK."""
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, "GB"))
    except phonenumbers.NumberParseException:
        return False
