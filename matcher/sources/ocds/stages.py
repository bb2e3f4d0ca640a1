"""The stage that a process has reached, and the day on which the stage closes."""

from __future__ import annotations

from typing import Any, Final

from matcher.records import Stage

# Notices of the Procurement Act 2023 before the tender: pipeline, preliminary market engagement, planned procurement.
_BEFORE_TENDER: Final = frozenset({"UK1", "UK2", "UK3"})
_ENGAGEMENT: Final = "UK2"
_PLANNED: Final = frozenset({"planning", "planned"})
# Tags that say nothing about the stage.
_COMPILED: Final = "compiled"

Json = dict[str, Any]


def stage_of(merged: Json, ordered: list[Json]) -> Stage:
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


def closing_of(merged: Json, stage: Stage) -> str | None:
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
