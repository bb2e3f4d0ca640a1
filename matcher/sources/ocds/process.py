"""Process: all releases of one ocid, merged, as a need and as statements about the suppliers who won.

Merging follows the standard (`ocdsmerge`); its rules for lists are given here, so that no schema is fetched. Two
lists are replaced as a whole where the standard would join them by id: a corrected award names its suppliers
anew, and a corrected notice its places.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import ocdsmerge

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.reference_tables import nhs_codes
from matcher.records import Need, Profile, Region, Stage
from matcher.records.fields import MAX_CODES, MAX_TEXT, MAX_TITLE
from matcher.records.places import regions_of_place
from matcher.records.vocabulary import find_region
from matcher.sources.lenient_parsing import fit
from matcher.sources.ocds.parties import PERSON, identifiers_of, postcode_kept, proposed_id, sector_of
from matcher.sources.statement import Origin, Source, Statement, Tally

_WHOLE: Final = "wholeListMerge"
_RULES: Final = {
    ("parties", "roles"): _WHOLE,
    ("parties", "additionalIdentifiers"): _WHOLE,
    ("tender", "additionalClassifications"): _WHOLE,
    ("tender", "items"): _WHOLE,
    ("awards", "suppliers"): _WHOLE,
    ("awards", "items"): _WHOLE,
}
_PREFIXES: Final = {"ocds-b5fd17": Source.CONTRACTS_FINDER, "ocds-h6vhtk": Source.FIND_A_TENDER}
# Statuses of a tender or award that came to nothing.
_ENDED: Final = frozenset({"cancelled", "withdrawn", "unsuccessful"})
_NOT_YET: Final = frozenset({"pending"})
# The letter after UK or TL in a NUTS or ITL code names the region (Office for National Statistics).
_LETTERS: Final = dict(zip("CDEFGHIJKLMN", Region, strict=True))
# Publishers write 0 or 1 where they give no value.
_LEAST_VALUE: Final = 1.0


@dataclass(frozen=True)
class Process:
    """What the releases of one ocid come to. `need` is None where it was cancelled or is not usable."""

    ocid: str
    need: Need | None
    statements: tuple[Statement, ...]


def source_of(ocid: str) -> Source:
    """Return the publisher that an ocid's prefix belongs to."""
    return _PREFIXES.get("-".join(ocid.split("-")[:2]), Source.OCDS)


def merge(releases: Sequence[dict[str, Any]], origin: Origin, tally: Tally) -> Process:
    """Merge trimmed releases of one ocid. `origin` is where the latest was read.

    Raises:
        InvalidInput: there is nothing to call the need by.

    """
    ordered = sorted(releases, key=lambda release: (release["date"], release["id"]))
    merged = _compiled(ordered)
    awards = [award for award in merged.get("awards") or () if award.get("status") not in _ENDED | _NOT_YET]
    need = None
    if _is_cancelled(merged, ordered, awards):
        tally.counts["needs cancelled"] += 1
    else:
        need = _need(merged, ordered, awards, tally)
    title = need.title if need else _title(merged) or ""
    pieces = [_piece(award, merged, title, tally) for award in awards]
    statements = [
        statement
        for award, piece in zip(awards, pieces, strict=True)
        for statement in _statements(award, piece, merged, origin, tally)
    ]
    return Process(merged["ocid"], need, tuple({said.record: said for said in statements}.values()))


def _compiled(ordered: list[dict[str, Any]]) -> dict[str, Any]:
    with warnings.catch_warnings():
        # Some publishers number two entries of a list alike; the standard says that the later one holds.
        warnings.simplefilter("ignore", ocdsmerge.exceptions.DuplicateIdValueWarning)
        try:
            compiled: dict[str, Any] = ocdsmerge.Merger(merge_rules=_RULES).create_compiled_release(ordered)
        except ocdsmerge.exceptions.OCDSMergeError as error:
            raise InvalidInput(f"cannot be merged: {error}", remedy="Take it up with the publisher") from error
    return compiled


def _is_cancelled(merged: dict[str, Any], ordered: list[dict[str, Any]], awards: list[dict[str, Any]]) -> bool:
    if awards:
        return False
    ended = bool(merged.get("awards")) and all(award.get("status") in _ENDED for award in merged["awards"])
    latest = ordered[-1].get("tag") or ()
    return ended or "tenderCancellation" in latest or (merged.get("tender") or {}).get("status") in _ENDED


def _need(merged: dict[str, Any], ordered: list[dict[str, Any]], awards: list[dict[str, Any]], tally: Tally) -> Need:
    tender = merged.get("tender") or {}
    stage = _stage(merged, ordered, awards)
    published = tender.get("datePublished") or min(_day_of(release) for release in ordered)
    fields = {
        "id": merged["ocid"],
        "title": _title(merged),
        "description": _description(merged),
        "buyer": _buyer(merged),
        "cpv": _cpv(tender, tally),
        **_place([*_addresses(tender), *(address for award in awards for address in _addresses(award))]),
        "value": _worth([tender.get("value"), tender.get("minValue")], tally) or _total(awards),
        "published": published[:10],
        "closes": (_closes(merged, stage) or "")[:10] or None,
        "stage": stage.value,
    }
    known = {name: value for name, value in fields.items() if value not in (None, "", [])}
    return fit(Need, known, tally, Place(field=merged["ocid"]))


def _title(merged: dict[str, Any]) -> str | None:
    tender = merged.get("tender") or {}
    awards = merged.get("awards") or [{}]
    texts = (tender.get("title"), merged.get("title"), awards[0].get("title"), tender.get("description"))
    return next((text[:MAX_TITLE] for text in texts if text), None)


def _description(merged: dict[str, Any]) -> str:
    tender = merged.get("tender") or {}
    lots = [lot for lot in tender.get("lots") or () if lot.get("status") not in _ENDED]
    texts = [tender.get("description") or merged.get("description"), *(_lot(lot) for lot in lots)]
    return "\n".join(dict.fromkeys(text for text in texts if text))[:MAX_TEXT]


def _lot(lot: dict[str, Any]) -> str:
    return ". ".join(text for text in (lot.get("title"), lot.get("description")) if text)


def _stage(merged: dict[str, Any], ordered: list[dict[str, Any]], awards: list[dict[str, Any]]) -> Stage:
    tags = {tag for release in ordered for tag in release.get("tag") or ()}
    if awards:
        return Stage.AWARD
    if any(tag.startswith("tender") for tag in tags) or tags & {"compiled", "award", "awardUpdate"}:
        return Stage.TENDER
    planning = merged.get("planning") or {}
    engaged = any(part.get("documentType") == "marketEngagementNotice" for part in planning.get("documents") or ())
    return Stage.MARKET_ENGAGEMENT if engaged or _engagements(merged) else Stage.PLANNING


def _engagements(merged: dict[str, Any]) -> list[str]:
    milestones = (merged.get("planning") or {}).get("milestones") or ()
    return sorted(part["dueDate"] for part in milestones if part.get("type") == "engagement" and part.get("dueDate"))


def _closes(merged: dict[str, Any], stage: Stage) -> str | None:
    if stage is Stage.MARKET_ENGAGEMENT and (ends := _engagements(merged)):
        return ends[-1]
    closes: str | None = ((merged.get("tender") or {}).get("tenderPeriod") or {}).get("endDate")
    return closes


def _buyer(merged: dict[str, Any]) -> dict[str, str] | None:
    buyer = merged.get("buyer") or {}
    parties = merged.get("parties") or ()
    named = [one for one in parties if one.get("id") == buyer.get("id")]
    party: dict[str, Any] = next(iter([*named, *(one for one in parties if "buyer" in (one.get("roles") or ()))]), {})
    if not (name := (buyer.get("name") or party.get("name") or "")[:MAX_TITLE]):
        return None
    code = identifiers_of(party).get("ods") or nhs_codes().get(name.casefold())
    return {"name": name, "ods_code": code} if code else {"name": name}


def _cpv(tender: dict[str, Any], tally: Tally) -> list[str]:
    given = [tender.get("classification"), *(tender.get("additionalClassifications") or ())]
    for item in tender.get("items") or ():
        given += [item.get("classification"), *(item.get("additionalClassifications") or ())]
    codes = [code["id"] for code in given if code and code.get("scheme") == "CPV" and code.get("id")]
    tally.fields["more than 200 CPV codes"] += max(0, len(set(codes)) - MAX_CODES)
    return list(dict.fromkeys(codes))[:MAX_CODES]


def _addresses(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in part.get("items") or ():
        yield from item.get("deliveryAddresses") or ()
        if address := item.get("deliveryAddress"):
            yield address


def _place(addresses: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return the region and the postcode of delivery, each where it is the only one."""
    addresses = list(addresses)
    postcodes = {address["postalCode"].upper() for address in addresses if address.get("postalCode")}
    regions = {region for address in addresses for region in _regions(address)}
    found: dict[str, str] = {}
    if len(regions) == 1:
        found["region"] = next(iter(regions)).value
    if len(postcodes) == 1:
        found["postcode"] = next(iter(postcodes))
    return found


def _regions(address: dict[str, Any]) -> frozenset[Region]:
    text = address.get("region") or ""
    if text[:2] in ("UK", "TL") and text[2:3] in _LETTERS and text[3:].isalnum() | (len(text) == 3):
        return frozenset({_LETTERS[text[2]]})
    if text and (region := find_region(text)):
        return frozenset({region})
    return regions_of_place(address["postalCode"]) if address.get("postalCode") else frozenset()


def _worth(values: Iterable[dict[str, Any] | None], tally: Tally) -> float | None:
    for value in values:
        if not value or value.get("amount") is None:
            continue
        if value.get("currency", "GBP") != "GBP":
            tally.counts["values not in pounds"] += 1
        elif value["amount"] > _LEAST_VALUE:
            return float(value["amount"])
        else:
            tally.counts["values of 0 or 1"] += 1
    return None


def _total(awards: list[dict[str, Any]]) -> float | None:
    known = [worth for award in awards if (worth := _worth([award.get("value")], Tally()))]
    return sum(known) if known and len(known) == len(awards) else None


def _piece(award: dict[str, Any], merged: dict[str, Any], title: str, tally: Tally) -> dict[str, Any]:
    """Return the piece of track record that an award is; its value only where one supplier has it alone."""
    tender = merged.get("tender") or {}
    contract: dict[str, Any] = next(
        (one for one in merged.get("contracts") or () if one.get("awardID") == award.get("id")), {}
    )
    alone = len(award.get("suppliers") or ()) == 1
    day = award.get("date") or contract.get("dateSigned") or award.get("datePublished")
    piece = {
        "title": (award.get("title") or title)[:MAX_TITLE],
        "description": (award.get("description") or _description(merged))[:MAX_TEXT],
        "buyer": (_buyer(merged) or {}).get("name"),
        "cpv": _cpv(award, tally) or _cpv(tender, tally),
        "region": _place([*_addresses(award)] or [*_addresses(tender)]).get("region"),
        "date": (day or "")[:10] or None,
        "value": _worth([award.get("value"), contract.get("value")], tally) if alone else None,
    }
    return {name: value for name, value in piece.items() if value not in (None, "", [])}


def _statements(
    award: dict[str, Any], piece: dict[str, Any], merged: dict[str, Any], origin: Origin, tally: Tally
) -> Iterator[Statement]:
    parties = {party["id"]: party for party in merged.get("parties") or () if party.get("id")}
    suppliers = award.get("suppliers") or ()
    if not suppliers:
        tally.counts["awards without a supplier"] += 1
    for supplier in suppliers:
        party = parties.get(supplier.get("id") or "", {})
        if statement := _statement(supplier, party, f"{merged['ocid']}/{award.get('id')}", piece, origin, tally):
            yield statement


def _statement(
    supplier: dict[str, Any], party: dict[str, Any], award: str, piece: dict[str, Any], origin: Origin, tally: Tally
) -> Statement | None:
    name = party.get("name") or supplier.get("name") or (party.get("identifier") or {}).get("legalName") or ""
    identifiers = identifiers_of(party)
    if not any(character.isalnum() for character in name):
        tally.counts["suppliers without a name"] += 1
        return None
    if name == PERSON:
        return None
    fields = {
        "id": "unknown",
        "name": name[:MAX_TITLE],
        "sector": sector_of(party, name, identifiers).value,
        "identifiers": identifiers,
        "website": (party.get("details") or {}).get("url"),
        "postcode": postcode_kept((party.get("address") or {}).get("postalCode"), identifiers),
        "track_record": [piece] if piece.get("title") else [],
    }
    known = {field: value for field, value in fields.items() if value not in (None, "", [], {})}
    profile = fit(Profile, known, tally, Place(field=award))
    said = profile.model_dump(mode="json", exclude_defaults=True, exclude_none=True, exclude={"id"})
    number = party.get("id") or ""
    return Statement(
        source_of(award),
        f"{award}#{supplier.get('id') or name.lower()}",
        said,
        Origin(origin.file, origin.place, date.fromisoformat(piece["date"]) if "date" in piece else origin.stated),
        proposed_id(name, said.get("identifiers", {})),
        party=number if number.startswith("GB-CFS-") else None,
    )


def _day_of(release: dict[str, Any]) -> str:
    return str(release["date"])
