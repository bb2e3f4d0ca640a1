"""A check of problem responses, and shortcuts for common requests."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from api.problems.catalogue import PROBLEM_TYPES


def problem(response: Any, status: int, *, field: str | None = None) -> dict[str, Any]:
    """Check that `response` is a problem response with this `status` and `field`, and return its body."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    expected = next(problem_type for problem_type in PROBLEM_TYPES if problem_type.status == status)
    assert (body["type"], body["title"], body["status"]) == (expected.type, expected.title, status)
    assert body["instance"].startswith("/")
    assert body["detail"]
    assert body["remedy"]
    assert body.get("field") == field
    if status == 422:
        assert body["errors"][0]["field"] == field
        assert all(set(error) <= {"field", "problem", "remedy"} for error in body["errors"])
    assert response.headers["x-content-type-options"] == "nosniff"
    return body


def found_ids(client: TestClient, text: str, **more: Any) -> list[str]:
    """Search for `text` and return the ids of the profiles found, best first."""
    response = client.post("/v1/search", json={"text": text, **more})
    assert response.status_code == 200, response.text
    return [match["profile_id"] for match in response.json()["results"]]


def put_profile(client: TestClient, id: str, name: str, summary: str = "") -> str:
    """Store a small profile and return its ETag."""
    response = client.put(f"/v1/profiles/{id}", json={"name": name, "summary": summary})
    assert response.status_code in (200, 201), response.text
    return str(response.headers["etag"])
