"""Needs: a need's fields, taken from merged releases that share one ocid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from matcher.foundations.errors import Place
from matcher.foundations.reference_tables import nhs_codes
from matcher.records import Need, Region, Stage
from matcher.records.areas import names_of, regions_of_area
from matcher.records.fields import MAX_CODES, MAX_TEXT, MAX_TITLE
from matcher.records.text import is_wordless
from matcher.sources.lenient_parsing import parse_leniently
from matcher.sources.ocds.parties import identifiers_of, party_of
from matcher.sources.ocds.values import Valuation
from matcher.sources.statement import Tally

# The statuses of a tender, lot or award that was not completed.
CANCELLED: Final = frozenset({"cancelled", "withdrawn", "unsuccessful"})
# Notices of the Procurement Act 2023 before the tender: pipeline, preliminary market engagement, planned procurement.
_BEFORE_TENDER: Final = frozenset({"UK1", "UK2", "UK3"})
_ENGAGEMENT: Final = "UK2"
_PLANNED: Final = frozenset({"planning", "planned"})

Json = dict[str, Any]


def need_of(merged: Json, ordered: list[Json], lots: list[Json], value: Valuation | None, tally: Tally) -> Need:
    """Return a process's need, built from its `merged` release and its `ordered` releases.

    `lots` holds its lots as JSON values and `value` its value. The awards in `merged` must be those in force.

    Raises:
        InvalidInput: the process has neither a title nor a description.

    """
    tender, awards = merged.get("tender") or {}, merged.get("awards") or []
    stage = _stage(merged, ordered)
    published = tender.get("datePublished") or min(str(release["date"]) for release in ordered)
    fields = {
        "id": merged["ocid"],
        "title": title_of(merged),
        "description": description_of(merged),
        "buyer": buyer_of(merged),
        "cpv": cpv_codes(tender, tally),
        **place_of([*addresses_of(tender), *(address for award in awards for address in addresses_of(award))]),
        "lots": lots,
        "value": value.amount if value else None,
        "published": published[:10],
        "closes": (_closing(merged, stage) or "")[:10] or None,
        "stage": stage.value,
    }
    known = {name: value for name, value in fields.items() if value not in (None, "", [])}
    return parse_leniently(Need, known, tally, Place(field=merged["ocid"]))


def title_of(merged: Json) -> str | None:
    """Return the first title found or, failing that, the start of the first description.

    The titles are those of the tender, the process, the planned project and the first award.
    """
    tender, planning = merged.get("tender") or {}, merged.get("planning") or {}
    project, budget = planning.get("project") or {}, planning.get("budget") or {}
    award: Json = next(iter(merged.get("awards") or ()), {})
    titles = (tender.get("title"), merged.get("title"), project.get("title"), budget.get("project"), award.get("title"))
    descriptions = (tender.get("description"), merged.get("description"), *_plans(merged), award.get("description"))
    return next((text[:MAX_TITLE] for text in (*titles, *descriptions) if text and not is_wordless(text)), None)


def description_of(merged: Json) -> str:
    """Return the description of the tender (or else the process, or else the plans), followed by the lots.

    Lots that were cancelled are left out.
    """
    tender = merged.get("tender") or {}
    lots = [lot for lot in tender.get("lots") or () if lot.get("status") not in CANCELLED]
    stated = tender.get("description") or merged.get("description")
    texts = [*([stated] if stated else _plans(merged)), *(lot_text(lot) for lot in lots)]
    return "\n".join(dict.fromkeys(text for text in texts if text))[:MAX_TEXT]


def _plans(merged: Json) -> list[str]:
    """Return the texts of the planning section: why, and what the project and its budget are about."""
    planning = merged.get("planning") or {}
    project, budget = planning.get("project") or {}, planning.get("budget") or {}
    texts = (planning.get("rationale"), project.get("description"), budget.get("description"))
    return [text for text in texts if text]


def lot_text(lot: Json) -> str:
    """Return the title and the description of a lot as one text."""
    return ". ".join(text for text in (lot.get("title"), lot.get("description")) if text)


def _stage(merged: Json, ordered: list[Json]) -> Stage:
    """Return the stage of a process. The awards in `merged` must be those in force."""
    if merged.get("awards"):
        return Stage.AWARD
    tags = {tag.lower() for release in ordered for tag in release.get("tag") or ()}
    if any(tag.startswith(("tender", "award", "contract", "implementation")) for tag in tags):
        return Stage.TENDER
    if not any(tag.startswith("planning") for tag in tags) and not _is_planned(merged):
        return Stage.TENDER
    documents = (merged.get("planning") or {}).get("documents") or ()
    engaged = any(document.get("documentType") == "marketEngagementNotice" for document in documents)
    is_engagement = engaged or _ENGAGEMENT in _notice_types(merged) or _engagements(merged)
    return Stage.MARKET_ENGAGEMENT if is_engagement else Stage.PLANNING


def _closing(merged: Json, stage: Stage) -> str | None:
    """Return when the stage closes: the end of the market engagement, or of the tender period, or None."""
    if stage is Stage.MARKET_ENGAGEMENT and (ends := _engagements(merged)):
        return ends[-1]
    closes: str | None = ((merged.get("tender") or {}).get("tenderPeriod") or {}).get("endDate")
    return closes


def _is_planned(merged: Json) -> bool:
    """Return whether a process whose tags do not tell its stage, such as a compiled release, is not yet a tender."""
    tender = merged.get("tender") or {}
    types = _notice_types(merged)
    return tender.get("status") in _PLANNED or bool(types and types <= _BEFORE_TENDER) or not tender.get("title")


def _notice_types(merged: Json) -> set[str]:
    parts = (merged.get("planning") or {}, merged.get("tender") or {})
    documents = [document for part in parts for document in part.get("documents") or ()]
    return {document["noticeType"].upper() for document in documents if document.get("noticeType")}


def _engagements(merged: Json) -> list[str]:
    """Return the due dates of the market engagement milestones, earliest first."""
    milestones = (merged.get("planning") or {}).get("milestones") or ()
    return sorted(part["dueDate"] for part in milestones if part.get("type") == "engagement" and part.get("dueDate"))


def buyer_of(merged: Json) -> dict[str, str] | None:
    """Return the buyer's name and ODS code (if known), or None if the notice does not name the buyer."""
    buyer = merged.get("buyer") or {}
    parties = merged.get("parties") or ()
    same_role = [party for party in parties if "buyer" in (party.get("roles") or ())]
    party: Json = party_of(buyer, list(parties)) or next(iter(same_role), {})
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
    """Return the delivery regions and the postcode, which is left out unless `addresses` contain exactly one.

    The regions are the text "National" if they cover all of England.
    """
    addresses = list(addresses)
    postcodes = {address["postalCode"].upper() for address in addresses if address.get("postalCode")}
    regions = {region for address in addresses for region in _regions(address)}
    place: dict[str, str] = {}
    if regions:
        place["region"] = names_of(regions)
    if len(postcodes) == 1:
        place["postcode"] = next(iter(postcodes))
    return place


def _regions(address: Json) -> frozenset[Region]:
    return regions_of_area(address.get("region") or "") or regions_of_area(address.get("postalCode") or "")
