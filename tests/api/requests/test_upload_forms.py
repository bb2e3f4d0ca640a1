"""Forms that are broken, incomplete or of the wrong type."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.api.support.checks import problem

FORM = {"content-type": "multipart/form-data; boundary=x"}
BROKEN = {
    "no boundary": (b"", {"content-type": "multipart/form-data"}, 400),
    "cut short": (b'--x\r\nContent-Disposition: form-data; name="file"; filename="n.csv"\r\n\r\ntit', FORM, 400),
    "cut short after the file": (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="n.csv"\r\n\r\ntitle\r\n--x\r\nCont',
        FORM,
        400,
    ),
    "a part without a name": (b"--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n--x--\r\n", FORM, 400),
    "nonsense": (b"\x00\xff" * 5_000, FORM, 400),
    "JSON": (b'{"name": "Winter"}', {"content-type": "application/json"}, 415),
    "a URL-encoded form": (b"name=Winter&file=x", {"content-type": "application/x-www-form-urlencoded"}, 415),
    "no file": (b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nW\r\n--x--\r\n', FORM, 422),
}


@pytest.mark.parametrize(("body", "headers", "status"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_forms(client: TestClient, body: bytes, headers: dict[str, str], status: int) -> None:
    problem(client.post("/v1/uploads", content=body, headers=headers), status, field="file" if status == 422 else None)
