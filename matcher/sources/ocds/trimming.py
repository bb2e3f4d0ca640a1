"""Trim releases to the fields that are kept. Everything else, including contact points, is dropped before it is stored.

Publishing systems write an object where the standard has a list, and the other way round. Both are read. A part that
cannot be read is left out and reported with the number of its release.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from matcher.foundations.errors import InvalidInput, Place
from matcher.sources.formats.depth_limit import NOT_A_NUMBER
from matcher.sources.ocds.kept_fields import KEPT
from matcher.sources.ocds.line_breaks import restore_line_breaks
from matcher.sources.ocds.persons import remove_persons
from matcher.sources.statement import Tally

_MAX_DROPPED_PATHS: Final = 1_000
_MAX_SHOWN: Final = 100
_POSTCODE: Final = re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}(?![A-Z0-9])")
_ID: Final = re.compile(r"^\w[\w.:/+~&'(),-]*$")
_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})


def trim(release: Any, tally: Tally, place: Place) -> dict[str, Any]:
    """Return the fields kept from a release. In texts, line breaks are restored and contact details removed.

    `tally` counts what is dropped. If `release` is itself an `InvalidInput`, it is raised.

    Raises:
        InvalidInput: `release` is not an object, or has no valid ocid, id or date.

    """
    if isinstance(release, InvalidInput):
        raise InvalidInput(release.problem, remedy=release.remedy, place=release.place if release.place.file else place)
    if not isinstance(release, dict):
        raise InvalidInput("is not a release", remedy="Use OCDS releases, records or packages", place=place)
    kept: dict[str, Any] = _object(_with_postcodes(release), KEPT, tally, "")
    for field in ("ocid", "id", "date"):
        if not kept.get(field) or (field == "ocid" and not _ID.match(kept[field])):
            remedy = "Report it to the publisher. A release needs an ocid, an id and a date in ISO 8601 format"
            raise InvalidInput("is missing or invalid", remedy=remedy, place=Place(place.file, place.line, field))
    kept["date"] = _to_utc(kept["date"])
    remove_persons(kept, tally)
    return kept


def rejected(problem: InvalidInput, release: Any, number: int, file: str | None = None) -> InvalidInput:
    """Return `problem` with the number of the release, counting from 1, and with its id if that is harmless."""
    place = Place(file or problem.place.file, problem.place.line, problem.place.field)
    text = f"release {number} {named(release, 'id') or '(without an id)'}: {problem.problem}"
    return InvalidInput(text, remedy=problem.remedy, place=place)


def named(release: Any, name: str) -> str:
    """Return field `name` of a release, or "" if its value may be something other than an id, such as an address."""
    text = release.get(name) if isinstance(release, dict) else None
    return text[:_MAX_SHOWN] if isinstance(text, str) and text.isprintable() and "@" not in text else ""


def _trim(value: Any, shape: Any, tally: Tally, path: str) -> Any:
    """Return what `shape` keeps of `value`, or None if that is nothing."""
    if value is None:  # in OCDS, null withdraws an earlier value
        return None
    if value == NOT_A_NUMBER:
        tally.warn(path, "NaN or Infinity", "read as unknown")
        return None
    if isinstance(shape, list):
        items = [_trim(item, shape[0], tally, path) for item in _listed(value, shape[0])]
        return [item for item in items if item not in (None, {}, [])]
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(shape, dict):
        return _object(value, shape, tally, path)
    kept = shape(value, tally)
    if kept is None and value not in _EMPTY:
        tally.fields[path] += 1
        tally.warn(path, value, "left out: it cannot be read")
    return kept


def _object(value: Any, shape: dict[str, Any], tally: Tally, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        if value not in _EMPTY:
            tally.fields[path] += 1
            tally.warn(path, value, "left out: it is not an object")
        return {}
    kept: dict[str, Any] = {}
    for name, part in value.items():
        below = f"{path}.{name}" if path else name
        if name in shape:
            kept[name] = _trim(part, shape[name], tally, below)
        elif part not in _EMPTY:
            _count_dropped(name, below, tally)
    return {name: part for name, part in kept.items() if part is not None or value[name] is None}


def _listed(value: Any, shape: Any) -> list[Any]:
    """Return `value` as a list. An object is a list of one, or of its members if these stand under numbers or ids."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and isinstance(shape, dict) and value and not set(value) & set(shape):
        members = list(value.values())
        if all(isinstance(member, dict) for member in members):
            return members
    return [value]


def _count_dropped(name: str, path: str, tally: Tally) -> None:
    if name == "contactPoint":
        tally.counts["contact points"] += 1
    elif path in tally.fields or len(tally.fields) < _MAX_DROPPED_PATHS:
        tally.fields[path[:200]] += 1


def _with_postcodes(release: dict[str, Any]) -> dict[str, Any]:
    """Return `release` with the postcode of each party that gives it only in its street address."""
    parties = release.get("parties")
    if not parties:
        return release
    return {**release, "parties": [_with_postcode(party) for party in _listed(parties, KEPT["parties"][0])]}


def _with_postcode(party: Any) -> Any:
    address = party.get("address") if isinstance(party, dict) else None
    if not isinstance(address, dict) or address.get("postalCode"):
        return party
    return {**party, "address": {**address, "postalCode": _postcode_in(address.get("streetAddress"))}}


def _postcode_in(address: Any) -> str | None:
    """Return the last postcode in an address, or None if there is none."""
    postcodes = _POSTCODE.findall(restore_line_breaks(address).upper()) if isinstance(address, str) else []
    return postcodes[-1] if postcodes else None


def _to_utc(timestamp: str) -> str:
    """Return `timestamp` in UTC, so that sorting timestamps as text sorts them by time."""
    parsed = datetime.fromisoformat(timestamp)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
