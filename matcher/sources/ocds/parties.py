"""Parties: the suppliers that notices name, and what is kept of them.

Schemes of identifiers: https://org-id.guide (GB-COH, GB-CHC, GB-SC, GB-NIC, GB-NHS) and GB-PPON of the central
digital platform.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from matcher.records.vocabulary import Sector

_SCHEMES: Final = {
    "GB-COH": "company",
    "GB-CHC": "charity",
    "GB-SC": "charity",
    "GB-NIC": "charity",
    "GB-NHS": "ods",
    "GB-ODS": "ods",
    "GB-PPON": "ppon",
}
# Which register names a new profile, the first that knows it.
_NAMED_BY: Final = {"charity": "gb-chc", "company": "gb-coh", "cqc": "gb-cqc", "ods": "gb-nhs", "ppon": "gb-ppon"}
# What stands in the place of a private person's name.
PERSON: Final = "[person removed]"
_CIC: Final = re.compile(r"\b(?:c\.?i\.?c\.?|community interest company)\W*$", re.I)
_PUBLIC: Final = re.compile(
    r"\b(?:nhs (?:foundation )?trust|council|integrated care board|university hospitals?)\b", re.I
)
_TITLED: Final = re.compile(
    r"^(?:(?:mr|mrs|ms|miss|mx|dr|prof|professor|rev|reverend|sir|dame)\b\.? |[^\W\d]+, (?:mr|mrs|ms|miss|mx|dr)\b)",
    re.I,
)
_ORGANISED: Final = re.compile(
    r"\b(?:ltd|limited|llp|plc|cic|inc|company|co|trust|practice|surgery|associates|partners|partnership|services?"
    r"|group|foundation|association|charity|society|clinic|centre|care|consult\w*|t/?a|trading|and sons?)\b|&",
    re.I,
)


def identifiers_of(party: dict[str, Any]) -> dict[str, str]:
    """Return the register numbers of a party by the names of our identifiers; what is not of their form is left
    to be found by whoever makes a record of them.
    """
    found: dict[str, str] = {}
    for given in (party.get("identifier") or {}, *(party.get("additionalIdentifiers") or ())):
        kind = _SCHEMES.get(given.get("scheme") or "")
        if kind and given.get("id"):
            found.setdefault(kind, number_of(kind, given["id"]))
    return found


def number_of(kind: str, number: str) -> str:
    """Return a register number in its usual form: a company number has eight places."""
    number = re.sub(r"\s+", "", number).upper().removeprefix("GB-COH-").removeprefix("GB-CHC-")
    return number.zfill(8) if kind == "company" and number.isdigit() and 5 <= len(number) < 8 else number


def proposed_id(name: str, identifiers: dict[str, str]) -> str:
    """Return the id that a new profile of this supplier gets: by its first register number, else by its name."""
    for kind, prefix in _NAMED_BY.items():
        if number := identifiers.get(kind):
            return f"{prefix}-{number.lower()}"
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:100] or "supplier"


def sector_of(party: dict[str, Any], name: str, identifiers: dict[str, str]) -> Sector:
    """Return the sector that a notice gives away; a register knows better."""
    details = party.get("details") or {}
    if "charity" in identifiers:
        return Sector.CHARITY
    if _CIC.search(name):
        return Sector.CIC
    if _PUBLIC.search(name):
        return Sector.PUBLIC
    if details.get("vcse"):
        return Sector.VCSE
    return {"sme": Sector.SME, "large": Sector.LARGE}.get(details.get("scale") or "", Sector.UNKNOWN)


def is_person(name: str, registered: Iterable[str]) -> bool:
    """Whether a supplier is a private person by name: a title before it, no word of an organisation, no register
    number of a company or charity.
    """
    return not set(registered) & {"company", "charity", "ods"} and bool(
        _TITLED.match(name) and not _ORGANISED.search(name)
    )


def postcode_kept(postcode: str | None, identifiers: dict[str, str]) -> str | None:
    """Return the part of a supplier's postcode that is kept: one on no register may be a person at home, and
    the outward part says well enough where that is.
    """
    if not postcode or identifiers:
        return postcode
    compact = re.sub(r"\s+", "", postcode).upper()
    return compact[:-3] if len(compact) > 4 else compact
