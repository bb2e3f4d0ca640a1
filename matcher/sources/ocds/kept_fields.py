"""Shape: the fields of a release that are kept. All others stay at the door, contact points first of all."""

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
from matcher.sources.ocds.line_breaks import unflatten
from matcher.sources.ocds.parties import PERSON, identifiers_of, is_person
from matcher.sources.statement import Tally

# A text longer than this is no notice; the longest of 4,000 real ones takes 23,000 characters.
_MAX_TEXT: Final = 400_000
_POSTCODE: Final = re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}(?![A-Z0-9])")
_BIDDERS: Final = frozenset({"supplier", "tenderer", "removedSupplier"})
_ID: Final = re.compile(r"^\w[\w.:/+~&'(),-]*$")

Leaf = Callable[[Any, Tally], Any]


def _text(value: Any, tally: Tally) -> str | None:
    if not isinstance(value, str):
        return None
    text, found = redact(clean(unflatten(value[:_MAX_TEXT])))
    tally.counts["contact details in texts"] += found
    return text or None


def _word(value: Any, _: Tally) -> str | None:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if 0 < len(text) <= MAX_ID and "@" not in text and text.isprintable() else None


def _number(value: Any, _: Tally) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if known else None


def _flag(value: Any, _: Tally) -> bool | None:
    return value if isinstance(value, bool) else None


def _moment(value: Any, _: Tally) -> str | None:
    """A point in time as ISO 8601 in UTC, so that the order of texts is the order of time; a bare day stays one."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if len(value.strip()) == len("2025-01-31"):
        return value.strip()
    # The day is kept as published: midnight in a British summer is a day earlier in UTC.
    return moment.isoformat()


_VALUE: Final = {"amount": _number, "currency": _word}
_CODE: Final = {"scheme": _word, "id": _word}
_ADDRESS: Final = {"postalCode": _word, "region": _text, "countryName": _text}
_ITEMS: Final = [
    {
        "id": _word,
        "classification": _CODE,
        "additionalClassifications": [_CODE],
        "deliveryAddresses": [_ADDRESS],
        "deliveryAddress": _ADDRESS,
    }
]
_DOCUMENTS: Final = [{"id": _word, "documentType": _word}]

KEPT: Final[dict[str, Any]] = {
    "ocid": _word,
    "id": _word,
    "date": _moment,
    "tag": [_word],
    "title": _text,
    "description": _text,
    "buyer": {"id": _word, "name": _text},
    "parties": [
        {
            "id": _word,
            "name": _text,
            "identifier": {"scheme": _word, "id": _word, "legalName": _text},
            "additionalIdentifiers": [_CODE],
            "address": {"postalCode": _word},
            "roles": [_word],
            "details": {"scale": _word, "vcse": _flag, "url": _text},
        }
    ],
    "planning": {
        "documents": _DOCUMENTS,
        "milestones": [{"id": _word, "type": _word, "dueDate": _moment}],
    },
    "tender": {
        "id": _word,
        "title": _text,
        "description": _text,
        "status": _word,
        "classification": _CODE,
        "additionalClassifications": [_CODE],
        "items": _ITEMS,
        "value": _VALUE,
        "minValue": _VALUE,
        "tenderPeriod": {"endDate": _moment},
        "datePublished": _moment,
        "lots": [{"id": _word, "title": _text, "description": _text, "status": _word, "value": _VALUE}],
    },
    "awards": [
        {
            "id": _word,
            "title": _text,
            "description": _text,
            "status": _word,
            "date": _moment,
            "datePublished": _moment,
            "value": _VALUE,
            "suppliers": [{"id": _word, "name": _text}],
            "items": _ITEMS,
        }
    ],
    "contracts": [{"id": _word, "awardID": _word, "status": _word, "value": _VALUE, "dateSigned": _moment}],
}


def trim(release: Any, tally: Tally, place: Place) -> dict[str, Any]:
    """Return the kept fields of a release, its texts repaired and without contact details; `tally` counts the rest.

    Raises:
        InvalidInput: it is no release: no object, or without an ocid, an id or a date.

    """
    if isinstance(release, InvalidInput):
        raise release
    if not isinstance(release, dict):
        raise InvalidInput("is not a release", remedy="Give OCDS releases, records or packages of them", place=place)
    for party in _objects(release.get("parties")):
        if isinstance(address := party.get("address"), dict) and not address.get("postalCode"):
            party["address"] = {**address, "postalCode": _postcode_in(address.get("streetAddress"))}
    kept: dict[str, Any] = _trim(release, KEPT, tally, "")
    for field in ("ocid", "id", "date"):
        if not kept.get(field) or (field == "ocid" and not _ID.match(kept[field])):
            remedy = "Take it up with the publisher: a release needs an ocid, an id and a date in ISO 8601"
            raise InvalidInput("is missing or wrong", remedy=remedy, place=Place(place.file, place.line, field))
    kept["date"] = _utc(kept["date"])
    _forget_persons(kept, tally)
    return kept


def _forget_persons(kept: dict[str, Any], tally: Tally) -> None:
    """Take out the names of suppliers who are private persons, wherever they stand."""
    parties = {party.get("id"): party for party in kept.get("parties") or ()}
    for supplier in [one for award in kept.get("awards") or () for one in award.get("suppliers") or ()]:
        party = parties.get(supplier.get("id"), supplier)
        if is_person(party.get("name") or supplier.get("name") or "", identifiers_of(party)):
            tally.counts["suppliers who are persons"] += 1
            party["name"] = supplier["name"] = PERSON
            party.pop("identifier", None)
    for party in parties.values():
        if set(party.get("roles") or ()) & _BIDDERS and is_person(party.get("name") or "", identifiers_of(party)):
            party["name"] = PERSON
            party.pop("identifier", None)


def _trim(value: Any, shape: Any, tally: Tally, path: str) -> Any:
    if value is None:  # in OCDS a null takes back what was said before
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
            if part not in (None, "", [], {}) and kept[name] is None:
                tally.fields[below] += 1
        elif part not in (None, "", [], {}):
            _drop(name, below, tally)
    return {name: part for name, part in kept.items() if part is not None or value[name] is None}


def _drop(name: str, path: str, tally: Tally) -> None:
    if name == "contactPoint":
        tally.counts["contact points"] += 1
    elif path in tally.fields or len(tally.fields) < 1_000:
        tally.fields[path[:200]] += 1


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _postcode_in(address: Any) -> str | None:
    found = _POSTCODE.findall(unflatten(address).upper()) if isinstance(address, str) else []
    return found[-1] if found else None


def _utc(moment: str) -> str:
    parsed = datetime.fromisoformat(moment)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
