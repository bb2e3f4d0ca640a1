"""Needs uploaded as a file: matched like other needs, stored once accepted, and refused with a clear error."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient

from api.app import create
from api.routes.matching import uploads
from matcher.foundations.settings import Settings
from matcher.programme.needs.reading.reading import UPLOAD_LIMITS
from tests.api.conftest import fake_engine, wait_until_ready
from tests.api.routes.test_programmes import ended
from tests.api.support.checks import problem
from tests.api.support.clients import local_client
from tests.support import hostile_workbooks
from tests.support.needs_files import FILES, opendocument_file
from tests.support.notices import EMAIL, PHONES, package, release

CSV = "Ref;Need;Budget\nn1;Falls classes;£1.2m\nn2;Café meals – at home;\n".encode("cp1252")
BAD = b"Ref,Need,Budget\nn1,Falls classes,100\nn2,,lots\nn1,Sleep,\n"


@pytest.fixture
def filled(client: TestClient) -> TestClient:
    """A service with a few profiles."""
    for number in range(3):
        client.put(f"/v1/profiles/p{number}", json={"name": f"Falls and meals {number}", "sector": "charity"})
    return client


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files, so that tests can check that none is left."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def send(client: TestClient, content: bytes, file_name: str = "needs.csv", path: str = "", **fields: Any) -> Any:
    data = {"name": "Winter", **fields} if not path else fields
    return client.post(f"/v1/uploads{path}", files={"file": (file_name, content)}, data=data)


def accepted(client: TestClient, content: bytes, file_name: str = "needs.csv", **fields: Any) -> dict[str, Any]:
    answer = send(client, content, file_name, **fields)
    assert answer.status_code == 202, answer.text
    started = answer.json()
    assert answer.headers["location"] == f"/v1/programmes/{started['id']}"
    done = ended(client, started["id"])
    assert done["state"] == "finished", done
    return done


def result(client: TestClient, done: dict[str, Any], file: str) -> Any:
    return client.get(f"/v1/programmes/{done['id']}/results/{file}")


def workbook(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


KINDS = {
    "needs.CSV": CSV,
    "needs.xlsx": workbook(["Ref", "Need"], ["n1", "Falls classes"], ["n2", "Meals"]),
    "needs.jsonl": b'{"id": "n1", "title": "Falls classes"}\n{"id": "n2", "title": "Meals"}\n',
    "../../etc/needs.json": json.dumps(package(release(1), release(2))).encode(),
}


def test_old_and_opendocument_workbooks_are_matched(filled: TestClient, scratch: Path, tmp_path: Path) -> None:
    old = (FILES / "needs.xls").read_bytes()
    opendocument = opendocument_file(tmp_path / "n.ods", [["Ref", "Need"], ["n1", "Falls"]]).read_bytes()
    assert accepted(filled, old, "needs.xls")["total"] == 3
    assert accepted(filled, opendocument, "needs.ods")["total"] == 1
    assert accepted(filled, KINDS["needs.xlsx"], "needs.xls")["total"] == 2, "the content decides"
    assert list(scratch.iterdir()) == []


def test_the_content_of_a_file_decides_how_it_is_read(client: TestClient) -> None:
    for name, content in zip(["needs.xls", "needs.csv", "needs", "needs.jsonl"], KINDS.values(), strict=True):
        answer = send(client, content, name, path="/previews")
        assert (answer.status_code, answer.json()["accepted"]) == (200, 2), answer.text


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_file_is_matched(filled: TestClient, scratch: Path, name: str) -> None:
    region, board = ("01W", "Greater Manchester") if name.endswith(".json") else ("15F", "West Yorkshire")
    done = accepted(filled, KINDS[name], name, top=2, capacity=1, region=region)
    assert (done["total"], done["matches"], done["refused"]) == (2, 4, 0)
    assert done["area"] == f"NHS {board} Integrated Care Board"
    lines = result(filled, done, "matches.jsonl").text
    assert not any(planted in lines for planted in (EMAIL, *PHONES))
    figures = result(filled, done, "figures.json").json()
    assert figures["programme"]["capacity"] == 1
    assert "Needs were read from" in result(filled, done, "report.html").text
    assert list(scratch.iterdir()) == []


def test_needs_elsewhere_are_left_out_and_told(filled: TestClient) -> None:
    needs = b"Title,Region\nFalls,Leeds\nMeals,London\nSleep,\nWalks,Any region\n"
    done = accepted(filled, needs, region="Yorkshire and The Humber")
    assert (done["total"], done["refused"]) == (3, 0)
    assert (
        "1 needs that name a place outside Yorkshire and The Humber were left out"
        in result(filled, done, "report.html").text
    )
    elsewhere = send(filled, b"Title,Region\nFalls,Leeds\n", region="London")
    assert problem(elsewhere, 422, field="region")["detail"].endswith("all 1 needs name a place outside London")


def test_columns_sheet_and_filters_can_be_chosen(filled: TestClient) -> None:
    file = workbook(["What", "Worth"], ["Falls classes", 100])
    filters = json.dumps({"sectors": ["large"]})
    done = accepted(filled, file, "n.xlsx", columns='title="What",value=Worth', sheet="Sheet", filters=filters)
    assert done["unmatched"] == ["row-2"]
    problem(send(filled, file, "n.xlsx", columns="title=Nix"), 422, field="file")
    problem(send(filled, file, "n.xlsx", columns="price=What"), 422, field="columns")
    problem(send(filled, file, "n.xlsx", columns="title=What", sheet="Other"), 422, field="file")
    problem(send(filled, file, "n.xlsx", filters="{"), 422, field="filters")
    problem(send(filled, file, "n.xlsx", filters='{"sectors": ["x"]}'), 422, field="filters.sectors.0")


def test_an_unreadable_row_refuses_the_file(filled: TestClient) -> None:
    body = problem(send(filled, BAD), 422, field="file")
    assert body["detail"] == "row 3, title: is missing"
    assert body["remedy"].startswith("Enter a title")
    assert filled.get("/v1/programmes").json() == {"programmes": []}


def test_refused_rows_can_be_downloaded_and_corrected(filled: TestClient) -> None:
    done = accepted(filled, BAD, on_error="skip")
    assert (done["total"], done["refused"]) == (1, 2)
    assert "rejects.csv" in done["files"]
    answer = result(filled, done, "rejects.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [(row["row"], row["field"]) for row in rows] == [("3", "title"), ("4", "id")]
    mended = answer.text.replace("n2,,lots", "n2,Meals,1m").encode()
    assert accepted(filled, mended, on_error="skip")["total"] == 2
    assert "1 accepted, 2 refused" in result(filled, done, "report.html").text


def test_a_preview_stores_nothing(filled: TestClient, scratch: Path) -> None:
    body = send(filled, BAD, path="/previews").json()
    assert (body["accepted"], body["refused"], body["columns"]["value"]) == (1, 2, "Budget")
    assert [error["row"] for error in body["problems"]] == [3, 4]
    problem(send(filled, b"", path="/previews"), 422, field="file")
    problem(send(filled, BAD, path="/previews", name="x"), 422, field="name")
    assert filled.get("/v1/programmes").json() == {"programmes": []}
    assert list(scratch.iterdir()) == []


def test_an_accepted_upload_survives_a_restart(settings: Settings) -> None:
    with local_client(create(settings, engine_of=fake_engine)) as client:
        wait_until_ready(client)
        client.put("/v1/profiles/p", json={"name": "Falls"})
        client.app.state.service.programmes.stop()  # type: ignore[attr-defined]
        id = send(client, BAD, on_error="skip", region="London").json()["id"]
    with local_client(create(settings, engine_of=fake_engine)) as client:
        done = ended(client, id)
        assert (done["state"], done["total"], done["refused"], done["area"]) == ("finished", 1, 2, "London")
        assert result(client, done, "rejects.csv").status_code == 200


def bomb() -> bytes:
    file = io.BytesIO(KINDS["needs.xlsx"])
    with (
        zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("bomb", "w", force_zip64=True) as out,
    ):
        for _ in range(1_600):
            out.write(bytes(1_000_000))
    return file.getvalue()


def zip_file(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


HOSTILE = {
    "an empty file": ("n.csv", b""),
    "no rows": ("n.csv", b"Title,Value\n"),
    "no column": ("n.csv", b"colour,price\nred,5\n"),
    "a PDF file": ("needs.csv", b"%PDF-1.7"),
    "an archive": ("needs.zip", zip_file("needs.csv", CSV)),
    "not the workbook its name says": ("n.xlsx", b"PK\x03\x04 nothing"),
    "half a workbook": ("n.xlsx", KINDS["needs.xlsx"][:2_000]),
    "an old workbook": ("n.xlsx", b"\xd0\xcf\x11\xe0" + b"x" * 600),
    "a workbook with a password": ("n.xlsx", (FILES / "locked.xlsx").read_bytes()),
    "half an old workbook": ("n.xls", (FILES / "needs.xls").read_bytes()[:3_000]),
    "gzip as JSON": ("n.json", b"\x1f\x8b\x08\x00" + b"x" * 50),
    "gzip as CSV": ("n.csv", gzip.compress(CSV)),
    "a row with a large number": ("n.xlsx", hostile_workbooks.far_row()),
    "cells in the last column": ("n.xlsx", hostile_workbooks.last_column(100_000)),
    "JSON that is not OCDS": ("n.json", b'{"needs": []}'),
    "JSON cut short": ("n.json", b'{"releases": [{"ocid": "a"'),
    "JSON of brackets": ("n.json", b"[" * 200_000),
    "binary": ("n.csv", bytes(range(256)) * 400),
    "a very long line": ("n.csv", b"title\n" + b"x" * 2_100_000),
}


@pytest.mark.parametrize(("name", "content"), HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_hostile_files_get_a_clear_error(
    client: TestClient, scratch: Path, name: str, content: bytes, on_error: str
) -> None:
    body = problem(send(client, content, name, on_error=on_error), 422, field="file")
    assert str(scratch) not in json.dumps(body)
    assert client.get("/v1/programmes").json() == {"programmes": []}
    assert list(scratch.iterdir()) == []


def test_a_workbook_that_unpacks_to_gigabytes_is_refused(client: TestClient, scratch: Path) -> None:
    assert "when it is unpacked" in problem(send(client, bomb(), "n.xlsx"), 422, field="file")["detail"]
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_a_file_with_too_many_rows_is_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, on_error: str
) -> None:
    monkeypatch.setattr(uploads, "UPLOAD_LIMITS", replace(UPLOAD_LIMITS, rows=3))
    assert UPLOAD_LIMITS.rows == 100_000
    rows = b"title,value\n" + b"a,1\n" * 2 + b",5\n" * 2
    answer = send(client, rows if on_error == "skip" else b"title\na\nb\nc\nd\n", on_error=on_error)
    assert problem(answer, 422, field="file")["detail"] == "holds more than 3 rows"


def test_a_file_over_the_limit_is_refused_while_it_arrives(tmp_path: Path, scratch: Path) -> None:
    settings = Settings(home=tmp_path / "home", rate_limit="none", upload_limit=3)
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="n.csv"\r\n\r\ntitle\n'

    def pieces() -> Iterator[bytes]:
        yield head
        for _ in range(1_000):
            yield b"Falls classes\n" * 4_681

    with local_client(create(settings, engine_of=fake_engine)) as client:
        wait_until_ready(client)
        kind = {"content-type": "multipart/form-data; boundary=x"}
        body = problem(client.post("/v1/uploads", content=pieces(), headers=kind), 413)
        assert body["detail"] == "The body is longer than 3 MiB"
        problem(client.post("/v1/uploads", content=head, headers={**kind, "content-length": "99999999"}), 413)
        large = b"title\n" + b"".join(b"Falls classes no. %d\n" % n for n in range(100_000))
        assert len(large) > 2 * 1024 * 1024
        answer = client.post("/v1/uploads/previews", files={"file": ("n.csv", large)})
        assert answer.json()["accepted"] == 100_000
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"top": "many"}, "top"),
        ({"top": "0"}, "top"),
        ({"capacity": "-1"}, "capacity"),
        ({"region": "Atlantis"}, "region"),
        ({"on_error": "ignore"}, "on_error"),
        ({"colour": "red"}, "colour"),
        ({"columns": "x" * 6_000}, "columns"),
    ],
)
def test_an_invalid_field_is_named(client: TestClient, fields: dict[str, str], field: str) -> None:
    problem(send(client, CSV, **fields), 422, field=field)


def test_a_field_in_place_of_the_file(client: TestClient) -> None:
    answer = client.post("/v1/uploads", files={"name": (None, "Winter"), "file": (None, "title")})
    problem(answer, 422, field="file")
