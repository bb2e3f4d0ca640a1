"""The kind and the size of a supplier, which follow from what is known before what a source states.

The kind follows from the register numbers and the name, the size from the number of staff and the turnover.
"""

from __future__ import annotations

import re
from typing import Final

from matcher.records.policy import SME_MAX_EMPLOYEES, SME_MAX_TURNOVER
from matcher.records.profile import Identifiers, Profile
from matcher.records.vocabulary import SIZE_OF_OLD_SECTOR, VCSE_SECTORS, Sector, Size

# Prefixes of numbers that Companies House lists for bodies under other laws: charitable incorporated organisations,
# and registered societies (co-operatives and community benefit societies).
CIO_NUMBER: Final = re.compile(r"(?:CE|CS)\d")
_SOCIETY_NUMBER: Final = re.compile(r"(?:IP|SP|NP|RS|SR|NO)\d")
_CIC_NAME: Final = re.compile(r"\b(?:c\.? ?i\.? ?c|community interest company)\W*$", re.I)
_COMPANY_NAME: Final = re.compile(r"\b(?:ltd|limited|p\.?l\.?c|l\.?l\.?p)\W*(?:$|\bt/?as?\b|\btrading as\b)", re.I)
_PUBLIC_NAME: Final = re.compile(
    r"\b(?:nhs (?:foundation )?trust|council|integrated care board|university hospitals?)\b", re.I
)
# Sectors that a more precise fact may replace.
_VAGUE: Final = frozenset({Sector.UNKNOWN, Sector.COMPANY, Sector.VCSE})


def supplier_kind(profile: Profile) -> Sector:
    """Return the kind of the supplier that `profile` describes, never one of the older values of `Sector`.

    A charity number makes a charity, and a name that ends in "CIC" makes a community interest company. Otherwise the
    kind is the sector that the profile states, then what the company number and the name say.
    """
    return kind_from(profile.name, profile.identifiers, profile.sector)


def kind_from(name: str, identifiers: Identifiers, stated: Sector) -> Sector:
    """Return the kind of a supplier with this `name` and these `identifiers` if a source states the sector `stated`."""
    stated = Sector.UNKNOWN if stated in SIZE_OF_OLD_SECTOR else stated
    company = identifiers.company or ""
    if identifiers.charity or CIO_NUMBER.match(company):
        return Sector.CHARITY
    if _CIC_NAME.search(name):
        return Sector.CIC
    if stated in _VAGUE and _SOCIETY_NUMBER.match(company):
        return Sector.MUTUAL
    if stated is not Sector.UNKNOWN:
        return stated
    if _PUBLIC_NAME.search(name):
        return Sector.PUBLIC
    return Sector.COMPANY if company or _COMPANY_NAME.search(name) else Sector.UNKNOWN


def size_of(profile: Profile) -> Size | None:
    """Return the size of the supplier that `profile` describes, or None if the size is unknown.

    If the number of staff or the turnover is known, the statutory test is applied to the known figures. Otherwise the
    size is the one that the profile states, in `size` or as an older value of `sector`.
    """
    employees, turnover = profile.employees, profile.turnover
    if employees is not None or turnover is not None:
        is_small = (employees or 0) < SME_MAX_EMPLOYEES and (turnover or 0) <= SME_MAX_TURNOVER
        return Size.SME if is_small else Size.LARGE
    return profile.size or SIZE_OF_OLD_SECTOR.get(profile.sector)


def is_of_kind(profile: Profile, sector: Sector) -> bool:
    """Return whether a filter for `sector` finds `profile`. `VCSE` finds all its kinds, an older value a size.

    An older value stands for companies, and suppliers of unknown kind, of that size.
    """
    kind = supplier_kind(profile)
    if sector in SIZE_OF_OLD_SECTOR:
        return kind in (Sector.COMPANY, Sector.UNKNOWN) and size_of(profile) is SIZE_OF_OLD_SECTOR[sector]
    return kind in VCSE_SECTORS if sector is Sector.VCSE else kind is sector


def in_current_form(profile: Profile) -> Profile:
    """Return `profile` with the sector that `supplier_kind` returns. A size stated as a sector moves to `size`."""
    kind, size = supplier_kind(profile), profile.size or SIZE_OF_OLD_SECTOR.get(profile.sector)
    if (kind, size) == (profile.sector, profile.size):
        return profile
    return profile.model_copy(update={"sector": kind, "size": size})
