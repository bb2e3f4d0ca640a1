"""Requests that HTTP libraries would not send, made over a raw socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from api.app import create
from matcher.foundations.settings import Settings
from tests.api.conftest import fake_engine
from tests.api.support.server import served_app


@pytest.fixture
def port(settings: Settings) -> Iterator[int]:
    """The port of a service on this machine."""
    app = create(settings, engine_of=fake_engine)
    with served_app(app, server_header=False) as port:
        yield port


def ask(port: int, *pieces: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send `pieces`, and return the status, the headers and the body of the response."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before everything was sent
        answer = b""
        try:
            while data := connection.recv(65_536):
                answer += data
        except ConnectionResetError:
            pass
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(first.split()[1]), headers, body


def head(method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *lines, "", ""]).encode(
        "latin-1"
    )


JSON = "Content-Type: application/json"


def test_a_profile_over_a_raw_connection(port: int) -> None:
    body = b'{"name": "Steps"}'
    status, headers, _ = ask(port, head("PUT", "/v1/profiles/a%2Fhistory", JSON, f"Content-Length: {len(body)}"), body)
    assert (status, headers["etag"]) == (201, '"1"')
    assert "server" not in headers
    status, _, answer = ask(port, head("GET", "/v1/profiles/a%2Fhistory/history"))
    assert (status, json.loads(answer)["id"]) == (200, "a/history")


def test_a_chunked_body_is_refused_once_it_is_too_long(port: int) -> None:
    piece = b"%x\r\n%s\r\n" % (65_536, b" " * 65_536)
    status, headers, body = ask(port, head("PUT", "/v1/profiles/a", JSON, "Transfer-Encoding: chunked"), *[piece] * 40)
    assert (status, headers["content-type"]) == (413, "application/problem+json")
    assert json.loads(body)["type"] == "/problems/too-large"


def test_a_chunked_body_is_read(port: int) -> None:
    chunks = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (b'{"na', b'me": "St', b'eps"}')]
    request = head("PUT", "/v1/profiles/a", JSON, "Transfer-Encoding: chunked")
    assert ask(port, request, *chunks, b"0\r\n\r\n")[0] == 201


@pytest.mark.parametrize(
    "path", ["/v1/profiles/\xff", "/v1/profiles/%FF%FE", "/v1/profiles/%00", "/v1/profiles/a%0d%0aX: y"]
)
def test_a_path_that_is_not_text_is_refused(port: int, path: str) -> None:
    status, headers, _ = ask(port, head("GET", path))
    assert status in (400, 422)
    assert "x" not in headers


def test_a_client_that_disconnects_early_does_no_harm(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head("PUT", "/v1/profiles/a", JSON, "Content-Length: 1000") + b'{"name"')
    assert ask(port, head("GET", "/healthz"))[0] == 200
    assert ask(port, head("GET", "/v1/profiles/a"))[0] == 404
