"""Needs: a need's fields, taken from merged releases that share one ocid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from matcher.foundations.errors import Place
from matcher.foundations.reference_tables import nhs_codes
from matcher.records import Need, Region, Stage
from matcher.records.fields import MAX_CODES, MAX_TEXT, MAX_TITLE
from matcher.records.places import regions_of_place
from matcher.records.vocabulary import find_region
from matcher.sources.lenient_parsing import parse_leniently
from matcher.sources.ocds.parties import identifiers_of
from matcher.sources.statement import Tally

# The statuses of a tender, lot or award that was not completed.
CANCELLED: Final = frozenset({"cancelled", "withdrawn", "unsuccessful"})
# The letter after UK or TL in a NUTS or ITL code identifies the region (Office for National Statistics).
_LETTERS: Final = dict(zip("CDEFGHIJKLMN", Region, strict=True))
# Values up to this number are ignored, because some publishers enter 0 or 1 instead of stating a value.
_LEAST_VALUE: Final = 1.0

Json = dict[str, Any]


def need_of(merged: Json, ordered: list[Json], awards: list[Json], tally: Tally) -> Need:
    """Return a process's need, built from its `merged` release, its `ordered` releases and its `awards` in force.

    Raises:
        InvalidInput: the process has no title.

    """
    tender = merged.get("tender") or {}
    stage = _stage(merged, ordered, awards)
    published = tender.get("datePublished") or min(str(release["date"]) for release in ordered)
    fields = {
        "id": merged["ocid"],
        "title": title_of(merged),
        "description": description_of(merged),
        "buyer": buyer_of(merged),
        "cpv": cpv_codes(tender, tally),
        **place_of([*addresses_of(tender), *(address for award in awards for address in addresses_of(award))]),
        "value": first_value([tender.get("value"), tender.get("minValue")], tally) or _total(awards),
        "published": published[:10],
        "closes": (_closes(merged, stage) or "")[:10] or None,
        "stage": stage.value,
    }
    known = {name: value for name, value in fields.items() if value not in (None, "", [])}
    return parse_leniently(Need, known, tally, Place(field=merged["ocid"]))


def title_of(merged: Json) -> str | None:
    """Return the first title found (tender, process or first award) or, failing that, the tender's description."""
    tender = merged.get("tender") or {}
    awards = merged.get("awards") or [{}]
    texts = (tender.get("title"), merged.get("title"), awards[0].get("title"), tender.get("description"))
    return next((text[:MAX_TITLE] for text in texts if text), None)


def description_of(merged: Json) -> str:
    """Return the description of the tender (or else the process), followed by the lots that were not cancelled."""
    tender = merged.get("tender") or {}
    lots = [lot for lot in tender.get("lots") or () if lot.get("status") not in CANCELLED]
    texts = [tender.get("description") or merged.get("description"), *(_lot(lot) for lot in lots)]
    return "\n".join(dict.fromkeys(text for text in texts if text))[:MAX_TEXT]


def _lot(lot: Json) -> str:
    return ". ".join(text for text in (lot.get("title"), lot.get("description")) if text)


def _stage(merged: Json, ordered: list[Json], awards: list[Json]) -> Stage:
    tags = {tag for release in ordered for tag in release.get("tag") or ()}
    if awards:
        return Stage.AWARD
    if any(tag.startswith("tender") for tag in tags) or tags & {"compiled", "award", "awardUpdate"}:
        return Stage.TENDER
    planning = merged.get("planning") or {}
    engaged = any(part.get("documentType") == "marketEngagementNotice" for part in planning.get("documents") or ())
    return Stage.MARKET_ENGAGEMENT if engaged or _engagements(merged) else Stage.PLANNING


def _engagements(merged: Json) -> list[str]:
    """Return the due dates of the market engagement milestones, earliest first."""
    milestones = (merged.get("planning") or {}).get("milestones") or ()
    return sorted(part["dueDate"] for part in milestones if part.get("type") == "engagement" and part.get("dueDate"))


def _closes(merged: Json, stage: Stage) -> str | None:
    if stage is Stage.MARKET_ENGAGEMENT and (ends := _engagements(merged)):
        return ends[-1]
    closes: str | None = ((merged.get("tender") or {}).get("tenderPeriod") or {}).get("endDate")
    return closes


def buyer_of(merged: Json) -> dict[str, str] | None:
    """Return the buyer's name and ODS code (if known), or None if the notice does not name the buyer."""
    buyer = merged.get("buyer") or {}
    parties = merged.get("parties") or ()
    same_id = [party for party in parties if party.get("id") == buyer.get("id")]
    same_role = [party for party in parties if "buyer" in (party.get("roles") or ())]
    party: Json = next(iter([*same_id, *same_role]), {})
    if not (name := (buyer.get("name") or party.get("name") or "")[:MAX_TITLE]):
        return None
    code = identifiers_of(party).get("ods") or nhs_codes().get(name.casefold())
    return {"name": name, "ods_code": code} if code else {"name": name}


def cpv_codes(part: Json, tally: Tally) -> list[str]:
    """Return the CPV codes of a tender or award and of its items, up to the maximum for a record."""
    classifications = [part.get("classification"), *(part.get("additionalClassifications") or ())]
    for item in part.get("items") or ():
        classifications += [item.get("classification"), *(item.get("additionalClassifications") or ())]
    codes = [code["id"] for code in classifications if code and code.get("scheme") == "CPV" and code.get("id")]
    tally.fields["more than 200 CPV codes"] += max(0, len(set(codes)) - MAX_CODES)
    return list(dict.fromkeys(codes))[:MAX_CODES]


def addresses_of(part: Json) -> Iterator[Json]:
    """Yield the delivery addresses of the items in a tender or award."""
    for item in part.get("items") or ():
        yield from item.get("deliveryAddresses") or ()
        if address := item.get("deliveryAddress"):
            yield address


def place_of(addresses: Iterable[Json]) -> dict[str, str]:
    """Return the delivery region and postcode. Each is left out unless `addresses` contain exactly one."""
    addresses = list(addresses)
    postcodes = {address["postalCode"].upper() for address in addresses if address.get("postalCode")}
    regions = {region for address in addresses for region in _regions(address)}
    place: dict[str, str] = {}
    if len(regions) == 1:
        place["region"] = next(iter(regions)).value
    if len(postcodes) == 1:
        place["postcode"] = next(iter(postcodes))
    return place


def _regions(address: Json) -> frozenset[Region]:
    text = address.get("region") or ""
    if text[:2] in ("UK", "TL") and text[2:3] in _LETTERS and text[3:].isalnum() | (len(text) == 3):
        return frozenset({_LETTERS[text[2]]})
    if text and (region := find_region(text)):
        return frozenset({region})
    return regions_of_place(address["postalCode"]) if address.get("postalCode") else frozenset()


def first_value(values: Iterable[Json | None], tally: Tally) -> float | None:
    """Return the first of `values` that is in pounds and above 1, or None. `tally` counts the values skipped."""
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


def _total(awards: list[Json]) -> float | None:
    """Return the sum of the award values, or None unless every award has a value."""
    known = [value for award in awards if (value := first_value([award.get("value")], Tally()))]
    return sum(known) if known and len(known) == len(awards) else None
