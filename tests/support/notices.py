"""Fictional notices in the format of Contracts Finder and Find a Tender."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CONTRACTS_FINDER = "ocds-b5fd17"
FIND_A_TENDER = "ocds-h6vhtk"
# Contact details that are added wherever a notice may name a person. None of these details may be stored.
EMAIL = "jo.field@calderwick.example.nhs.uk"
PHONES = ("01632 960 123", "+44 (0)1632 960456", "07700 900789", "020 7946 0018", "(01632) 960-999")
CONTACT = {"name": "Jo Field", "email": EMAIL, "telephone": PHONES[0]}


def party(name: str, number: int = 1, *, role: str = "supplier", company: str | None = None, **more: Any) -> Any:
    """Return a party. Without a company number, the party has an id that the publisher assigned."""
    id = f"GB-COH-{company}" if company else f"GB-CFS-{number}"
    identifier = {"legalName": name} | ({"scheme": "GB-COH", "id": company} if company else {})
    address = {"streetAddress": "1 High Street\\nLeeds\\nLS1 4AB"}
    details = {"scale": "sme", "vcse": False}
    common = {"id": id, "name": name, "identifier": identifier, "address": address, "roles": [role]}
    return {**common, "contactPoint": CONTACT, "details": details, **more}


BUYER = party("Calderwick Council", 900, role="buyer")


def release(
    number: int = 1,
    *,
    ocid: str | None = None,
    id: str | None = None,
    day: str = "2025-03-01",
    tag: str = "tender",
    suppliers: tuple[Any, ...] = (),
    tender: dict[str, Any] | None = None,
    award: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a release of a tender or, with suppliers, of an award."""
    ocid = ocid or f"{CONTRACTS_FINDER}-{number:08d}-0000-4000-8000-000000000000"
    release_json = {
        "ocid": ocid,
        "id": id or f"{number}-{tag}-{day}",
        "language": "en",
        "date": f"{day}T09:30:00Z",
        "tag": [tag],
        "initiationType": "tender",
        "tender": {
            "id": f"T{number}",
            "title": f"Falls prevention {number}",
            "description": f"Home visits after a fall. Write to {EMAIL} or ring {PHONES[1]}.",
            "status": "complete" if suppliers else "active",
            "classification": {"scheme": "CPV", "id": "85100000", "description": "Health services"},
            "items": [{"id": "1", "deliveryAddresses": [{"region": "North West", "countryName": "United Kingdom"}]}],
            "value": {"amount": 50_000, "currency": "GBP"},
            "tenderPeriod": {"endDate": "2025-04-01T12:00:00+01:00"},
            "suitability": {"sme": True, "vcse": True},
            **(tender or {}),
        },
        "parties": [BUYER, *suppliers],
        "buyer": {"id": BUYER["id"], "name": BUYER["name"]},
        **more,
    }
    if suppliers or award:
        named = [{"id": supplier["id"], "name": supplier.get("name")} for supplier in suppliers]
        release_json["awards"] = [
            {
                "id": f"{ocid}-1",
                "status": "active",
                "date": f"{day}T00:00:00Z",
                "value": {"amount": 40_000, "currency": "GBP"},
                "suppliers": named,
                **(award or {}),
            }
        ]
    return release_json


def package(*releases: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a release package in which the licence comes after the releases, as in Contracts Finder."""
    licence = "http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
    head = {"uri": "https://example.invalid/package", "version": "1.1", "extensions": ["https://example.invalid/x"]}
    return {**head, "publisher": {"name": "Cabinet Office"}, "releases": list(releases), "license": licence, **more}


def written(path: Path, value: Any) -> Path:
    """Write `value` as JSON to `path`, and return `path`."""
    path.write_text(json.dumps(value), encoding="utf-8")
    return path
