"""Names of suppliers that stand for no supplier, or for several.

Publishers fill a required field with words such as "See attached" or "Various suppliers", and write several suppliers
as one name, such as "1) Rowan Care Ltd; 2) Alder CIC".
"""

from __future__ import annotations

import re
from typing import Final

_FORM: Final = r"(?:limited|ltd|plc|llp|cic|cio|inc|gmbh)"
_NOBODY: Final = (
    r"(?:suppliers?|providers?|(?:sub ?)?contractors?|bidders?|tenderers?|companies|organi[sz]ations|firms|vendors"
    r"|consultants|consultancies|agencies|awardees?|parties|lots|practices|applicants|candidates)"
)
_ADJECTIVE: Final = (
    r"(?:(?:different|approved|other|successful|framework|local|individual|independent|care|external|listed|appointed"
    r"|preferred|third party|awarded|various|multiple|of|the|our) )*"
)
_WHERE: Final = (
    r"(?:attach\w*|append\w*|annex\w*|document\w*|notices?|descriptions?|awards?|spread ?sheets?|tables?|schedules?"
    r"|lists?|listing|sections?|contracts?|websites?|links?|details?|info|information|files?|letters?|lots?|below"
    r"|above|here|text|pages?|notes?)"
)
_MANY: Final = (
    r"(?:various|multiple|several|numerous|many|a (?:number|range) of|\d+|two|three|four|five|six|seven|eight|nine"
    r"|ten)"
)
# Names that stand for no supplier, as patterns over the words in lower case without punctuation.
_PLACEHOLDERS: Final = (
    r"n ?a|nil|null|none|un(?:known|disclosed|successful)|anonymous|pending(?: award)?|exempt|ditto|x{1,4}",
    r"test(?: supplier)?|dummy|example|placeholder|spot purchase",
    r"cancelled|withdrawn|tbc|tba|tbd|t b [cad]|(?:details )?to follow",
    r"various|multiple|several|many|all|others?|individuals?|private individuals?|sole traders?",
    rf"(?:the )?{_NOBODY}|company|organisation|(?:supplier|company) name",
    r"not (?:yet )?(?:known|applicable|available|stated|specified|provided|disclosed|published|awarded)(?: .*)?",
    r"(?:to be|tbc|tba) (?:confirmed|advised|announced|decided|determined|awarded|see|at|on|by)\b.*",
    r"as (?:above|below|attached|listed|per|set out)\b.*",
    rf"(?:please )?(?:see|refer to|listed in|detailed in|available in) (?:[a-z]+ ){{0,2}}{_WHERE}\b.*",
    rf"attached(?: {_WHERE})?",
    rf"{_MANY} {_ADJECTIVE}{_NOBODY}(?: (?!{_FORM}\b).*)?",
    rf"all (?:(?:the|listed|successful|approved|framework|awarded) )*{_NOBODY}",
    rf"{_MANY} (?:please |as |on |in )?(?:see|refer|attached|listed|per)\b.*",
    rf"(?:framework|approved|successful|listed|appointed|preferred) {_NOBODY}(?: (?:as|see|on|from|listed)\b.*)?",
    r"(?:list of suppliers|suppliers (?:on|as|in|listed|appointed))\b.*",
    r"(?:supplier|provider|bidder|contractor|tenderer|company|organisation) (?:[a-h]|\d{1,3}|one|two|three)",
    r"(?:(?:supplier |all )?(?:names?|suppliers?|details|information|data) )?(?:(?:is|are|has been|have been) )?"
    r"(?:redacted|withheld|undisclosed|confidential)(?: (?:under|due|for|as|in|by|at|pursuant|foi|information)\b.*)?",
    r"commercial(?:ly)? (?:sensitive|in confidence)(?: .*)?",
    r"no (?:winner|awards?|suppliers?|bid(?:der)?s?|tenders?|contracts?|responses?|offers?)"
    r"(?: (?:received|made|awarded|submitted|selected|appointed)\b.*)?",
)
_PLACEHOLDER: Final = re.compile("|".join(f"(?:{pattern})" for pattern in _PLACEHOLDERS))

_LEGAL_FORM: Final = (
    r"(?:ltd|limited|plc|p\.l\.c|llp|l\.l\.p|cic|c\.i\.c|cio|c\.i\.o|community interest company"
    r"|charitable incorporated organisation)\b\.?(?: \([^()]{1,40}\))?"
)
_JOINED: Final = re.compile(
    rf"(?P<form>\b{_LEGAL_FORM})"
    r"(?:\s*[,/+&]\s*(?:and\s+)?|\s+(?:and|with|in partnership with|in consortium with)\s+)",
    re.I,
)
_ENDS_IN_FORM: Final = re.compile(rf"\b{_LEGAL_FORM}\W*$", re.I)
_NUMBERED: Final = re.compile(r"(?:^|[\s;,])(?:lot\s?)?\(?(\d{1,2})\s?[).:–-]\s*(?=\D)", re.I)
_LEAD: Final = re.compile(r"^(?:a )?(?:consortium|joint venture|jv|partnership|collaboration)(?: of| between|:) ", re.I)
_SEPARATOR: Final = re.compile(r"\s*[;\n|]\s*")
_PARTNERS: Final = re.compile(r"(?:sons?|co|partners|associates)\b", re.I)


def is_placeholder(name: str) -> bool:
    """Return whether `name` stands for no supplier: "See attached", "Various suppliers", "TBC"."""
    words = " ".join(re.sub(r"[^\w£&]+|_", " ", name.casefold()).split())
    return not words or _PLACEHOLDER.fullmatch(words) is not None


def joint_names(name: str) -> list[str]:
    """Return the names of the suppliers that `name` lists, or an empty list if it names a single supplier.

    Names are parted at numbers in sequence, at semicolons, bars and line breaks, and after a legal form if what
    follows ends in a legal form, too.
    """
    text = _LEAD.sub("", name.strip())
    numbers = [int(number) for number in _NUMBERED.findall(text)]
    if len(numbers) > 1 and numbers == list(range(1, len(numbers) + 1)):
        parts = _NUMBERED.split(text)[2::2]
    else:
        parts = [part for listed in _SEPARATOR.split(text) for part in _after_forms(listed)]
    names = [bare for part in parts if any(map(str.isalpha, bare := _bare(part)))]
    return names if len(names) > 1 else []


def may_be_joint(name: str) -> bool:
    """Return whether `name` may stand for several suppliers, although `joint_names` does not part it."""
    parts = _JOINED.split(name)
    return bool(_LEAD.match(name)) or (len(parts) > 1 and not _PARTNERS.match(parts[-1].strip()))


def _after_forms(text: str) -> list[str]:
    """Part `text` after each legal form that is followed by "and" or a comma, if every part then ends in a form."""
    parts: list[str] = []
    start = 0
    for join in _JOINED.finditer(text):
        parts.append(text[start : join.end("form")])
        start = join.end()
    parts.append(text[start:])
    return parts if all(_ENDS_IN_FORM.search(part) for part in parts) else [text]


def _bare(part: str) -> str:
    return re.sub(r"^(?:and|&)\s+", "", part.strip(" \t\n,;|/&+-–•*"))
