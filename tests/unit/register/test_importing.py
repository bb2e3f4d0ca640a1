"""Importing files of records: each completely or not at all, and every rejected line is reported."""

from __future__ import annotations

import gzip
import json
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from matcher.foundations.errors import InvalidInput, Place, Unavailable
from matcher.records import Contact
from matcher.register import ImportReport, import_files
from matcher.sources.formats.rejects import RejectsFile
from matcher.store import Store, Writer


def write(path: Path, *values: object) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in values))
    return path


def profile(id: str, **fields: object) -> dict[str, object]:
    return {"id": id, "name": f"Name of {id}", **fields}


def rejected_lines(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of the only rejects file in `folder`."""
    [file] = folder.iterdir()
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_records_are_added_updated_and_unchanged(tmp_path: Path, file_store: Store) -> None:
    file = write(tmp_path / "a.jsonl", *(profile(f"p{number}") for number in range(1100)))
    first = import_files(file_store, "profiles", [file])
    assert first == ImportReport(files=1, profiles=Counter(added=1100))
    write(file, *(profile(f"p{number}", **({"summary": "New"} if number < 3 else {})) for number in range(1101)))
    again = import_files(file_store, "profiles", [file])
    assert again == ImportReport(files=1, profiles=Counter(added=1, updated=3, unchanged=1097))
    assert file_store.sequence() == 1104
    assert file_store.profile("p1").source == str(file)


def test_needs_are_imported_and_unknown_fields_counted(tmp_path: Path, file_store: Store) -> None:
    lines = [{"id": f"n{number}", "title": "T", "health": True} for number in range(3)]
    file = write(tmp_path / "needs.jsonl", *lines, {"id": "n9", "title": "T", "odd": 1, "health": False})
    report = import_files(file_store, "needs", [file])
    assert (report.added, report.dropped_fields) == (4, {"health": 4, "odd": 1})


def test_contacts_are_stored_in_their_own_table(tmp_path: Path, file_store: Store) -> None:
    file = write(tmp_path / "a.jsonl", profile("p1", contact={"email": "anna@example.org"}))
    import_files(file_store, "profiles", [file])
    assert file_store.contact("p1") == Contact(email="anna@example.org")
    assert import_files(file_store, "profiles", [file]).unchanged == 1


def test_stop_imports_nothing_from_the_file_and_keeps_the_files_before(tmp_path: Path, file_store: Store) -> None:
    write(tmp_path / "1.jsonl", profile("p1"))
    write(tmp_path / "2.jsonl", *(profile(f"q{number}") for number in range(1500)), profile("q7"))
    write(tmp_path / "3.jsonl", profile("p3"))
    with pytest.raises(InvalidInput, match="already the id of line 8") as stopped:
        import_files(file_store, "profiles", [tmp_path])
    assert stopped.value.place.line == 1501
    assert file_store.counts() == {"profiles": 1, "needs": 0}
    assert file_store.sequence() == 1


def test_skip_writes_the_rejected_lines_to_a_file(tmp_path: Path, file_store: Store) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b'{"id": "p1", "name": "P"}\n{"id": "p2"}\nbro\xffken\n{"id": "p3", "name": "Q"}\n')
    folder = tmp_path / "rejects"
    report = import_files(file_store, "profiles", [file], on_error="skip", rejects_folder=folder)
    [rejects] = folder.iterdir()
    assert report == ImportReport(files=1, profiles=Counter(added=2), rejected=2, rejects_file=rejects)
    assert rejects.name.endswith("-profiles.jsonl")
    first, second = rejected_lines(folder)
    assert first == {
        "file": str(file),
        "line": 2,
        "field": "name",
        "problem": "is missing",
        "remedy": first["remedy"],
        "text": '{"id": "p2"}',
    }
    assert first["remedy"].startswith("Enter a name")
    assert (second["line"], second["text"]) == (3, "bro\\xffken")
    assert "field" not in second
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_skip_reports_a_file_with_only_bad_lines(tmp_path: Path, file_store: Store) -> None:
    file = write(tmp_path / "a.jsonl", "one", "two")
    folder = tmp_path / "rejects"
    report = import_files(file_store, "profiles", [file], on_error="skip", rejects_folder=folder)
    assert report == ImportReport(files=1, rejected=2, rejects_file=next(folder.iterdir()))
    assert import_files(file_store, "profiles", [file], on_error="skip").rejected == 2


def test_no_rejects_file_is_written_if_no_line_is_rejected(tmp_path: Path, file_store: Store) -> None:
    file = write(tmp_path / "a.jsonl", profile("p1"))
    folder = tmp_path / "rejects"
    report = import_files(file_store, "profiles", [file], on_error="skip", rejects_folder=folder)
    assert report.rejects_file is None
    assert not folder.exists()


def test_rejected_lines_of_a_file_that_fails_are_removed(tmp_path: Path, file_store: Store) -> None:
    write(tmp_path / "1.jsonl", "bad line of the first file", profile("p1"))
    many = "".join(f'{{"id": "q{number}", "name": "Q"}}\n' for number in range(5000))
    (tmp_path / "2.jsonl.gz").write_bytes(gzip.compress(("bad line of the second\n" + many).encode())[:-100])
    folder = tmp_path / "rejects"
    with pytest.raises(InvalidInput, match="ends early"):
        import_files(file_store, "profiles", [tmp_path], on_error="skip", rejects_folder=folder)
    assert [line["text"] for line in rejected_lines(folder)] == ["bad line of the first file"]
    assert file_store.counts()["profiles"] == 1
    other = tmp_path / "other rejects"
    with pytest.raises(InvalidInput, match="ends early"):
        import_files(file_store, "profiles", [tmp_path / "2.jsonl.gz"], on_error="skip", rejects_folder=other)
    assert list(other.iterdir()) == [], "no line was kept"


def test_one_import_writes_the_rejected_lines_of_all_files_to_one_file(tmp_path: Path, file_store: Store) -> None:
    for name in ("1", "2", "3"):
        write(tmp_path / f"{name}.jsonl", f"bad {name}", profile(name))
    folder = tmp_path / "rejects"
    report = import_files(file_store, "profiles", [tmp_path], on_error="skip", rejects_folder=folder)
    assert (report.files, report.added, report.rejected) == (3, 3, 3)
    assert [line["text"] for line in rejected_lines(folder)] == ["bad 1", "bad 2", "bad 3"]


def test_each_import_has_a_rejects_file_of_its_own(tmp_path: Path, file_store: Store) -> None:
    folder = tmp_path / "rejects"
    reports = [
        import_files(file_store, kind, [write(tmp_path / "a.jsonl", bad)], on_error="skip", rejects_folder=folder)
        for kind, bad in (("profiles", "first"), ("profiles", "second"), ("needs", "third"))
    ]
    files = [report.rejects_file for report in reports]
    assert len(set(files)) == 3
    assert [json.loads(file.read_text())["text"] for file in files if file] == ["first", "second", "third"]


def test_a_rejects_file_is_named_by_time_and_never_overwritten(tmp_path: Path) -> None:
    started = datetime(2026, 11, 28, 10, 15, 3, tzinfo=UTC)
    problem = InvalidInput("is bad", remedy="Mend it", place=Place("a.jsonl", 1))
    for text in ("first", "second"):
        with RejectsFile(tmp_path, "profiles", started) as rejects, rejects.all_or_none():
            rejects.write(problem, text)
    texts = {file.name: json.loads(file.read_text())["text"] for file in tmp_path.iterdir()}
    assert texts == {"2026-11-28T10-15-03-profiles.jsonl": "first", "2026-11-28T10-15-03-profiles-2.jsonl": "second"}


def test_the_rejects_file_is_complete_before_the_records_are_committed(tmp_path: Path) -> None:
    folder = tmp_path / "rejects"
    at_commit: list[int] = []

    class WatchedStore(Store):
        @contextmanager
        def writing(self) -> Iterator[Writer]:
            with super().writing() as writer:
                yield writer
                at_commit.append(len(rejected_lines(folder)))

    file = write(tmp_path / "a.jsonl", *(f"bad {number}" for number in range(700)), profile("p1"))
    with WatchedStore.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        import_files(store, "profiles", [file], on_error="skip", rejects_folder=folder)
    assert at_commit == [700]


def test_nothing_is_imported_if_rejected_lines_cannot_be_written(tmp_path: Path, file_store: Store) -> None:
    file = write(tmp_path / "a.jsonl", "bad", profile("p1"))
    folder = file / "rejects"
    with pytest.raises(Unavailable, match="rejected lines cannot be written") as refused:
        import_files(file_store, "profiles", [file], on_error="skip", rejects_folder=folder)
    assert refused.value.place.file == str(folder)
    assert file_store.sequence() == 0


def test_an_input_in_the_rejects_folder_is_not_overwritten(tmp_path: Path, file_store: Store) -> None:
    file = write(tmp_path / "a.jsonl", "bad", profile("p1"))
    report = import_files(file_store, "profiles", [tmp_path], on_error="skip", rejects_folder=tmp_path)
    assert (report.files, report.rejected) == (1, 1)
    assert report.rejects_file != file
    assert file.read_text().startswith("bad")


def test_progress_ends_at_the_size_of_all_files(tmp_path: Path, file_store: Store) -> None:
    write(tmp_path / "1.jsonl", *(profile(f"p{number}") for number in range(1200)))
    (tmp_path / "2.jsonl.gz").write_bytes(gzip.compress(b'{"id": "z", "name": "Z"}\n'))
    total = sum(file.stat().st_size for file in tmp_path.glob("*.jsonl*"))
    calls: list[tuple[int, int]] = []
    import_files(file_store, "profiles", [tmp_path], on_progress=lambda done, of: calls.append((done, of)))
    assert len(calls) >= 5
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert calls[-1] == (total, total)
    assert {of for _, of in calls} == {total}
