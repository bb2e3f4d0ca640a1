"""The OpenAPI document, its examples, and the page that shows it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.openapi.examples import CONTACT, HISTORY, NEED, NEED_PAGE, PROFILE, SEARCH_RESULT, SEARCHES
from api.problems.responses import Problem
from api.routes.records.needs import NeedPage
from api.routes.records.revisions import RevisionHistory
from matcher.records import Contact, Need, Profile, SearchResult

# The problem responses of each route, leaving out 429 and 500 and, for guarded routes, 401 and 503.
READ = {404, 422}
SENT = {400, 413, 415, 422}
PROBLEMS = {
    "read_profile": READ,
    "put_profile": SENT | {403, 404, 409, 412},
    "withdraw_profile": READ | {403, 412},
    "read_profile_history": READ,
    "read_profile_completeness": READ | {403},
    "export_profile": READ | {403},
    "erase_profile_contact": READ | {403},
    "claim_profile": READ | {403, 409},
    "list_claims": {403},
    "decide_claim": SENT | {403, 404, 409},
    "list_opportunities": READ | {403},
    "read_alert": READ | {403},
    "put_alert": SENT | {403, 404},
    "remove_alert": READ | {403},
    "list_registrations": {403},
    "create_registration": SENT | {403, 409},
    "read_registration": READ | {403},
    "preview_registration": READ | {403},
    "put_registration": SENT | {403, 404, 412},
    "discard_registration": READ | {403},
    "confirm_registration": SENT | {403, 404, 409},
    "list_needs": {422},
    "read_need": READ,
    "create_need": SENT | {403},
    "read_need_history": READ,
    "put_need": SENT | {403, 404, 412},
    "publish_need": READ | {403},
    "withdraw_need": READ | {403, 412},
    "search": SENT | {403, 404},
    "read_metrics": {403},
    "start_programme": SENT | {403},
    "upload_programme": SENT | {403},
    "preview_upload": SENT | {403},
    "list_programmes": {403},
    "read_programme": READ | {403},
    "watch_programme": READ | {403},
    "pause_programme": READ | {403, 409},
    "resume_programme": READ | {403, 409},
    "cancel_programme": READ | {403, 409},
    "read_programme_results": READ | {403},
    "keep_decision": SENT | {403, 404},
    "list_decisions": {403, 422},
    "read_decision": READ | {403},
    "note_decision": SENT | {403, 404, 409},
    "replay_decision": READ | {403},
    "read_ledger_head": {403},
    "verify_ledger": {403, 422},
    "redact_words": SENT | {403, 404},
    "export_ledger": {403, 422},
    "read_caller": set[int](),
    "begin_session": {403, 409},
    "end_session": {403},
}
PUBLIC = {
    "read_health": set[int](),
    "read_readiness": {503},
    "begin_sign_in": {404, 503},
    "end_sign_in": {401, 403, 404, 422, 503},
}


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    parsed: dict[str, Any] = client.get("/openapi.json").json()
    return parsed


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        operation["operationId"]: operation for methods in document["paths"].values() for operation in methods.values()
    }


def test_every_route_lists_its_problems(document: dict[str, Any]) -> None:
    listed = {}
    for name, operation in operations(document).items():
        failures = {int(code): answer for code, answer in operation["responses"].items() if int(code) >= 400}
        listed[name] = set(failures) - {429, 500}
        assert 500 in failures
        for code, answer in failures.items():
            content = answer["content"]["application/problem+json"]
            assert Problem.model_validate(content["example"]).status == code
            assert set(answer["content"]) == {"application/problem+json"}
    assert listed == {name: codes | {401, 503} for name, codes in PROBLEMS.items()} | PUBLIC


def test_every_guarded_route_lists_its_security_schemes_and_roles(document: dict[str, Any]) -> None:
    assert set(document["components"]["securitySchemes"]) == {"key", "session"}
    for name, operation in operations(document).items():
        assert operation.get("security", []) == ([] if name in PUBLIC else [{"key": []}, {"session": []}])
        assert ("Roles: " in operation["description"]) == (name not in PUBLIC)


def test_every_response_and_body_has_an_example(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        assert operation["summary"], name
        assert operation["description"], name
        for code, answer in operation["responses"].items():
            if int(code) in (200, 201):
                assert all(content["example"] for content in answer["content"].values()), name
        for media in operation.get("requestBody", {}).get("content", {}).values():
            assert media["examples"], name


def test_every_reference_leads_to_a_schema(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert names <= set(schemas)
    assert {"Problem", "FieldError", "Profile", "Need", "SearchRequest", "SearchResult"} <= names
    assert "HTTPValidationError" not in schemas
    assert "id" not in schemas["ProfileUpdate"]["required"]
    assert "contact" not in schemas["Profile"]["properties"]


def test_example_responses_match_their_models() -> None:
    Profile.model_validate(PROFILE)
    Need.model_validate(NEED)
    Contact.model_validate(CONTACT)
    SearchResult.model_validate(SEARCH_RESULT)
    RevisionHistory.model_validate(HISTORY)
    NeedPage.model_validate(NEED_PAGE)


def test_example_bodies_are_accepted(client: TestClient) -> None:
    assert client.put("/v1/profiles/example-charity", json={**PROFILE, "contact": CONTACT}).status_code == 201
    assert client.put("/v1/needs/example-need", json=NEED).status_code == 201
    for example in SEARCHES.values():
        answer = client.post("/v1/search", json=example["value"])
        assert [match["profile_id"] for match in answer.json()["results"]] == ["example-charity"]


class Page(HTMLParser):
    """Collects the tags of a page, and checks that they are closed in order."""

    VOID = ("meta", "br", "hr")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def test_the_page_has_no_scripts_and_loads_nothing(client: TestClient, document: dict[str, Any]) -> None:
    answer = client.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Page(answer.text)
    tags = [tag for tag, _ in page.elements]
    assert not {"script", "link", "img", "iframe"} & set(tags)
    assert (tags.count("h1"), tags.count("main"), tags.count("title")) == (1, 1, 1)
    assert dict(page.elements)["html"] == {"lang": "en"}
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert set(operations(document)) <= ids
    for tag, attributes in page.elements:
        if tag == "a":
            target = str(attributes["href"])
            assert target[1:] in ids if target.startswith("#") else client.get(target).status_code == 200
    for path in document["paths"]:
        assert path in answer.text
    assert "`" not in answer.text, "backticks become code elements"
    assert "<code>*</code> creates the record only if it does not exist." in answer.text


def test_the_default_documentation_pages_are_not_served(client: TestClient) -> None:
    assert client.get("/redoc").status_code == 404
    assert "cdn" not in client.get("/docs").text
