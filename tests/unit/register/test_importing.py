"""Importing files: each wholly or not at all, and nothing passed over in silence."""

from __future__ import annotations

import gzip
import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from matcher.foundations.errors import InvalidInput, Unavailable
from matcher.records import Contact
from matcher.register.importing import ImportReport, import_files
from matcher.store import RecordKind, Store, Writer


def write(path: Path, *values: object) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in values))
    return path


def profile(id: str, **fields: object) -> dict[str, object]:
    return {"id": id, "name": f"Name of {id}", **fields}


def test_records_are_added_updated_and_left(tmp_path: Path, file_store: Store) -> None:
    file = write(tmp_path / "a.jsonl", *(profile(f"p{number}") for number in range(1100)))
    first = import_files(file_store, RecordKind.PROFILE, [file])
    assert first == ImportReport(files=1, added=1100)
    write(file, *(profile(f"p{number}", **({"summary": "New"} if number < 3 else {})) for number in range(1101)))
    again = import_files(file_store, RecordKind.PROFILE, [file])
    assert again == ImportReport(files=1, added=1, updated=3, unchanged=1097)
    assert file_store.sequence() == 1104
    assert file_store.profile("p1").source == str(file)


def test_needs_are_imported_and_unknown_fields_counted(tmp_path: Path, file_store: Store) -> None:
    lines = [{"id": f"n{number}", "title": "T", "health": True} for number in range(3)]
    file = write(tmp_path / "needs.jsonl", *lines, {"id": "n9", "title": "T", "odd": 1, "health": False})
    report = import_files(file_store, RecordKind.NEED, [file])
    assert (report.added, report.ignored_fields) == (4, {"health": 4, "odd": 1})


def test_contacts_go_into_their_own_table(tmp_path: Path, file_store: Store) -> None:
    file = write(tmp_path / "a.jsonl", profile("p1", contact={"email": "anna@example.org"}))
    import_files(file_store, RecordKind.PROFILE, [file])
    assert file_store.contact("p1") == Contact(email="anna@example.org")
    assert import_files(file_store, RecordKind.PROFILE, [file]).unchanged == 1


def test_stop_imports_nothing_of_the_file_and_keeps_the_files_before(tmp_path: Path, file_store: Store) -> None:
    write(tmp_path / "1.jsonl", profile("p1"))
    write(tmp_path / "2.jsonl", *(profile(f"q{number}") for number in range(1500)), profile("q7"))
    write(tmp_path / "3.jsonl", profile("p3"))
    with pytest.raises(InvalidInput, match="line 8 too") as stopped:
        import_files(file_store, RecordKind.PROFILE, [tmp_path])
    assert stopped.value.place.line == 1501
    assert file_store.counts() == {"profiles": 1, "needs": 0}
    assert file_store.sequence() == 1


def test_skip_writes_the_bad_lines_to_the_rejects_file(tmp_path: Path, file_store: Store) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b'{"id": "p1", "name": "P"}\n{"id": "p2"}\nbro\xffken\n{"id": "p3", "name": "Q"}\n')
    rejects = tmp_path / "rejects.txt"
    report = import_files(file_store, RecordKind.PROFILE, [file], on_error="skip", rejects=rejects)
    assert report == ImportReport(files=1, added=2, rejected=2, rejects_file=rejects)
    first, second = map(json.loads, rejects.read_text().splitlines())
    assert first == {
        "file": str(file),
        "line": 2,
        "field": "name",
        "problem": "is missing",
        "remedy": first["remedy"],
        "text": '{"id": "p2"}',
    }
    assert first["remedy"].startswith("Give a name")
    assert (second["line"], second["text"]) == (3, "bro\\xffken")
    assert "field" not in second
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600


def test_skip_with_only_bad_lines_reports_them(tmp_path: Path, file_store: Store) -> None:
    file = write(tmp_path / "a.jsonl", "one", "two")
    rejects = tmp_path / "rejects.txt"
    report = import_files(file_store, RecordKind.PROFILE, [file], on_error="skip", rejects=rejects)
    assert report == ImportReport(files=1, rejected=2, rejects_file=rejects)
    assert import_files(file_store, RecordKind.PROFILE, [file], on_error="skip").rejected == 2


def test_the_rejects_file_is_written_only_if_needed(tmp_path: Path, file_store: Store) -> None:
    file = write(tmp_path / "a.jsonl", profile("p1"))
    rejects = tmp_path / "rejects.txt"
    report = import_files(file_store, RecordKind.PROFILE, [file], on_error="skip", rejects=rejects)
    assert report.rejects_file is None
    assert not rejects.exists()


def test_rejects_of_a_file_that_is_not_imported_are_taken_back(tmp_path: Path, file_store: Store) -> None:
    write(tmp_path / "1.jsonl", "bad line of the first file", profile("p1"))
    many = "".join(f'{{"id": "q{number}", "name": "Q"}}\n' for number in range(5000))
    (tmp_path / "2.jsonl.gz").write_bytes(gzip.compress(("bad line of the second\n" + many).encode())[:-100])
    rejects = tmp_path / "rejects.txt"
    with pytest.raises(InvalidInput, match="ends early"):
        import_files(file_store, RecordKind.PROFILE, [tmp_path], on_error="skip", rejects=rejects)
    assert [json.loads(line)["text"] for line in rejects.read_text().splitlines()] == ["bad line of the first file"]
    assert file_store.counts()["profiles"] == 1
    with pytest.raises(InvalidInput, match="ends early"):
        import_files(file_store, RecordKind.PROFILE, [tmp_path / "2.jsonl.gz"], on_error="skip", rejects=rejects)
    assert not rejects.exists(), "nothing was kept, and it does not tell of an older import"


def test_rejects_of_several_files_stand_together(tmp_path: Path, file_store: Store) -> None:
    for name in ("1", "2", "3"):
        write(tmp_path / f"{name}.jsonl", f"bad {name}", profile(name))
    rejects = tmp_path / "rejects.txt"
    rejects.write_text("of an older import\n")
    report = import_files(file_store, RecordKind.PROFILE, [tmp_path], on_error="skip", rejects=rejects)
    assert (report.files, report.added, report.rejected) == (3, 3, 3)
    assert [json.loads(line)["text"] for line in rejects.read_text().splitlines()] == ["bad 1", "bad 2", "bad 3"]


def test_the_rejects_file_is_complete_before_the_records_are_committed(tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.txt"
    at_commit: list[int] = []

    class WatchedStore(Store):
        @contextmanager
        def writing(self) -> Iterator[Writer]:
            with super().writing() as writer:
                yield writer
                at_commit.append(len(rejects.read_text().splitlines()))

    file = write(tmp_path / "a.jsonl", *(f"bad {number}" for number in range(700)), profile("p1"))
    with WatchedStore.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        import_files(store, RecordKind.PROFILE, [file], on_error="skip", rejects=rejects)
    assert at_commit == [700]


def test_without_a_place_for_rejected_lines_nothing_is_imported(tmp_path: Path, file_store: Store) -> None:
    file = write(tmp_path / "a.jsonl", "bad", profile("p1"))
    rejects = tmp_path / "folder that is not there" / "rejects.txt"
    with pytest.raises(Unavailable, match="rejected lines cannot be written") as refused:
        import_files(file_store, RecordKind.PROFILE, [file], on_error="skip", rejects=rejects)
    assert refused.value.place.file == str(rejects)
    assert file_store.sequence() == 0


def test_an_input_is_never_overwritten_with_rejects(tmp_path: Path, file_store: Store) -> None:
    file = write(tmp_path / "a.jsonl", "bad", profile("p1"))
    with pytest.raises(InvalidInput, match="would be overwritten"):
        import_files(file_store, RecordKind.PROFILE, [tmp_path], on_error="skip", rejects=tmp_path / "." / "a.jsonl")
    assert file.read_text().startswith("bad")


def test_progress_ends_at_the_size_of_all_files(tmp_path: Path, file_store: Store) -> None:
    write(tmp_path / "1.jsonl", *(profile(f"p{number}") for number in range(1200)))
    (tmp_path / "2.jsonl.gz").write_bytes(gzip.compress(b'{"id": "z", "name": "Z"}\n'))
    total = sum(file.stat().st_size for file in tmp_path.glob("*.jsonl*"))
    told: list[tuple[int, int]] = []
    import_files(file_store, RecordKind.PROFILE, [tmp_path], progress=lambda done, of: told.append((done, of)))
    assert len(told) >= 5
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (total, total)
    assert {of for _, of in told} == {total}
