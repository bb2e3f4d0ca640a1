"""Notices before the tender: plans and market engagement become needs of their stage."""

from __future__ import annotations

from typing import Any

import pytest

from matcher.foundations.errors import InvalidInput
from matcher.records import Stage
from tests.support.notices import release
from tests.support.processes import merged, need, pounds


def plan(tender: dict[str, Any] | None = None, *, tag: Any = ("planning",), **planning: Any) -> dict[str, Any]:
    notice = release(1)
    notice |= {"tag": list(tag) if isinstance(tag, tuple) else tag, "planning": planning, "tender": tender}
    return {name: part for name, part in notice.items() if part is not None}


PROJECT = {"title": "Community dialysis engagement", "description": "Dialysis closer to home"}
WHY = "We want to hear about community dialysis"
BUDGET = {"amount": pounds(900_000)}


def types(*notice_types: str) -> list[dict[str, str]]:
    return [{"id": str(n), "noticeType": notice_type} for n, notice_type in enumerate(notice_types)]


def test_a_plan_without_a_tender_becomes_a_need() -> None:
    process = need(plan(project=PROJECT, rationale=WHY, budget=BUDGET, documents=types("UK2")))
    assert process.title == "Community dialysis engagement"
    assert process.description == f"{WHY}\nDialysis closer to home"
    assert (process.value, process.stage) == (900_000, Stage.MARKET_ENGAGEMENT)
    assert str(merged(plan(project=PROJECT, budget=BUDGET)).value) == "estimated: the planned budget"


@pytest.mark.parametrize(
    ("notice", "stage"),
    [
        (plan(project=PROJECT, documents=types("UK1")), Stage.PLANNING),
        (plan(project=PROJECT, documents=types("uk2")), Stage.MARKET_ENGAGEMENT),
        (plan(project=PROJECT, documents=types("UK3")), Stage.PLANNING),
        (plan(project=PROJECT, documents=types("UK1", "UK2")), Stage.MARKET_ENGAGEMENT),
        (plan(project=PROJECT, documents={"id": "1", "noticeType": "UK2"}), Stage.MARKET_ENGAGEMENT),
        (plan(project=PROJECT), Stage.PLANNING),
        (plan(project=PROJECT, tag="planning"), Stage.PLANNING),
        (plan({"title": "Dialysis", "status": "planning"}, documents=types("UK2")), Stage.MARKET_ENGAGEMENT),
        (plan({"title": "Dialysis", "status": "planned", "documents": types("UK2")}), Stage.MARKET_ENGAGEMENT),
        (plan({"title": "Dialysis", "status": "planned"}, tag=("compiled",)), Stage.PLANNING),
        (plan(project=PROJECT, tag=("compiled",), documents=types("UK3")), Stage.PLANNING),
        (plan({"title": "Dialysis", "status": "active"}, tag=("compiled",)), Stage.TENDER),
        (plan({"title": "Dialysis"}, tag=("planningUpdate",)), Stage.PLANNING),
        (plan({"title": "Dialysis"}, tag=("planning", "tender")), Stage.TENDER),
    ],
)
def test_stages_before_and_at_the_tender(notice: dict[str, Any], stage: Stage) -> None:
    assert need(notice).stage is stage


@pytest.mark.parametrize(
    ("planning", "title"),
    [
        ({"budget": {"project": "Renal plan", **BUDGET}}, "Renal plan"),
        ({"rationale": WHY}, WHY),
        ({"project": {"description": "Dialysis closer to home"}}, "Dialysis closer to home"),
        ({"project": {"title": " - ", "description": "Dialysis closer to home"}}, "Dialysis closer to home"),
        ({"budget": {"description": "For dialysis"}}, "For dialysis"),
    ],
)
def test_the_title_of_a_plan(planning: dict[str, Any], title: str) -> None:
    assert need(plan(**planning)).title == title


def test_a_plan_without_any_text_is_refused() -> None:
    with pytest.raises(InvalidInput, match="title"):
        merged(plan(budget=BUDGET))


def test_the_budget_lines_add_up_to_an_estimate() -> None:
    lines = [{"id": str(n), "amount": pounds(amount)} for n, amount in enumerate((5_000, 7_000))]
    process = merged(plan(project=PROJECT, budget={"budgetBreakdown": lines}))
    assert (str(process.value), process.need and process.need.value) == ("estimated: the sum of 2 budget lines", 12_000)


def test_the_tender_replaces_the_plan() -> None:
    first = plan(project=PROJECT, rationale=WHY, budget=BUDGET, documents=types("UK2"))
    process = need(first, release(1, day="2025-04-01"))
    assert (process.title, process.stage, process.value) == ("Falls prevention 1", Stage.TENDER, 50_000)
    assert WHY not in process.description


def test_a_plan_is_searched_without_contact_details() -> None:
    process = need(plan(rationale="Write to jo.field@calderwick.example.nhs.uk about dialysis"))
    assert "@" not in process.title
