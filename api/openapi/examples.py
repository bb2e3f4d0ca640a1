"""Example request and response bodies for the OpenAPI document. All of them are invented."""

from __future__ import annotations

from typing import Any, Final

PROFILE: Final[dict[str, Any]] = {
    "id": "example-charity",
    "name": "Steady Steps",
    "sector": "charity",
    "identifiers": {"charity": "1000003", "further_charity_numbers": []},
    "summary": "Strength and balance classes for older people at risk of falling, in village halls and care homes.",
    "postcode": "LS11 5QN",
    "coverage": {"national": False, "regions": ["Yorkshire and The Humber"]},
    "turnover": 420_000.0,
    "employees": 14,
    "capabilities": [
        {
            "title": "Falls prevention",
            "description": "Twenty weeks of strength and balance training led by qualified instructors.",
            "outcomes": ["Fewer falls among people over 65"],
            "cpv": ["85100000"],
        }
    ],
    "track_record": [
        {
            "title": "Community falls service",
            "description": "Classes in twelve places for 600 people a year.",
            "buyer": "An integrated care board",
            "cpv": [],
            "region": "Yorkshire and The Humber",
            "date": "2024-04-01",
            "value": 180_000.0,
        }
    ],
    "accreditations": [{"scheme": "Cyber Essentials", "reference": "CE-0001", "expires": "2027-03-31"}],
    "website": "https://steady-steps.example",
}

CONTACT: Final = {"name": "A. Person", "email": "partnerships@steady-steps.example", "telephone": "0113 496 0000"}

NEED: Final[dict[str, Any]] = {
    "id": "example-need",
    "title": "Fewer falls among older people",
    "description": "Exercise and home checks for people over 65 who have fallen or are afraid of falling.",
    "buyer": {"name": "An integrated care board", "ods_code": "QWO"},
    "outcomes": ["Fewer hospital admissions after a fall"],
    "requirements": {"accreditations": [], "sectors": [], "regions": ["Yorkshire and The Humber"]},
    "cpv": ["85100000"],
    "region": "Yorkshire and The Humber",
    "value": 250_000.0,
    "published": "2026-03-31",
    "closes": "2026-05-31",
    "stage": "market_engagement",
}

NEED_PAGE: Final = {"needs": [NEED], "next": "example-need"}

HISTORY: Final[dict[str, Any]] = {
    "id": "example-charity",
    "revisions": [
        {"number": 1, "sequence": 12, "recorded_at": "2026-03-31T09:00:00Z", "withdrawn": False},
        {"number": 2, "sequence": 40, "recorded_at": "2026-04-02T15:30:00Z", "withdrawn": True},
    ],
}

SEARCHES: Final[dict[str, dict[str, Any]]] = {
    "free text": {
        "summary": "A need as free text",
        "value": {"text": "strength and balance classes for people over 65", "top": 5},
    },
    "stored need": {
        "summary": "A stored need, charities only",
        "value": {"need_id": "example-need", "filters": {"sectors": ["charity"]}},
    },
    "unsaved need": {
        "summary": "A need that is not stored, including partners that do not meet its requirements",
        "value": {"need": {name: NEED[name] for name in NEED if name != "id"}, "apply_requirements": False},
    },
}

_SCORED: Final[dict[str, Any]] = {
    "score": 2.25,
    "probability": 0.12,
    "band": "strong",
    "reasons": [
        "Offers “Falls prevention” (capability)",
        "Works in Yorkshire and The Humber",
        "Turnover about 1.6 times the value of this need",
    ],
    "contributions": {"base": 0.0, "meaning": 1.5, "words": 0.75},
    "evidence": [
        {
            "text": "Falls prevention. Twenty weeks of strength and balance training.",
            "source": "capability: Falls prevention",
            "similarity": 0.71,
            "share": 0.64,
        }
    ],
}

SEARCH_RESULT: Final = {
    "need_id": "example-need",
    "sequence": 40,
    "model": "hybrid-1",
    "considered": 6_500,
    "eligible": 812,
    "excluded": {"regions": 5_688},
    "results": [
        {
            "rank": 1,
            "profile_id": "example-charity",
            "name": "Steady Steps",
            "sector": "charity",
            "size": "sme",
            "place": "Yorkshire and The Humber",
            **_SCORED,
        }
    ],
}

NEW_PROFILE: Final[dict[str, Any]] = {
    **{name: value for name, value in PROFILE.items() if name != "id"},
    "contact": CONTACT,
}

COMPLETENESS: Final = {
    "met": 12,
    "of": 13,
    "can_be_confirmed": True,
    "missing": [
        {
            "field": "accreditations",
            "advice": "List the schemes you hold, such as DSPT or Cyber Essentials, with the date each expires",
            "because": "Needs that require a scheme are shown only to suppliers that hold it",
            "required": False,
        }
    ],
}

REGISTRATION_DRAFT: Final = {
    "profile": PROFILE,
    "contact_kept": True,
    "completeness": COMPLETENESS,
    "similar": [{"profile_id": "GB-CHC-1000003", "name": "STEADY STEPS", "likeness": "identifier"}],
}

PROFILE_PREVIEW: Final = {
    "profile": PROFILE,
    "quotes": [{"text": "Falls prevention. Twenty weeks of training.", "source": "capability: Falls prevention"}],
}

CLAIM: Final = {
    "id": "claim-0f1e2d3c4b5a6978",
    "profile_id": "GB-CHC-1000003",
    "organisation_id": "steady-steps",
    "state": "granted",
    "made_at": "2026-04-01T09:00:00Z",
    "decided_at": "2026-04-01T09:00:00Z",
    "decided_by": None,
}

ALERT: Final = {"profile_id": "example-charity", "band": "possible", "saved_at": "2026-04-01T09:00:00Z"}

PROFILE_EXPORT: Final = {
    "id": "example-charity",
    "organisation_id": "steady-steps",
    "profile": PROFILE,
    "contact": CONTACT,
    "revisions": [{**HISTORY["revisions"][0], "source": "registration", "profile": PROFILE}],
    "claims": [CLAIM],
    "alert": ALERT,
}

OPPORTUNITIES: Final = {
    "profile_id": "example-charity",
    "sequence": 40,
    "model": "hybrid-1",
    "considered": 31,
    "eligible": 12,
    "excluded": {"regions": 19},
    "results": [
        {
            "rank": 1,
            "need_id": "example-need",
            "title": "Fewer falls among older people",
            "buyer": "An integrated care board",
            "region": "Yorkshire and The Humber",
            "value": 250_000.0,
            "stage": "market_engagement",
            "closes": "2026-05-31",
            **_SCORED,
        }
    ],
}

CALLER: Final = {"organisation_id": "steady-steps", "member_id": "member-0f1e2d3c4b5a6978", "roles": ["supplier"]}

STARTED_SESSION: Final = {"csrf": "9f86d081884c7d65", "expires_at": "2026-04-01T19:00:00Z"}

_HASH: Final = "5c39cf12fb2d6c1d5ec7f9bd5d0ab8d8ba5b9c0e6b2a6a2a7d6f5c6b1b0e9f11"

SAVED_DECISION: Final = {"decision": "d1", "entry": 1, "hash": _HASH, "result": SEARCH_RESULT}

DECISION_SUMMARY: Final[dict[str, Any]] = {
    "decision": "d1",
    "recorded_at": "2026-04-01T09:00:00Z",
    "by": "an-icb/member-0f1e2d3c4b5a6978",
    "need_id": "example-need",
    "sequence": 40,
    "model": SEARCH_RESULT["model"],
    "considered": 246,
    "eligible": 31,
    "candidates": 31,
    "shown": ["example-charity"],
    "closed": False,
    "standing": {"example-charity": "shortlist"},
}

DECISION_EVENT: Final = {"event": "shortlist", "profile": "example-charity"}

ENTRY: Final[dict[str, Any]] = {
    "number": 2,
    "decision": "d1",
    "event": "shortlist",
    "recorded_at": "2026-04-01T09:05:00Z",
    "by": "an-icb/member-0f1e2d3c4b5a6978",
    "profile": "example-charity",
    "previous": _HASH,
    "hash": _HASH[::-1],
}

DECISION_DETAIL: Final = {
    **DECISION_SUMMARY,
    "entries": [ENTRY],
    "every_candidate": [
        {
            "rank": 1,
            "profile_id": "example-charity",
            "revision": 12,
            **{name: _SCORED[name] for name in ("score", "probability", "contributions")},
        }
    ],
    "excluded_by": {"regions": ["another-charity"]},
}

REPLAY: Final = {"decision": "d1", "identical": True, "differences": [], "notes": [], "redacted": []}

LEDGER_HEAD: Final = {"entries": 2, "hash": _HASH}

VERIFICATION: Final = {**LEDGER_HEAD, "whole": True, "faults": [], "redacted": []}

PROGRAMME_REQUEST: Final = {
    "name": "Falls across the region",
    "region": "QWO",
    "needs": [{"id": "falls-calder", "title": "Fewer falls among older people"}],
    "top": 5,
    "capacity": 3,
}

NEEDS_UPLOAD: Final = {"file": "Title,Description\nFewer falls,Exercise after a fall\n", "columns": "title=Title"}

PROGRAMME_UPLOAD: Final = {**NEEDS_UPLOAD, "name": "Falls across the region", "region": "QWO", "on_error": "skip"}

UPLOAD_PREVIEW: Final[dict[str, Any]] = {
    "form": "CSV, UTF-8, delimiter comma",
    "header_row": 1,
    "columns": {"title": "Title", "value": "Budget"},
    "unread": ["Notes"],
    "needs": {"2": {"id": "row-2", "title": "Fewer falls among older people"}},
    "problems": [
        {
            "row": 3,
            "field": "value",
            "column": "Budget",
            "problem": "'lots' is not an amount in pounds",
            "remedy": "Write a number such as 250000, £1,200,000 or 1.2m, or empty the cell",
        }
    ],
    "accepted": 1,
    "refused": 1,
}

PROGRAMME_PROGRESS: Final = {
    "id": "20261122-0f1e2d3c",
    "name": "Falls across the region",
    "area": "NHS West Yorkshire Integrated Care Board",
    "refused": 0,
    "state": "running",
    "phase": "matching",
    "done": 128,
    "total": 512,
    "rate": 64.0,
    "seconds_left": 6.0,
    "problem": "",
    "matches": 0,
    "unmatched": [],
    "files": [],
}
