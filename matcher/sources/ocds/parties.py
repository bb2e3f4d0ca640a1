"""Parties: the suppliers and buyers named in notices."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from matcher.foundations.register_numbers import is_register, number_keys, number_under, register_of
from matcher.records.vocabulary import Sector, Size

# The prefix of the ids of new profiles, by the register whose number is in the id.
_ID_PREFIXES: Final = {
    "charity": "gb-chc",
    "charity SC": "gb-sc",
    "charity NIC": "gb-nic",
    "company": "gb-coh",
    "cqc": "gb-cqc",
    "ods": "gb-nhs",
    "ppon": "gb-ppon",
}
# Replaces the name of a private person.
PERSON_REMOVED: Final = "[person removed]"
_TITLED: Final = re.compile(
    r"^(?:(?:mr|mrs|ms|miss|mx|dr|prof|professor|rev|reverend|sir|dame)\b\.? |[^\W\d]+, (?:mr|mrs|ms|miss|mx|dr)\b)",
    re.I,
)
_ORGANISED: Final = re.compile(
    r"\b(?:ltd|limited|llp|plc|cic|inc|company|co|trust|practice|surgery|associates|partners|partnership|services?"
    r"|group|foundation|association|charity|society|clinic|centre|care|consult\w*|t/?a|trading|and sons?)\b|&",
    re.I,
)


def identifiers_of(party: dict[str, Any]) -> dict[str, Any]:
    """Return a party's register numbers, as the identifiers of a profile.

    The id of the party counts if it is a register number under its scheme, such as "GB-COH-04567891".
    """
    numbers: dict[str, Any] = {}
    further: dict[str, str] = {}
    for identifier in (*_identifiers(party), {"id": party.get("publishedId") or party.get("id")}):
        if not (found := number_under(identifier.get("scheme") or "", identifier.get("id") or "")):
            continue
        kind, number = found
        if numbers.setdefault(kind, number) != number and kind == "charity":
            further.setdefault(register_of(f"{kind}:{number}"), number)
    further.pop(register_of(f"charity:{numbers.get('charity')}"), None)
    return {**numbers, **({"further_charity_numbers": list(further.values())} if further else {})}


def unreadable_numbers(party: dict[str, Any]) -> list[str]:
    """Return the numbers that a party states under the scheme of a register, but that are no number of it."""
    stated = [(one.get("scheme") or "", one.get("id") or "") for one in _identifiers(party)]
    return [f"{scheme} {id}" for scheme, id in stated if id and is_register(scheme) and not number_under(scheme, id)]


def _identifiers(party: dict[str, Any]) -> list[dict[str, Any]]:
    return [party.get("identifier") or {}, *(party.get("additionalIdentifiers") or ())]


def party_of(reference: dict[str, Any], parties: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the party that `reference` (a buyer or supplier, by id and name) refers to, or an empty object.

    If several parties share the id, the name tells them apart. Without an id, the name alone must match.
    """
    id, name = reference.get("id"), plain_name(reference.get("name") or "")
    same = [party for party in parties if party.get("publishedId", party.get("id")) == id] if id else []
    named = [party for party in same or ([] if id else parties) if name and plain_name(party.get("name") or "") == name]
    return next(iter([*named, *same]), {})


def plain_name(name: str) -> str:
    """Return `name` in lower case with letters and digits only."""
    return "".join(character for character in name.casefold() if character.isalnum())


def proposed_id(name: str, identifiers: dict[str, Any]) -> str:
    """Return an id for a supplier's new profile, made from the first register number or, failing that, the name."""
    for key in number_keys(identifiers):
        return f"{_ID_PREFIXES[register_of(key)]}-{key.partition(':')[2].lower()}"
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:100] or "supplier"


def sector_of(party: dict[str, Any]) -> Sector:
    """Return the sector that a notice states. The name and numbers of the supplier may say more."""
    return Sector.VCSE if (party.get("details") or {}).get("vcse") else Sector.UNKNOWN


def size_stated(party: dict[str, Any]) -> Size | None:
    """Return the size that a notice states, or None if it states none."""
    scale = str((party.get("details") or {}).get("scale") or "").strip().lower()
    return next((size for size in Size if size.value == scale), None)


def is_person(name: str, registers: Iterable[str]) -> bool:
    """Return whether a supplier appears to be a private person.

    This is the case if `name` has a personal title and no word typical of an organisation, and the supplier has no
    company, charity or NHS organisation number. `registers` lists the registers in which the supplier has a number.
    """
    return not set(registers) & {"company", "charity", "ods"} and bool(
        _TITLED.match(name) and not _ORGANISED.search(name)
    )


def postcode_to_keep(postcode: str | None, identifiers: dict[str, Any]) -> str | None:
    """Return the postcode to keep for a supplier: only the outward part if the supplier is not in a register.

    Such a supplier may be a person who works at home. The outward part is enough to locate the supplier.
    """
    if not postcode or identifiers:
        return postcode
    compact = re.sub(r"\s+", "", postcode).upper()
    return compact[:-3] if len(compact) > 4 else compact
