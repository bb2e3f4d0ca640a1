"""Imports of real and fictional notices: each is imported once, without e-mail addresses or telephone numbers."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from matcher.register import ImportReport, import_files
from matcher.store import Store
from tests.support.commands import Command
from tests.support.notices import CONTACT, EMAIL, PHONES, package, party, release, written

PUBLIC = Path(__file__).parents[1] / "support" / "public"
# These patterns are independent of the code under test. A telephone number has a leading 0 or a country code, and 10 or
# 11 digits in groups. UUIDs, dates and notice numbers can look like telephone numbers, so they are removed first.
_LOOKALIKES = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|\d{4}-\d{2}-\d{2}([T ][\d:.]+([+-]\d\d:\d\d)?)?"
    r"|\b\d{6}-20\d\d\b|20\d\d/S \d{3}-\d{6}",
    re.IGNORECASE,
)
_EMAILS = re.compile(r"[\w.+'-]+\s?@\s?[\w-]+(\.[\w-]+)*\.[a-z]{2,}", re.IGNORECASE)
_TELEPHONES = re.compile(r"(?<![\w.])(\+\d{1,3}|0)[ ()\d-]{8,16}\d(?!\w)")


def leaks(database: Path) -> list[str]:
    """Return every e-mail address and telephone number in any text of a SQLite database."""
    matches: list[str] = []
    with sqlite3.connect(database) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f"SELECT * FROM {table}"):
                for text in (value for value in row if isinstance(value, str)):
                    plain = _LOOKALIKES.sub(" ", text)
                    matches += [match[0] for match in _EMAILS.finditer(plain)]
                    matches += [match[0] for match in _TELEPHONES.finditer(plain) if _is_number(match[0])]
    return matches


def _is_number(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return 10 <= len(digits) <= 13 and (text[0] == "+" or digits[1] not in "046") and "  " not in text


def test_the_scan_finds_contact_details(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("CREATE TABLE t (a TEXT, b BLOB)")
        for text in (EMAIL, *PHONES):
            connection.execute("INSERT INTO t VALUES (?, NULL)", [json.dumps({"description": f"Ring {text} now"})])
    assert len(leaks(tmp_path / "x.db")) == 1 + len(PHONES)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "register.sqlite"


def import_notices(database: Path, *paths: Path) -> tuple[ImportReport, int]:
    with Store.open(f"sqlite:///{database}") as store:
        report = import_files(store, "ocds", paths)
        return report, store.sequence()


def test_real_notices_are_imported_once_and_without_contact_details(shared_data: Path, database: Path) -> None:
    report, sequence = import_notices(database, shared_data / "notices")
    assert report.counts["releases read"] == report.counts["releases new"] == 300
    assert report.counts["needs added"] == 276, "one per ocid"
    assert (report.rejected, report.profiles["added"]) == (0, report.counts["suppliers new"])
    again, after = import_notices(database, shared_data / "notices")
    assert again.counts["releases unchanged"] == 300
    assert (again.profiles, after) == ({}, sequence)
    assert leaks(database) == []


def test_the_order_of_real_notices_does_not_change_the_needs(shared_data: Path, tmp_path: Path) -> None:
    needs = []
    for number, files in enumerate((sorted((shared_data / "notices").iterdir()),) * 2):
        path = tmp_path / f"{number}.sqlite"
        import_notices(path, *(files if number == 0 else reversed(files)))
        with Store.open(f"sqlite:///{path}") as store:
            needs.append([need.record for need in store.needs()])
    assert needs[0] == needs[1]
    assert len(needs[0]) == 276


def test_line_breaks_in_real_notices_are_restored(shared_data: Path, database: Path) -> None:
    import_notices(database, shared_data / "notices")
    with Store.open(f"sqlite:///{database}") as store:
        texts = [need.record.description for need in store.needs()]
    not_restored = [text for text in texts if re.search(r"rnrn|[.:;]rn[A-Z ]|\\n", text)]
    assert not_restored == []


def test_planted_contact_details_are_not_stored(tmp_path: Path, database: Path) -> None:
    dirty = " / ".join((EMAIL, *PHONES))
    firm = party(f"Steady Ltd {EMAIL}", company="07654321", details={"url": f"mailto:{EMAIL}"})
    notice = release(
        1,
        suppliers=(firm,),
        tender={"title": f"Falls {dirty}", "description": dirty, "communication": {"x": dirty}},
        award={"title": dirty, "description": f"&#64; {dirty.replace('@', '&#64;')}"},
        planning={"rationale": dirty, "documents": [{"id": "1", "description": dirty}]},
        contactPoint=CONTACT,
    )
    notice["buyer"] = {"id": "x", "name": f"Council, ring {PHONES[3]}", "contactPoint": CONTACT}
    report, _ = import_notices(database, written(tmp_path / "a.json", package(notice)))
    assert leaks(database) == []
    assert report.counts["contact points"] == 4
    assert report.counts["contact details in texts"] >= 20
    content = b"".join(path.read_bytes() for path in tmp_path.glob("register.sqlite*"))
    assert all(secret.encode() not in content for secret in (EMAIL, *PHONES, CONTACT["name"]))


def test_registers_give_one_profile_per_supplier_without_contact_details(database: Path) -> None:
    kinds = (
        ("companies-house", "companies.csv"),
        ("cqc", "directory.csv"),
        ("charity-commission", "charity.txt"),
    )
    with Store.open(f"sqlite:///{database}") as store:
        for kind, name in kinds:
            import_files(store, kind, [PUBLIC / name])
        sequence = store.sequence()
        oak = store.profile("gb-cqc-1-100000001").record
        assert oak.coverage.regions == ("North West", "Yorkshire and The Humber")
        assert [one.title for one in oak.capabilities] == ["Residential homes, Nursing homes", "Residential homes"]
        steady = store.profile("gb-coh-07654321").record
        assert (steady.name, steady.sector) == ("CALDER CARERS", "charity"), "the charity of this company"
        assert steady.turnover == 125_000.0
        assert store.counts()["profiles"] == 3
        for kind, name in reversed(kinds):
            import_files(store, kind, [PUBLIC / name])
        assert store.sequence() == sequence
    assert leaks(database) == []


def _import_notices(database: Path, file: Path) -> None:
    with Store.open(f"sqlite:///{database}") as store:
        import_files(store, "ocds", [file])


def test_a_file_is_imported_completely_or_not_at_all_if_the_process_is_killed(tmp_path: Path, database: Path) -> None:
    firms = [party(f"Firm {n} Ltd", company=f"{n:08d}") for n in range(1, 401)]
    file = written(tmp_path / "a.json", package(*(release(n, suppliers=(firm,)) for n, firm in enumerate(firms, 1))))
    Store.open(f"sqlite:///{database}").close()
    context = multiprocessing.get_context("fork")
    seen = set()
    for number in range(12):
        process = context.Process(target=_import_notices, args=(database, file))
        process.start()
        time.sleep(0.05 + number * 0.08)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        with Store.open(f"sqlite:///{database}") as store:
            counts = store.counts()
        seen.add(counts["needs"])
        assert counts in ({"profiles": 0, "needs": 0}, {"profiles": 400, "needs": 400})
        if counts["needs"]:
            break
    _import_notices(database, file)
    with Store.open(f"sqlite:///{database}") as store:
        assert store.counts() == {"profiles": 400, "needs": 400}
    assert 0 in seen, "at least one process was killed before the end"


def test_the_commands(command: Command, tmp_path: Path) -> None:
    firm = party("Steady Ltd", company="07654321")
    file = written(tmp_path / "a.json", package(release(1, suppliers=(firm,)), {"ocid": "x"}))
    stopped = command("import", "ocds", file, "--on-error", "stop")
    assert "a.json, id: release 2 (without an id): is missing or invalid" in stopped.complaint
    done = command("import", "ocds", file, "--json")
    report = json.loads(done.out)
    assert (done.code, report["rejected"], report["counts"]["needs added"]) == (0, 1, 1)
    assert EMAIL not in Path(report["rejects_file"]).read_text()
    assert "contact points" in command("import", "ocds", file).out
    listed = command("provenance", "gb-coh-07654321")
    assert "track_record.0: contracts-finder ocds-b5fd17-" in listed.out
    assert json.loads(command("provenance", "gb-coh-07654321", "--json").out)[0]["field"] == "name"
    record = next(line for line in listed.out.splitlines() if line.startswith("name")).split()[2].rstrip(",")
    assert "steady-ltd" in command("split", "gb-coh-07654321", "contracts-finder", record).out
    assert "QYG · NHS Cheshire and Merseyside" in command("organisation", "01F").out
    assert json.loads(command("organisation", "01F", "--json").out)[0]["code"] == "QYG"
    (tmp_path / "empty").mkdir()
    assert "contains no file" in command("import", "cqc", tmp_path / "empty").complaint
