"""Reading in a process of its own: the same answers, and a clear error however the process ends."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from matcher.foundations.errors import InvalidInput, MatcherError, Place, Unavailable
from matcher.programme.needs.needs_file import ReadSummary
from matcher.programme.needs.preview import NeedsPreview, preview_of
from matcher.programme.needs.reading.reading import OPERATOR_LIMITS, UPLOAD_LIMITS, NeedsSource, Reading, preview, save
from matcher.programme.needs.reading.saved_needs import NEEDS
from matcher.programme.programme import Programme
from tests.support.needs_files import FILES, csv_file, opendocument_file
from tests.support.readers import readers

CSV = "Ref,Need,Budget\nn1,Falls classes,100\nn2,,5\nn3,Call me on 020 7946 0999,5\n"


def read(path: Path, **limits: int) -> NeedsPreview:
    with preview(NeedsSource(path, {}), replace(OPERATOR_LIMITS, **limits)) as reading:
        return reading.result()


@contextmanager
def endless(folder: Path, seconds: float | None = None) -> Iterator[Reading[NeedsPreview]]:
    """A reading that waits for a pipe into which nothing is written."""
    os.mkfifo(folder / "pipe")
    with preview(NeedsSource(folder / "pipe", {}), replace(UPLOAD_LIMITS, seconds=seconds)) as reading:
        yield reading


def test_a_preview_is_the_same_in_a_process_of_its_own(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "n.csv", CSV)
    assert read(file) == preview_of(file)
    with preview(NeedsSource(file, {"title": "Ref"}), OPERATOR_LIMITS, first=1) as reading:
        assert reading.result() == preview_of(file, {"title": "Ref"}, first=1)


def test_needs_are_saved_with_the_default_region(tmp_path: Path) -> None:
    source = NeedsSource(csv_file(tmp_path / "n.csv", CSV), {})
    programme = Programme.model_validate({"name": "Winter", "area": {"name": "London", "regions": ["London"]}})
    with save(source, UPLOAD_LIMITS, tmp_path / "out", programme, "skip") as reading:
        summary = reading.result()
    assert summary == ReadSummary("CSV, UTF-8, delimiter comma", accepted=2, refused=1, redacted=1)
    first, second = (tmp_path / "out" / NEEDS).read_text(encoding="utf-8").splitlines()
    assert json.loads(first).items() >= {"id": "n1", "region": "London", "value": 100.0}.items()
    assert "020 7946" not in second
    assert (tmp_path / "out" / "rejects.csv").exists()


def test_problems_are_those_of_the_reader(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "n.csv", CSV)
    reading = save(NeedsSource(file, {}), UPLOAD_LIMITS, tmp_path / "out", Programme(name="W"), "stop")
    with reading, pytest.raises(InvalidInput, match="is missing") as caught:
        reading.result()
    assert caught.value.place == Place(str(file), 3, "title")
    assert not (tmp_path / "out" / NEEDS).exists()
    with pytest.raises(InvalidInput, match="there is no such file"):
        read(tmp_path / "absent.csv")
    with pytest.raises(InvalidInput, match="holds more than 1 rows"):
        read(file, rows=1)


def test_a_path_that_is_not_utf8_is_read(tmp_path: Path) -> None:
    file = csv_file(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv")), CSV)
    assert read(file).accepted == 2


@pytest.mark.parametrize("position", [1493, 1785], ids=["panics", "aborts"])
def test_damage_that_breaks_calamine_is_an_error(tmp_path: Path, position: int) -> None:
    content = bytearray((FILES / "needs.xls").read_bytes())
    content[position : position + 2] = b"\xff\xff"
    (tmp_path / "n.xls").write_bytes(content)
    with pytest.raises(InvalidInput, match="it is damaged"):
        read(tmp_path / "n.xls")


def test_repeated_cells_cannot_fill_the_memory(tmp_path: Path) -> None:
    file = opendocument_file(tmp_path / "n.ods", [["Title", "x" * 200] * 50], repeat=100_000)
    with pytest.raises(InvalidInput, match=r"needs more than 0\.3 GB of memory"):
        read(file, memory=300_000_000)


def test_a_reading_past_its_deadline_is_ended(tmp_path: Path) -> None:
    with endless(tmp_path, seconds=0.1) as reading, pytest.raises(InvalidInput, match="takes longer than 0 seconds"):
        reading.result()
    assert not readers()


def test_a_reading_that_takes_too_much_processor_time_is_ended(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_bytes(b"title\n" + b"\n" * 60_000_000)
    with pytest.raises(InvalidInput, match=r"takes longer than 1 seconds|more than 1,048,576 rows"):
        read(tmp_path / "n.csv", cpu_seconds=1)


def test_a_killed_reading_is_an_error_that_says_to_try_again(tmp_path: Path) -> None:
    with endless(tmp_path) as reading:
        (process,) = readers()
        process.kill()
        with pytest.raises(Unavailable, match="was ended") as caught:
            reading.result()
    assert caught.value.remedy == "Read the file again"


def test_leaving_a_reading_ends_its_process(tmp_path: Path) -> None:
    with endless(tmp_path) as reading:
        assert not reading.is_finished()
        assert readers()
    assert not readers()


def test_secrets_are_not_inherited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHER_OIDC_CLIENT_SECRET", "secret")
    with endless(tmp_path):
        (process,) = readers()
        deadline = time.monotonic() + 60
        while not (environment := process.environ()):
            assert time.monotonic() < deadline
        assert "MATCHER_OIDC_CLIENT_SECRET" not in environment


def test_a_fault_of_the_reader_is_reported_as_such(tmp_path: Path) -> None:
    reading = Reading(NeedsSource(tmp_path, {}), OPERATOR_LIMITS, NeedsPreview, "absent", {})
    with reading, pytest.raises(MatcherError, match="KeyError") as caught:
        reading.result()
    assert not isinstance(caught.value, InvalidInput)
