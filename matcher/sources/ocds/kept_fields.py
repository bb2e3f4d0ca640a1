"""The fields kept from a release. All others, including contact points, are dropped before anything is stored."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.personal_data import redact
from matcher.records.fields import MAX_ID
from matcher.records.text import clean
from matcher.sources.ocds.line_breaks import restore_line_breaks
from matcher.sources.ocds.parties import PERSON_REMOVED, identifiers_of, is_person
from matcher.sources.statement import Tally

# Longer texts are cut. The longest text in 4,000 real notices has 23,000 characters.
_MAX_TEXT: Final = 400_000
_MAX_DROPPED_PATHS: Final = 1_000
_POSTCODE: Final = re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}(?![A-Z0-9])")
_BIDDERS: Final = frozenset({"supplier", "tenderer", "removedSupplier"})
_ID: Final = re.compile(r"^\w[\w.:/+~&'(),-]*$")
_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})

# A function that returns the value to keep, or None if the value is to be dropped.
Leaf = Callable[[Any, Tally], Any]


def _text(value: Any, tally: Tally) -> str | None:
    if not isinstance(value, str):
        return None
    text, removed = redact(clean(restore_line_breaks(value[:_MAX_TEXT])))
    tally.counts["contact details in texts"] += removed
    return text or None


def _code(value: Any, _: Tally) -> str | None:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if 0 < len(text) <= MAX_ID and "@" not in text and text.isprintable() else None


def _number(value: Any, _: Tally) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None


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


_VALUE: Final = {"amount": _number, "currency": _code}
_CODE: Final = {"scheme": _code, "id": _code}
_ADDRESS: Final = {"postalCode": _code, "region": _text, "countryName": _text}
_ITEMS: Final = [
    {
        "id": _code,
        "classification": _CODE,
        "additionalClassifications": [_CODE],
        "deliveryAddresses": [_ADDRESS],
        "deliveryAddress": _ADDRESS,
    }
]
_DOCUMENTS: Final = [{"id": _code, "documentType": _code}]

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
        "documents": _DOCUMENTS,
        "milestones": [{"id": _code, "type": _code, "dueDate": _timestamp}],
    },
    "tender": {
        "id": _code,
        "title": _text,
        "description": _text,
        "status": _code,
        "classification": _CODE,
        "additionalClassifications": [_CODE],
        "items": _ITEMS,
        "value": _VALUE,
        "minValue": _VALUE,
        "tenderPeriod": {"endDate": _timestamp},
        "datePublished": _timestamp,
        "lots": [{"id": _code, "title": _text, "description": _text, "status": _code, "value": _VALUE}],
    },
    "awards": [
        {
            "id": _code,
            "title": _text,
            "description": _text,
            "status": _code,
            "date": _timestamp,
            "datePublished": _timestamp,
            "value": _VALUE,
            "suppliers": [{"id": _code, "name": _text}],
            "items": _ITEMS,
        }
    ],
    "contracts": [{"id": _code, "awardID": _code, "status": _code, "value": _VALUE, "dateSigned": _timestamp}],
}


def trim(release: Any, tally: Tally, place: Place) -> dict[str, Any]:
    """Return the fields kept from a release. In texts, line breaks are restored and contact details removed.

    `tally` counts what is dropped. If `release` is itself an `InvalidInput`, it is raised.

    Raises:
        InvalidInput: `release` is not an object, or has no valid ocid, id or date.

    """
    if isinstance(release, InvalidInput):
        raise release
    if not isinstance(release, dict):
        raise InvalidInput("is not a release", remedy="Use OCDS releases, records or packages", place=place)
    for party in _objects(release.get("parties")):
        if isinstance(address := party.get("address"), dict) and not address.get("postalCode"):
            party["address"] = {**address, "postalCode": _postcode_in(address.get("streetAddress"))}
    kept: dict[str, Any] = _trim(release, KEPT, tally, "")
    for field in ("ocid", "id", "date"):
        if not kept.get(field) or (field == "ocid" and not _ID.match(kept[field])):
            remedy = "Report it to the publisher. A release needs an ocid, an id and a date in ISO 8601 format"
            raise InvalidInput("is missing or invalid", remedy=remedy, place=Place(place.file, place.line, field))
    kept["date"] = _to_utc(kept["date"])
    _remove_persons(kept, tally)
    return kept


def _remove_persons(kept: dict[str, Any], tally: Tally) -> None:
    """Replace the names of suppliers and bidders who are private persons, and drop their identifiers."""
    parties = {party.get("id"): party for party in kept.get("parties") or ()}
    suppliers = [supplier for award in kept.get("awards") or () for supplier in award.get("suppliers") or ()]
    for supplier in suppliers:
        party = parties.get(supplier.get("id"), supplier)
        if is_person(party.get("name") or supplier.get("name") or "", identifiers_of(party)):
            tally.counts["suppliers who are persons"] += 1
            party["name"] = supplier["name"] = PERSON_REMOVED
            party.pop("identifier", None)
    for party in parties.values():
        if set(party.get("roles") or ()) & _BIDDERS and is_person(party.get("name") or "", identifiers_of(party)):
            party["name"] = PERSON_REMOVED
            party.pop("identifier", None)


def _trim(value: Any, shape: Any, tally: Tally, path: str) -> Any:
    if value is None:  # in OCDS, null withdraws an earlier value
        return None
    if callable(shape):
        return shape(value, tally)
    if isinstance(shape, list):
        items = [_trim(item, shape[0], tally, path) for item in value] if isinstance(value, list) else []
        return [item for item in items if item not in (None, {}, [])]
    if not isinstance(value, dict):
        return {}
    kept: dict[str, Any] = {}
    for name, part in value.items():
        below = f"{path}.{name}" if path else name
        if name in shape:
            kept[name] = _trim(part, shape[name], tally, below)
            if part not in _EMPTY and kept[name] is None:
                tally.fields[below] += 1
        elif part not in _EMPTY:
            _count_dropped(name, below, tally)
    return {name: part for name, part in kept.items() if part is not None or value[name] is None}


def _count_dropped(name: str, path: str, tally: Tally) -> None:
    if name == "contactPoint":
        tally.counts["contact points"] += 1
    elif path in tally.fields or len(tally.fields) < _MAX_DROPPED_PATHS:
        tally.fields[path[:200]] += 1


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _postcode_in(address: Any) -> str | None:
    """Return the last postcode in an address, or None if there is none."""
    postcodes = _POSTCODE.findall(restore_line_breaks(address).upper()) if isinstance(address, str) else []
    return postcodes[-1] if postcodes else None


def _to_utc(timestamp: str) -> str:
    """Return `timestamp` in UTC, so that sorting timestamps as text sorts them by time."""
    parsed = datetime.fromisoformat(timestamp)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
