"""Real and fictional notices into a database: all of them, once, and nobody's e-mail address or telephone number."""

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

from matcher.register import IntakeReport, Kind, take_files
from matcher.store import Store
from tests.support.commands import Command
from tests.support.notices import CONTACT, EMAIL, PHONES, package, party, release, written

PUBLIC = Path(__file__).parents[1] / "support" / "public"
# Written apart from the code under test. A telephone number has a leading 0 or a country code and 10 or 11 digits,
# in groups; UUIDs, dates and numbers of notices are taken out first, as they can look alike.
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
    found: list[str] = []
    with sqlite3.connect(database) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f"SELECT * FROM {table}"):
                for text in (value for value in row if isinstance(value, str)):
                    plain = _LOOKALIKES.sub(" ", text)
                    found += [match[0] for match in _EMAILS.finditer(plain)]
                    found += [match[0] for match in _TELEPHONES.finditer(plain) if _is_number(match[0])]
    return found


def _is_number(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return 10 <= len(digits) <= 13 and (text[0] == "+" or digits[1] not in "046") and "  " not in text


def test_the_scan_finds_what_it_should(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("CREATE TABLE t (a TEXT, b BLOB)")
        for text in (EMAIL, *PHONES):
            connection.execute("INSERT INTO t VALUES (?, NULL)", [json.dumps({"description": f"Ring {text} now"})])
    assert len(leaks(tmp_path / "x.db")) == 1 + len(PHONES)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "register.sqlite"


def take(database: Path, *paths: Path) -> tuple[IntakeReport, int]:
    with Store.open(f"sqlite:///{database}") as store:
        report = take_files(store, Kind.OCDS, paths)
        return report, store.sequence()


def test_all_real_notices_come_in_once_and_clean(shared_data: Path, database: Path) -> None:
    report, sequence = take(database, shared_data / "notices")
    assert report.counts["releases read"] == report.counts["releases new"] == 300
    assert report.counts["needs added"] == 276, "one an ocid"
    assert (report.rejected, report.profiles["added"]) == (0, report.counts["suppliers new"])
    again, after = take(database, shared_data / "notices")
    assert again.counts["releases unchanged"] == 300
    assert (again.profiles, after) == ({}, sequence)
    assert leaks(database) == []


def test_real_notices_in_another_order_make_the_same_needs(shared_data: Path, tmp_path: Path) -> None:
    needs = []
    for number, files in enumerate((sorted((shared_data / "notices").iterdir()),) * 2):
        path = tmp_path / f"{number}.sqlite"
        take(path, *(files if number == 0 else reversed(files)))
        with Store.open(f"sqlite:///{path}") as store:
            needs.append([found.record for found in store.needs()])
    assert needs[0] == needs[1]
    assert len(needs[0]) == 276


def test_a_record_that_releases_of_real_notices_repair(shared_data: Path, database: Path) -> None:
    take(database, shared_data / "notices")
    with Store.open(f"sqlite:///{database}") as store:
        texts = [found.record.description for found in store.needs()]
    flattened = [text for text in texts if re.search(r"rnrn|[.:;]rn[A-Z ]|\\n", text)]
    assert flattened == []


def test_planted_contact_details_stay_out(tmp_path: Path, database: Path) -> None:
    dirty = " / ".join((EMAIL, *PHONES))
    firm = party(f"Steady Ltd {EMAIL}", company="07654321", details={"url": f"mailto:{EMAIL}"})
    given = release(
        1,
        suppliers=(firm,),
        tender={"title": f"Falls {dirty}", "description": dirty, "communication": {"x": dirty}},
        award={"title": dirty, "description": f"&#64; {dirty.replace('@', '&#64;')}"},
        planning={"rationale": dirty, "documents": [{"id": "1", "description": dirty}]},
        contactPoint=CONTACT,
    )
    given["buyer"] = {"id": "x", "name": f"Council, ring {PHONES[3]}", "contactPoint": CONTACT}
    report, _ = take(database, written(tmp_path / "a.json", package(given)))
    assert leaks(database) == []
    assert report.counts["contact points"] == 4
    assert report.counts["contact details in texts"] >= 20
    content = b"".join(path.read_bytes() for path in tmp_path.glob("register.sqlite*"))
    assert all(secret.encode() not in content for secret in (EMAIL, *PHONES, CONTACT["name"]))


def test_registers_make_one_profile_a_supplier_without_contacts(database: Path) -> None:
    kinds = (
        (Kind.COMPANIES_HOUSE, "companies.csv"),
        (Kind.CQC, "directory.csv"),
        (Kind.CHARITY_COMMISSION, "charity.txt"),
    )
    with Store.open(f"sqlite:///{database}") as store:
        for kind, name in kinds:
            take_files(store, kind, [PUBLIC / name])
        sequence = store.sequence()
        oak = store.profile("gb-cqc-1-100000001").record
        assert oak.coverage.regions == ("North West", "Yorkshire and The Humber")
        assert [one.title for one in oak.capabilities] == ["Residential homes, Nursing homes", "Residential homes"]
        steady = store.profile("gb-coh-07654321").record
        assert (steady.name, steady.sector) == ("CALDER CARERS", "charity"), "the charity that the company is"
        assert steady.turnover == 125_000.0
        assert store.counts()["profiles"] == 3
        for kind, name in reversed(kinds):
            take_files(store, kind, [PUBLIC / name])
        assert store.sequence() == sequence
    assert leaks(database) == []


def _take_for_ever(database: Path, file: Path) -> None:
    with Store.open(f"sqlite:///{database}") as store:
        take_files(store, Kind.OCDS, [file])


def test_killed_half_way_a_file_is_whole_or_absent(tmp_path: Path, database: Path) -> None:
    firms = [party(f"Firm {n} Ltd", company=f"{n:08d}") for n in range(1, 401)]
    file = written(tmp_path / "a.json", package(*(release(n, suppliers=(firm,)) for n, firm in enumerate(firms, 1))))
    Store.open(f"sqlite:///{database}").close()
    context = multiprocessing.get_context("fork")
    seen = set()
    for number in range(12):
        process = context.Process(target=_take_for_ever, args=(database, file))
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
    _take_for_ever(database, file)
    with Store.open(f"sqlite:///{database}") as store:
        assert store.counts() == {"profiles": 400, "needs": 400}
    assert 0 in seen, "some were killed before the end"


def test_the_commands(command: Command, tmp_path: Path) -> None:
    firm = party("Steady Ltd", company="07654321")
    file = written(tmp_path / "a.json", package(release(1, suppliers=(firm,)), {"ocid": "x"}))
    assert "a.json, id: is missing or wrong" in command("import", "ocds", file).complaint
    done = command("import", "ocds", file, "--on-error", "skip", "--json")
    report = json.loads(done.out)
    assert (done.code, report["rejected"], report["counts"]["needs added"]) == (0, 1, 1)
    assert EMAIL not in Path(report["rejects_file"]).read_text()
    assert "contact points" in command("import", "ocds", file, "--on-error", "skip").out
    listed = command("provenance", "gb-coh-07654321")
    assert "track_record.0: contracts-finder ocds-b5fd17-" in listed.out
    assert json.loads(command("provenance", "gb-coh-07654321", "--json").out)[0]["field"] == "name"
    record = next(line for line in listed.out.splitlines() if line.startswith("name")).split()[2].rstrip(",")
    assert "steady-ltd" in command("split", "gb-coh-07654321", "contracts-finder", record).out
    assert "QYG · NHS Cheshire and Merseyside" in command("organisation", "01F").out
    assert json.loads(command("organisation", "01F", "--json").out)[0]["code"] == "QYG"
    (tmp_path / "empty").mkdir()
    assert "holds no file" in command("import", "cqc", tmp_path / "empty").complaint
