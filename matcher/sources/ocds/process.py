"""Processes: all releases with one ocid, merged into a need and into statements about the winning suppliers.

Merging follows the standard (`ocdsmerge`). The merging rules for lists are set here, so no schema needs to be fetched.
The standard merges suppliers and items by id, but here a later list replaces an earlier one completely. The reason is
that a corrected award lists all its suppliers again, and a corrected notice lists all its items and their places again.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import ocdsmerge

from matcher.foundations.errors import InvalidInput, Place
from matcher.records import Need, Profile
from matcher.records.fields import MAX_TEXT, MAX_TITLE
from matcher.sources.lenient_parsing import parse_leniently
from matcher.sources.ocds.needs import (
    CANCELLED,
    addresses_of,
    buyer_of,
    cpv_codes,
    description_of,
    first_value,
    need_of,
    place_of,
    title_of,
)
from matcher.sources.ocds.parties import PERSON_REMOVED, identifiers_of, postcode_to_keep, proposed_id, sector_of
from matcher.sources.statement import Origin, Statement, Tally

_WHOLE: Final = "wholeListMerge"
_RULES: Final = {
    ("parties", "roles"): _WHOLE,
    ("parties", "additionalIdentifiers"): _WHOLE,
    ("tender", "additionalClassifications"): _WHOLE,
    ("tender", "items"): _WHOLE,
    ("awards", "suppliers"): _WHOLE,
    ("awards", "items"): _WHOLE,
}
_NOT_YET: Final = frozenset({"pending"})


@dataclass(frozen=True)
class Process:
    """The result of merging the releases with one ocid. `need` is None if the process was cancelled."""

    ocid: str
    need: Need | None
    statements: tuple[Statement, ...]


def merge(releases: Sequence[dict[str, Any]], source: str, origin: Origin, tally: Tally) -> Process:
    """Merge trimmed releases that share one ocid.

    `source` becomes the source of the new statements, and `origin` is where the latest release was read. `tally` counts
    what is dropped.

    Raises:
        InvalidInput: the releases cannot be merged, or the need has no title.

    """
    ordered = sorted(releases, key=lambda release: (release["date"], release["id"]))
    merged = _compiled(ordered)
    awards = [award for award in merged.get("awards") or () if award.get("status") not in CANCELLED | _NOT_YET]
    need = None
    if _is_cancelled(merged, ordered, awards):
        tally.counts["needs cancelled"] += 1
    else:
        need = need_of(merged, ordered, awards, tally)
    title = need.title if need else title_of(merged) or ""
    pieces = [_track_record(award, merged, title, tally) for award in awards]
    statements = [
        statement
        for award, piece in zip(awards, pieces, strict=True)
        for statement in _statements(award, piece, merged, source, origin, tally)
    ]
    return Process(merged["ocid"], need, tuple({statement.record: statement for statement in statements}.values()))


def _compiled(ordered: list[dict[str, Any]]) -> dict[str, Any]:
    with warnings.catch_warnings():
        # Some publishers give two entries in a list the same id. Under the standard, the later one is kept.
        warnings.simplefilter("ignore", ocdsmerge.exceptions.DuplicateIdValueWarning)
        try:
            compiled: dict[str, Any] = ocdsmerge.Merger(merge_rules=_RULES).create_compiled_release(ordered)
        except ocdsmerge.exceptions.OCDSMergeError as error:
            raise InvalidInput(f"cannot be merged: {error}", remedy="Report it to the publisher") from error
    return compiled


def _is_cancelled(merged: dict[str, Any], ordered: list[dict[str, Any]], awards: list[dict[str, Any]]) -> bool:
    if awards:
        return False
    all_cancelled = bool(merged.get("awards")) and all(award.get("status") in CANCELLED for award in merged["awards"])
    latest = ordered[-1].get("tag") or ()
    return all_cancelled or "tenderCancellation" in latest or (merged.get("tender") or {}).get("status") in CANCELLED


def _track_record(award: dict[str, Any], merged: dict[str, Any], title: str, tally: Tally) -> dict[str, Any]:
    """Return an award as work for a track record. The value is given only if the award has a single supplier."""
    tender = merged.get("tender") or {}
    contract: dict[str, Any] = next(
        (contract for contract in merged.get("contracts") or () if contract.get("awardID") == award.get("id")), {}
    )
    has_one_supplier = len(award.get("suppliers") or ()) == 1
    day = award.get("date") or contract.get("dateSigned") or award.get("datePublished")
    piece = {
        "title": (award.get("title") or title)[:MAX_TITLE],
        "description": (award.get("description") or description_of(merged))[:MAX_TEXT],
        "buyer": (buyer_of(merged) or {}).get("name"),
        "cpv": cpv_codes(award, tally) or cpv_codes(tender, tally),
        "region": place_of([*addresses_of(award)] or [*addresses_of(tender)]).get("region"),
        "date": (day or "")[:10] or None,
        "value": first_value([award.get("value"), contract.get("value")], tally) if has_one_supplier else None,
    }
    return {name: value for name, value in piece.items() if value not in (None, "", [])}


def _statements(
    award: dict[str, Any], piece: dict[str, Any], merged: dict[str, Any], source: str, origin: Origin, tally: Tally
) -> Iterator[Statement]:
    parties = {party["id"]: party for party in merged.get("parties") or () if party.get("id")}
    suppliers = award.get("suppliers") or ()
    if not suppliers:
        tally.counts["awards without a supplier"] += 1
    stated = date.fromisoformat(piece["date"]) if "date" in piece else origin.stated
    award_origin = Origin(origin.file, origin.place, stated)
    for supplier in suppliers:
        party = parties.get(supplier.get("id") or "", {})
        fields = _supplier_fields(supplier, party, piece, f"{merged['ocid']}/{award.get('id')}", tally)
        if fields is not None:
            key = supplier.get("id") or _name_of(supplier, party).lower()
            number = party.get("id") or ""
            yield Statement(
                source,
                f"{merged['ocid']}/{award.get('id')}#{key}",
                fields,
                award_origin,
                proposed_id(_name_of(supplier, party), fields.get("identifiers", {})),
                party=number if number.startswith("GB-CFS-") else None,
            )


def _name_of(supplier: dict[str, Any], party: dict[str, Any]) -> str:
    return party.get("name") or supplier.get("name") or (party.get("identifier") or {}).get("legalName") or ""


def _supplier_fields(
    supplier: dict[str, Any], party: dict[str, Any], piece: dict[str, Any], award: str, tally: Tally
) -> dict[str, Any] | None:
    """Return the fields of a supplier's profile, or None if the supplier has no usable name or is a private person."""
    name = _name_of(supplier, party)
    identifiers = identifiers_of(party)
    if not any(character.isalnum() for character in name):
        tally.counts["suppliers without a name"] += 1
        return None
    if name == PERSON_REMOVED:
        return None
    fields = {
        "id": "unknown",
        "name": name[:MAX_TITLE],
        "sector": sector_of(party, name, identifiers).value,
        "identifiers": identifiers,
        "website": (party.get("details") or {}).get("url"),
        "postcode": postcode_to_keep((party.get("address") or {}).get("postalCode"), identifiers),
        "track_record": [piece] if piece.get("title") else [],
    }
    known = {field: value for field, value in fields.items() if value not in (None, "", [], {})}
    profile = parse_leniently(Profile, known, tally, Place(field=award))
    stored: dict[str, Any] = profile.model_dump(mode="json", exclude_defaults=True, exclude_none=True, exclude={"id"})
    return stored
