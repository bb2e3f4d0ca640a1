"""Hostile bodies, paths, headers and queries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.middleware.body_limit import MAX_BODY
from api.requests.bodies import MAX_VALUES
from matcher.store import Store
from tests.api.support.checks import problem

ROUTES = [("PUT", "/v1/profiles/a"), ("PUT", "/v1/needs/a"), ("POST", "/v1/search")]
JSON = {"content-type": "application/json"}

NOT_JSON = {
    "cut off": b'{"name": "Steps"',
    "empty word": b"nothing",
    "NaN": b'{"name": "Steps", "turnover": NaN}',
    "Infinity": b'{"name": "Steps", "turnover": -Infinity}',
    "a huge number": b'{"name": "Steps", "turnover": ' + b"9" * 5_000 + b"}",
    "deep lists": b"[" * 100_000,
    "deep lists closed": b'{"name": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "a lone surrogate": b'{"name": "\\ud800"}',
    "a lone surrogate as a name": b'{"\\udfff": 1}',
    "invalid UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "Steps"}'.encode("utf-16"),
    "a raw null byte": b'{"name": "a\x00b"}',
    "two values": b"{} {}",
    "a repeated name": b'{"name": "Steps", "name": "Stairs", "text": "a", "text": "b", "title": "c", "title": "d"}',
    "a repeated escaped name": b'{"name": "Steps", "n\\u0061me": "Stairs"}',
    "a repeated name far inside": b'{"name": "Steps", "capabilities": [{"title": "a", "title": "b"}]}',
    "comments": b'{"name": "Steps" /* x */}',
}


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_invalid_json_is_refused(client: TestClient, register: Store, method: str, path: str, body: bytes) -> None:
    problem(client.request(method, path, content=body, headers=JSON), 400)
    assert register.sequence() == 0


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "identity, gzip", "unknown", "GZIP"])
@pytest.mark.parametrize("kind", [JSON, {"content-type": "multipart/form-data; boundary=x"}], ids=["JSON", "form"])
def test_a_body_with_a_content_encoding_is_refused(
    client: TestClient, register: Store, encoding: str, kind: dict[str, str]
) -> None:
    path = "/v1/uploads" if kind is not JSON else "/v1/search"
    answer = client.post(path, content=b'{"text": "a"}', headers={**kind, "content-encoding": encoding})
    problem(answer, 415)
    assert answer.headers["accept-encoding"] == "identity"
    assert register.sequence() == 0


@pytest.mark.parametrize("charset", ["utf-16", "latin-1", "utf-7", "unknown", '"utf-8 "', "utf-8\xff"])
def test_a_body_in_another_character_set_is_refused(client: TestClient, charset: str) -> None:
    for kind, path in (("application/json", "search"), ("multipart/form-data; boundary=x", "uploads")):
        headers = {b"content-type": f"{kind}; charset={charset}".encode("latin-1")}
        problem(client.post(f"/v1/{path}", content=b'{"text": "a"}', headers=headers), 415)


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "us-ascii"])
def test_a_body_in_utf8_is_read(client: TestClient, charset: str) -> None:
    headers = {"content-type": f"application/json; charset={charset}", "content-encoding": "identity"}
    assert client.put("/v1/profiles/a", content=b'{"name": "Steps"}', headers=headers).status_code == 201


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_body_over_the_limit(client: TestClient, register: Store, method: str, path: str) -> None:
    body = b'{"name": "' + b"a" * (3 * 1024 * 1024) + b'"}'

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    problem(client.request(method, path, content=body, headers=JSON), 413)
    problem(client.request(method, path, content=pieces(), headers=JSON), 413)
    assert register.sequence() == 0


@pytest.mark.parametrize(
    "body",
    [
        {"text": "a", "filters": {"sectors": ["x"] * 400_000}},
        {"text": "a", **{f"field{number}": 1 for number in range(100_000)}},
        {"need": {"title": "a", "outcomes": [["x"] * 50] * 1_000}},
    ],
    ids=["a long list", "many fields", "many lists"],
)
def test_a_body_with_too_many_values_is_refused(client: TestClient, body: dict[str, Any]) -> None:
    problem(client.post("/v1/search", json=body), 413)


def test_the_limit_on_values_is_exact(client: TestClient) -> None:
    fields = {f"field{number}": 1 for number in range(MAX_VALUES - 3)}
    problem(client.post("/v1/search", json={"text": "a", "top": 1, **fields}), 422, field="field0")
    problem(client.post("/v1/search", json={"text": "a", "top": 1, "more": 1, **fields}), 413)


def test_a_body_at_the_limit_is_read(client: TestClient) -> None:
    body = b'{"name": "Steps"}'
    assert client.put("/v1/profiles/a", content=body.ljust(MAX_BODY), headers=JSON).status_code == 201
    problem(client.put("/v1/profiles/a", content=body.ljust(MAX_BODY + 1), headers=JSON), 413)


@pytest.mark.parametrize("length", ["99999999999999999999999", "3145728"])
def test_a_content_length_over_the_limit_is_refused_before_reading(client: TestClient, length: str) -> None:
    problem(client.put("/v1/profiles/a", content=b"{}", headers={**JSON, "content-length": length}), 413)


def test_escaped_null_bytes_are_removed_from_texts_and_refused_in_ids(client: TestClient) -> None:
    answer = client.put("/v1/profiles/a", content=b'{"name": "Ste\\u0000ps"}', headers=JSON)
    assert (answer.status_code, answer.json()["name"]) == (201, "Steps")
    body = b'{"id": "b\\u0000", "name": "Steps"}'
    problem(client.put("/v1/profiles/b", content=body, headers=JSON), 422, field="id")
    problem(client.post("/v1/search", content=b'{"need_id": "b\\u0000"}', headers=JSON), 422, field="need_id")


def test_markup_is_returned_as_data(client: TestClient) -> None:
    name = "Steps <script>alert(1)</script>"
    answer = client.put("/v1/profiles/a", json={"name": name})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/profiles/..%2F..%2F..%2Fetc%2Fpasswd",
        "/v1/profiles/%2Fetc%2Fpasswd",
        "/v1/profiles/%5C..%5Cboot.ini",
        "/v1/profiles/a%0D%0ASet-Cookie:%20x=1",
        "/v1/profiles/a%22%27;DROP%20TABLE%20revision",
        "/v1/profiles/%C0%AE%C0%AE%2F",
        "/v1/profiles/%ED%A0%80",
        "/v1/needs/" + "%00" * 50,
    ],
)
def test_path_traversal_and_injection_are_refused(client: TestClient, path: str) -> None:
    for method in ("GET", "DELETE"):
        answer = client.request(method, path)
        problem(answer, 422, field="id")
        assert "set-cookie" not in answer.headers


def test_an_id_that_looks_like_a_path_is_only_an_id(client: TestClient) -> None:
    path = "/v1/profiles/a%2F..%2F..%2Fetc"
    assert client.put(path, json={"name": "Steps"}).json()["id"] == "a/../../etc"
    assert client.get(path).status_code == 200


def test_malformed_headers_are_refused(client: TestClient) -> None:
    for value in (b'"1"\xff', b'"' + b"1" * 998 + b'"', "\u00fc".encode()):
        problem(client.put("/v1/profiles/a", json={"name": "Steps"}, headers={b"if-match": value}), 412)
    long = {"if-match": '"' + "1" * 5_000 + '"'}
    problem(client.put("/v1/profiles/a", json={"name": "Steps"}, headers=long), 422, field="if-match")


def test_malformed_queries_are_refused(client: TestClient) -> None:
    problem(client.get("/v1/needs?after=%FF"), 422, field="after")
    problem(client.get("/v1/needs?limit=" + "9" * 5_000), 422, field="limit")
    assert client.get("/v1/needs?colour=1").status_code == 200
