"""The fields kept from a release, with the function that reads each value. See `trimming` for how they are applied."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from matcher.foundations.personal_data import redact
from matcher.records.fields import MAX_ID
from matcher.records.text import clean
from matcher.sources.ocds.line_breaks import restore_line_breaks
from matcher.sources.statement import Tally

# Longer texts are cut. The longest text in 4,000 real notices has 23,000 characters.
_MAX_TEXT: Final = 400_000
# An amount written as text is kept as it is, up to this length.
_MAX_AMOUNT: Final = 200

# A function that returns the value to keep, or None if the value is to be dropped.
Leaf = Callable[[Any, Tally], Any]


def _text(value: Any, tally: Tally) -> str | None:
    if not isinstance(value, str):
        return None
    text, removed = redact(clean(restore_line_breaks(value[:_MAX_TEXT])))
    tally.counts["contact details in texts"] += removed
    return text or None


def _code(value: Any, _: Tally) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if 0 < len(text) <= MAX_ID and "@" not in text and text.isprintable() else None


def _status(value: Any, tally: Tally) -> str | None:
    """Return a status in lower case, so that "Cancelled" is cancelled."""
    code = _code(value, tally)
    return code.lower() if code else None


def _amount(value: Any, tally: Tally) -> float | str | None:
    """Return an amount as a number or, if it is written as text, as that text. See `values.value_of`."""
    if isinstance(value, str):
        return _text(value[:_MAX_AMOUNT], tally)
    try:
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return float(value) if is_number else None
    except OverflowError:  # an integer with hundreds of digits
        return None


def _flag(value: Any, _: Tally) -> bool | None:
    return value if isinstance(value, bool) else None


def _timestamp(value: Any, _: Tally) -> str | None:
    """Return a point in time as ISO 8601. A date without a time stays as it is."""
    if not isinstance(value, str):
        return None
    try:
        timestamp = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if len(value.strip()) == len("2025-01-31"):
        return value.strip()
    # Keep the published offset, because midnight in British Summer Time falls on the previous day in UTC.
    return timestamp.isoformat()


_VALUE: Final = {"amount": _amount, "amountGross": _amount, "currency": _code, "valueAddedTaxIncluded": _flag}
_VALUES: Final = dict.fromkeys(("value", "minValue", "maxValue", "maximumValue", "estimatedValue"), _VALUE)
_CODE: Final = {"scheme": _code, "id": _code}
_ADDRESS: Final = {"postalCode": _code, "region": _text, "countryName": _text}
_ITEMS: Final = [
    {
        "id": _code,
        "classification": _CODE,
        "additionalClassifications": [_CODE],
        "deliveryAddresses": [_ADDRESS],
        "deliveryAddress": _ADDRESS,
        "relatedLot": _code,
        "relatedLots": [_code],
    }
]
_DOCUMENTS: Final = [{"id": _code, "documentType": _code, "noticeType": _code}]

KEPT: Final[dict[str, Any]] = {
    "ocid": _code,
    "id": _code,
    "date": _timestamp,
    "tag": [_code],
    "title": _text,
    "description": _text,
    "buyer": {"id": _code, "name": _text},
    "parties": [
        {
            "id": _code,
            "name": _text,
            "identifier": {"scheme": _code, "id": _code, "legalName": _text},
            "additionalIdentifiers": [_CODE],
            "address": {"postalCode": _code},
            "roles": [_code],
            "details": {"scale": _code, "vcse": _flag, "url": _text},
        }
    ],
    "planning": {
        "rationale": _text,
        "project": {"title": _text, "description": _text},
        "budget": {
            "project": _text,
            "description": _text,
            "amount": _VALUE,
            "budgetBreakdown": [{"id": _code, "amount": _VALUE}],
        },
        "documents": _DOCUMENTS,
        "milestones": [{"id": _code, "type": _code, "dueDate": _timestamp}],
    },
    "tender": {
        "id": _code,
        "title": _text,
        "description": _text,
        "status": _status,
        "classification": _CODE,
        "additionalClassifications": [_CODE],
        "items": _ITEMS,
        "documents": _DOCUMENTS,
        **_VALUES,
        "tenderPeriod": {"endDate": _timestamp},
        "datePublished": _timestamp,
        "lots": [{"id": _code, "title": _text, "description": _text, "status": _status, **_VALUES}],
    },
    "awards": [
        {
            "id": _code,
            "title": _text,
            "description": _text,
            "status": _status,
            "date": _timestamp,
            "datePublished": _timestamp,
            **_VALUES,
            "suppliers": [{"id": _code, "name": _text}],
            "items": _ITEMS,
            "relatedLots": [_code],
        }
    ],
    "contracts": [
        {
            "id": _code,
            "awardID": _code,
            "status": _status,
            "value": _VALUE,
            "dateSigned": _timestamp,
            "relatedLots": [_code],
        }
    ],
}
