"""Winners: the statements about the suppliers of an award, with the award as a piece of their track record.

Suppliers who are none, such as "See attached", and the buyer itself are passed over. Several suppliers written as one
name are parted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from matcher.foundations.errors import Place
from matcher.foundations.register_numbers import number_keys
from matcher.records import Profile
from matcher.records.fields import MAX_TEXT, MAX_TITLE
from matcher.sources.lenient_parsing import parse_leniently
from matcher.sources.ocds.awards import AwardInForce, has_single_supplier
from matcher.sources.ocds.lots import description_of_lots, items_of, title_of_lots
from matcher.sources.ocds.needs import addresses_of, buyer_of, cpv_codes, description_of, place_of
from matcher.sources.ocds.parties import (
    PERSON_REMOVED,
    identifiers_of,
    is_person,
    party_of,
    plain_name,
    postcode_to_keep,
    proposed_id,
    sector_of,
    size_stated,
    unreadable_numbers,
)
from matcher.sources.ocds.supplier_names import is_placeholder, joint_names, may_be_joint
from matcher.sources.statement import Origin, Statement, Tally

Json = dict[str, Any]


@dataclass(frozen=True)
class _Supplier:
    """A supplier named by an award. `key` tells it from the other suppliers of the award."""

    name: str
    party: Json
    identifiers: dict[str, Any]
    key: str


def track_record_of(won: AwardInForce, merged: Json, title: str, tally: Tally) -> Json:
    """Return an award as work for a track record: the lots that it names, else the whole tender.

    The value is given only if the award has a single supplier. `title` is the title of the need.
    """
    award, tender = won.award, merged.get("tender") or {}
    own = award.get("description")
    if own == tender.get("description"):
        own = None
    if won.lots is None:
        named, part = award.get("title") or title, tender
        description = own or description_of(merged)
    else:
        lots = list(won.lots)
        named, part = title_of_lots(award.get("title") or title, lots), items_of(lots, merged)
        description = "\n".join(text for text in (own, description_of_lots(lots, merged)) if text)
    is_single = has_single_supplier(award) and not any(joint_names(one.get("name") or "") for one in award["suppliers"])
    piece = {
        "title": named[:MAX_TITLE],
        "description": description[:MAX_TEXT],
        "buyer": (buyer_of(merged) or {}).get("name"),
        "cpv": cpv_codes(award, tally) or cpv_codes(part, tally) or cpv_codes({**tender, "items": []}, tally),
        "region": place_of([*addresses_of(award)] or [*addresses_of(part)] or [*addresses_of(tender)]).get("region"),
        "date": (won.day or "")[:10] or None,
        "value": won.value.amount if won.value and is_single else None,
    }
    return {name: value for name, value in piece.items() if value not in (None, "", [])}


def statements_of(
    won: AwardInForce, piece: Json, merged: Json, source: str, origin: Origin, tally: Tally
) -> Iterator[Statement]:
    """Yield a statement for each supplier that won an award. `piece` is the award as a track record."""
    if not won.award.get("suppliers"):
        tally.counts["awards without a supplier"] += 1
        tally.warn("awards.suppliers", won.record, "the award names no supplier")
    stated = date.fromisoformat(piece["date"]) if "date" in piece else origin.stated
    basis = str(won.value) if won.value and "value" in piece else None
    for supplier in _suppliers(won.award, merged, tally):
        record = f"{merged['ocid']}/{won.record}"
        fields = _profile_fields(supplier, piece, record, tally)
        number = supplier.party.get("publishedId") or supplier.party.get("id") or ""
        yield Statement(
            source,
            f"{record}#{supplier.key}",
            fields | ({"basis": {"track_record.value": basis}} if basis else {}),
            Origin(origin.file, origin.place, stated),
            proposed_id(supplier.name, fields.get("identifiers", {})),
            party=number if number.startswith("GB-CFS-") else None,
        )


def _suppliers(award: Json, merged: Json, tally: Tally) -> Iterator[_Supplier]:
    parties = merged.get("parties") or []
    keys: set[str] = set()
    for named in award.get("suppliers") or ():
        for supplier in _parted(named, party_of(named, parties), tally):
            if not _is_supplier(supplier, merged, tally):
                continue
            key = supplier.key
            if key in keys:  # two suppliers under one id
                key = f"{key}~{plain_name(supplier.name)}"
            if key not in keys:
                keys.add(key)
                yield _Supplier(supplier.name, supplier.party, supplier.identifiers, key)


def _parted(named: Json, party: Json, tally: Tally) -> Iterator[_Supplier]:
    """Yield the supplier that an award names or, if it is several in one name, each of them."""
    name = party.get("name") or named.get("name") or (party.get("identifier") or {}).get("legalName") or ""
    numbers = identifiers_of(party)
    legal = (party.get("identifier") or {}).get("legalName") or ""
    if is_placeholder(name) and legal and not is_placeholder(legal):
        name = legal
    key = named.get("id") or name.lower()
    names = [] if numbers else joint_names(name)
    if not names:
        if may_be_joint(name) or (numbers and joint_names(name)):
            tally.warn("awards.suppliers", name, "read as one supplier, but it may be several")
        yield _Supplier(name, party, numbers, key)
        return
    tally.counts["suppliers parted from a joint name"] += len(names)
    tally.warn("awards.suppliers", name, f"read as {len(names)} suppliers")
    for one in names:
        yield _Supplier(one, {"details": party.get("details")}, {}, f"{key}~{plain_name(one)}")


def _is_supplier(supplier: _Supplier, merged: Json, tally: Tally) -> bool:
    """Return whether a supplier is an organisation other than the buyer. Count it otherwise."""
    name = supplier.name
    if name == PERSON_REMOVED or is_person(name, supplier.identifiers):
        return False
    if not any(map(str.isalnum, name)):
        reason, action = "suppliers without a name", "left out: the supplier has no name"
    elif is_placeholder(name) and not supplier.identifiers:
        reason, action = "suppliers that are placeholders", "left out: it names no supplier"
    elif _is_buyer(supplier, merged):
        reason, action = "suppliers that are the buyer", "left out: the buyer itself"
    else:
        return True
    tally.counts[reason] += 1
    tally.warn("awards.suppliers", name, action)
    return False


def _is_buyer(supplier: _Supplier, merged: Json) -> bool:
    """Return whether a supplier is the buyer: the same party, by name or register number."""
    parties = merged.get("parties") or []
    buyer = merged.get("buyer") or {}
    buyers = [party for party in parties if "buyer" in (party.get("roles") or ())]
    if buyer:
        buyers.append({**party_of(buyer, parties), **({"name": buyer["name"]} if buyer.get("name") else {})})
    names = {plain_name(party.get("name") or "") for party in buyers} - {""}
    numbers = {number for party in buyers for number in number_keys(identifiers_of(party))}
    return plain_name(supplier.name) in names or not numbers.isdisjoint(number_keys(supplier.identifiers))


def _profile_fields(supplier: _Supplier, piece: Json, award: str, tally: Tally) -> Json:
    party, numbers = supplier.party, supplier.identifiers
    for number in unreadable_numbers(party):
        tally.fields["parties.identifier"] += 1
        tally.warn("parties.identifier", number, "left out: not a number of this register")
    fields = {
        "id": "unknown",
        "name": supplier.name[:MAX_TITLE],
        "sector": sector_of(party).value,
        "size": size_stated(party),
        "identifiers": dict(numbers),
        "website": (party.get("details") or {}).get("url"),
        "postcode": postcode_to_keep((party.get("address") or {}).get("postalCode"), numbers),
        "track_record": [piece] if piece.get("title") else [],
    }
    known = {field: value for field, value in fields.items() if value not in (None, "", [], {})}
    profile = parse_leniently(Profile, known, tally, Place(field=award))
    stored: Json = profile.model_dump(mode="json", exclude_defaults=True, exclude_none=True, exclude={"id"})
    return stored
