"""The field types of records. Each type cleans a value, then validates it.

Users see the error messages unchanged. `REMEDIES` holds the remedy to show for each field.
"""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo

from matcher.foundations.register_numbers import one_form
from matcher.records.areas import POSTCODE, is_national, regions_of_area
from matcher.records.text import clean, is_wordless
from matcher.records.vocabulary import CURRENT_SECTORS, Region, Size, Stage, find_region

# Limits for a single field, so that no record crowds out the others. The limits are far above the values in 4,000 real
# notices and 6,500 real charity entries (longest text: 23,000 characters).
MAX_ID: Final = 512
MAX_TITLE: Final = 500
MAX_TEXT: Final = 100_000
MAX_PLACE: Final = 200
MAX_PARTS: Final = 500
MAX_CODES: Final = 200
# The key in the context of a validation that tells stored records from new ones.
STORED: Final = "stored"
# A text that still contains markup may be this many times as long as the limit for clean text.
_MAX_MARKUP_FACTOR: Final = 4

_CPV = re.compile(r"^[0-9]{8}(-[0-9])?$")
_ISO_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")


def _clean_within(limit: int, text: str) -> str:
    """Return `text` without markup. The caller checks that the result has at most `limit` characters.

    Raises:
        ValueError: `text` is too long to be worth cleaning: longer than `_MAX_MARKUP_FACTOR` times `limit`.

    """
    if len(text) > _MAX_MARKUP_FACTOR * limit:
        raise ValueError(f"String should have at most {limit} characters")
    return clean(text)


def _cleaned(limit: int) -> BeforeValidator:
    return BeforeValidator(lambda value: _clean_within(limit, value) if isinstance(value, str) else value)


def _with_a_word(value: str) -> str:
    if is_wordless(value):
        raise ValueError("must contain a letter or a digit")
    return value


def _postcode(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    compact = re.sub(r"\s+", "", value).upper()
    spaced = f"{compact[:-3]} {compact[-3:]}" if len(compact) > 4 else compact
    if not POSTCODE.match(spaced):
        raise ValueError(f"{value[:20]!r} is not a UK postcode")
    return spaced


def _cpv(value: Any) -> Any:
    if not isinstance(value, str) or not _CPV.match(value.strip()):
        raise ValueError(f"{str(value)[:20]!r} is not a CPV code of 8 digits")
    return value.strip()[:8]


def _date(value: Any) -> Any:
    if isinstance(value, date):
        return value
    text = value.strip() if isinstance(value, str) else ""
    # Only the day of a timestamp ("2022-10-03T09:00:00Z") is used.
    text = text[:10] if re.match(r"^\d{4}-\d{2}-\d{2}T", text) else text
    if not _ISO_DATE.match(text):
        raise ValueError(f"{str(value)[:20]!r} is not a date in the form 2026-03-31")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a calendar date") from error


def _amount(value: Any) -> Any:
    try:
        if not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value):
            return float(value)
    except OverflowError:  # an integer with hundreds of digits
        pass
    raise ValueError("must be a number")


def _region(value: Any) -> Any:
    if not isinstance(value, str) or (region := find_region(value)) is None:
        raise ValueError(f"{str(value)[:40]!r} is not a region: {', '.join(Region)}")
    return region


def _regions(*, national: bool) -> BeforeValidator:
    """Return a validator for a list of regions. It replaces each name or code of an area by the regions of the area.

    If `national` is false, an area that covers all of England is left out, because it restricts nothing.
    """

    def expand(values: Any) -> Any:
        if not isinstance(values, list | tuple):
            return values
        expanded: list[Any] = []
        for value in values:
            is_area = isinstance(value, str) and len(value) <= MAX_PLACE and value not in set(Region)
            regions = regions_of_area(value) if is_area else frozenset()
            if not regions:
                expanded.append(value)
            elif national or not is_national(regions):
                expanded += [region for region in Region if region in regions and region not in expanded]
        return tuple(expanded)

    return BeforeValidator(expand)


def _place(value: Any) -> Any:
    """Return the region that the text `value` names, else the cleaned text (a country, a town, a postcode).

    Stored records hold what this function returned for them, so it must not come to name a region for more texts.
    """
    if not isinstance(value, str):
        return value
    text = _clean_within(MAX_PLACE, value)
    region = find_region(text)
    return region if region and regions_of_area(text) == {region} else text


def is_stored(info: ValidationInfo) -> bool:
    """Return whether the value being validated is part of a stored record."""
    return bool(info.context and info.context.get(STORED))


def identifier(kind: str) -> BeforeValidator:
    """Return a validator for numbers of type `kind`, such as "charity". It puts them into the form of their register.

    A number in a stored record stays as it was written (see `matcher.records.parse`).
    """

    def check(value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str) and is_stored(info):
            return value
        if not isinstance(value, str) or (number := one_form(kind, value)) is None:
            raise ValueError(f"{str(value)[:30]!r} is not a valid {kind} number")
        return number

    return BeforeValidator(check)


def printable(value: str) -> str:
    """Return `value` unchanged.

    Raises:
        ValueError: `value` contains a control character, or white space other than a plain space.

    """
    if not value.isprintable():
        raise ValueError("must not contain non-printable characters")
    return value


def _unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))


# Letters, marks and digits in any script. \w is not used, because other readers of the JSON schema limit it to ASCII.
_LETTER: Final = r"\p{L}\p{M}\p{N}_"
Id = Annotated[str, StringConstraints(pattern=rf"^[{_LETTER}][{_LETTER}.:/+~@&'(),-]*$", max_length=MAX_ID)]
Title = Annotated[
    str, _cleaned(MAX_TITLE), StringConstraints(min_length=1, max_length=MAX_TITLE), AfterValidator(_with_a_word)
]
Text = Annotated[str, _cleaned(MAX_TEXT), StringConstraints(max_length=MAX_TEXT)]
Phrase = Annotated[str, _cleaned(MAX_TITLE), StringConstraints(min_length=1, max_length=MAX_TITLE)]
Postcode = Annotated[str, BeforeValidator(_postcode)]
CpvCodes = Annotated[
    tuple[Annotated[str, BeforeValidator(_cpv)], ...], Field(max_length=MAX_CODES), AfterValidator(_unique)
]
Day = Annotated[date, BeforeValidator(_date)]
Amount = Annotated[float, BeforeValidator(_amount), Field(ge=0, le=1e15)]
StatedSize = Annotated[Size | None, BeforeValidator(lambda value: None if value == "unknown" else value)]
RegionName = Annotated[Region, BeforeValidator(_region)]
# The regions that a supplier covers, and the regions that a filter or a need asks for.
CoveredRegions = Annotated[tuple[RegionName, ...], Field(max_length=MAX_CODES), _regions(national=True)]
WantedRegions = Annotated[tuple[RegionName, ...], Field(max_length=MAX_CODES), _regions(national=False)]
PlaceName = Annotated[str, BeforeValidator(_place), StringConstraints(max_length=MAX_PLACE)]

REMEDIES: Final = {
    "id": f"Use at most {MAX_ID} characters: letters, digits and . _ : / - but no spaces. Start with a letter or digit",
    "sector": f"Use one of: {', '.join(CURRENT_SECTORS)}",
    "sectors": f"Use one of: {', '.join(CURRENT_SECTORS)}",
    "size": f"Use one of: {', '.join(Size)}, or leave the field out",
    "stage": f"Use one of: {', '.join(Stage)}",
    "regions": f"Use one of: {', '.join(Region)}; or a region of NHS England, or an ONS, ITL or ODS code",
    "postcode": "Enter a UK postcode such as LS11 5QN, or leave the field out",
    "cpv": f"Write at most {MAX_CODES} CPV codes, as strings of 8 digits such as 85100000",
    "date": "Write the date as year-month-day, such as 2026-03-31",
    "published": "Write the date as year-month-day, such as 2026-03-31",
    "closes": "Write the date as year-month-day, such as 2026-03-31",
    "starts": "Write the date as year-month-day, such as 2026-03-31",
    "expires": "Write the date as year-month-day, such as 2026-03-31",
    "value": "Enter an amount in pounds, 0 or more, or leave the field out",
    "turnover": "Enter an amount in pounds, 0 or more, or leave the field out",
    "employees": "Enter a whole number, 0 or more, or leave the field out",
    "charity": "Enter the charity number as it appears in the register, such as 1000003 or SC037738",
    "company": "Enter the company number with its leading zeros, such as 02324869",
    "cqc": "Enter the CQC provider id, such as 1-101640235",
    "ods": "Enter the ODS code, such as QWE or RR8",
    "ppon": "Enter the Public Procurement Organisation Number, such as PXYZ-1234-ABCD",
    "title": f"Enter a title of 1 to {MAX_TITLE} characters that contains at least one word",
    "name": f"Enter a name of 1 to {MAX_TITLE} characters that contains at least one word",
    "description": f"Shorten the text to {MAX_TEXT:,} characters",
    "summary": f"Shorten the text to {MAX_TEXT:,} characters",
    "email": "Enter an e-mail address such as name@example.org, or leave the field out",
}
