"""Numbers of organisations in public registers, in one form however they are written.

Spreadsheets drop leading zeros, people write "Charity No: 1077321", and notices write "GB-SC-SC048765". The scheme, if
one is stated, decides the register. The schemes are listed at https://org-id.guide, except GB-PPON, which comes from
the central digital platform, and GB-ODS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

# The kind of number for each scheme.
_KINDS: Final = {
    "GB-COH": "company",
    "GB-MPR": "company",
    "GB-CHC": "charity",
    "GB-SC": "charity",
    "GB-NIC": "charity",
    "GB-NHS": "ods",
    "GB-ODS": "ods",
    "GB-CQC": "cqc",
    "GB-PPON": "ppon",
}
# The kinds of number, most reliable first.
NUMBERS: Final = ("charity", "company", "cqc", "ods", "ppon")
_PREFIXED: Final = re.compile(rf"({'|'.join(sorted(_KINDS, key=len, reverse=True))})[-:/ ]+(.+)")
_LABEL: Final = re.compile(
    r"\b(?:registered|registration|register|reg|regd|charity|charities|company|companies|house|commission|co|number|num"
    r"|no|nr|ref|reference|id|crn|in|of|the|and|england|wales|scotland|scottish|northern|ireland|uk|gb|oscr|ccni|cqc"
    r"|provider|ods|code|ppon)\b[.:#]*"
)
_DASHES: Final = str.maketrans("‐‑‒–—−", "------")
_COMPANY_DIGITS: Final = 8
_PREFIX_DIGITS: Final = 6
_LEAST_DIGITS: Final = 5
# What the one form of each kind looks like. A company number has 8 characters. Older records hold shorter ones.
_FORMS: Final = {
    "charity": re.compile(r"\d{5,8}(?:-\d{1,3})?|SC\d{6}|NIC\d{6}"),
    "company": re.compile(r"[A-Z]{0,2}\d{5,8}[A-Z]{0,2}"),
    "cqc": re.compile(r"1-\d{6,12}"),
    "ods": re.compile(r"[A-Z0-9]{2,10}"),
    "ppon": re.compile(r"[A-Z]{4}-\d{4}-[A-Z]{4}"),
}


def one_form(kind: str, text: str, scheme: str = "") -> str | None:
    """Return the number of `kind` in `text` in the form that its register uses, or None if `text` is no such number.

    `scheme` is the scheme that the number is stated under. It tells a Scottish charity number from an English one.
    """
    plain = text.translate(_DASHES).strip()
    if prefixed := _PREFIXED.fullmatch(plain.upper()):
        scheme, plain = prefixed[1], prefixed[2]
        if _KINDS[scheme] != kind:
            return None
    bare = _LABEL.sub(" ", plain.casefold()) if not _compact(plain).isalpha() else plain
    number = _NORMALISERS.get(kind, _unchanged)(_compact(bare), scheme)
    return number if _FORMS[kind].fullmatch(number) else None


def number_under(scheme: str, text: str) -> tuple[str, str] | None:
    """Return the kind and the one form of a number that is stated under `scheme`, or None if it is not one.

    A number that begins with a scheme, such as "GB-COH-04567891", is of that scheme. Publishers fill the field with
    zeros if they know no number.
    """
    scheme = scheme.strip().upper().replace("_", "-")
    if prefixed := _PREFIXED.fullmatch(text.translate(_DASHES).strip().upper()):
        scheme = prefixed[1]
    kind = _KINDS.get(scheme)
    number = one_form(kind, text, scheme) if kind else None
    return (kind, number) if kind and number and number.strip("0") else None


def is_register(scheme: str) -> bool:
    """Return whether `scheme` names a register whose numbers are used."""
    return scheme.strip().upper().replace("_", "-") in _KINDS


def number_keys(identifiers: Mapping[str, Any]) -> Iterator[str]:
    """Yield the numbers in the identifiers of a profile, in one form, as "kind:number"."""
    for kind in NUMBERS:
        if number := identifiers.get(kind):
            yield f"{kind}:{one_form(kind, number) or number}"
    for number in identifiers.get("further_charity_numbers") or ():
        yield f"charity:{one_form('charity', number) or number}"


def register_of(key: str) -> str:
    """Return the register of a "kind:number" key. Each country of the United Kingdom has its own charity register."""
    kind, _, number = key.partition(":")
    country = re.match(r"SC|NIC", number) if kind == "charity" else None
    return f"{kind} {country[0]}" if country else kind


def _compact(text: str) -> str:
    """Return `text` in capitals without spaces and signs, except dashes, and without the decimals of a spreadsheet."""
    return re.sub(r"[^0-9A-Z-]", "", re.sub(r"(?<=\d)\.0+$", "", text.strip()).upper()).strip("-")


def _charity(number: str, scheme: str) -> str:
    number = re.sub(r"^(SC|NIC?)[-O]?(?=\d)", r"\1", number)
    scottish = re.fullmatch(r"(SC)?([1-9]\d{0,5}|\d{6})", number)
    if scottish and (scottish[1] or scheme == "GB-SC"):
        return f"SC{scottish[2].zfill(_PREFIX_DIGITS)}"
    northern_irish = re.fullmatch(r"(NIC?)?(\d{6})", number)
    if northern_irish and (northern_irish[1] or scheme == "GB-NIC"):
        return f"NIC{northern_irish[2]}"
    main, dash, part = number.partition("-")
    if main.isdigit() and len(main) > _PREFIX_DIGITS and len(main.lstrip("0")) >= _LEAST_DIGITS:
        main = main.lstrip("0")
    return main if part.strip("0") == "" else f"{main}{dash}{part}"


def _company(number: str, scheme: str) -> str:
    number = re.sub(r"^SCO(?=\d{5}$)", "SC0", number.replace("-", ""))
    if scheme == "GB-MPR" and re.fullmatch(r"\d{1,6}R?S?", number):
        number = f"{'IP' if number.endswith('R') else 'RS'}{number}"
    match = re.fullmatch(r"([A-Z]{2})?(\d{4,8})([A-Z]{0,2})", number)
    if match is None or (match[1] and match[2].startswith("0")):
        return number
    prefix, digits, suffix = match[1] or "", match[2], match[3]
    return f"{prefix}{digits.zfill(_COMPANY_DIGITS - len(prefix) - len(suffix))}{suffix}"


def _unchanged(number: str, _: str) -> str:
    return number


def _ods(number: str, _: str) -> str:
    return number.replace("-", "")


_NORMALISERS: Final = {"charity": _charity, "company": _company, "ods": _ods}
