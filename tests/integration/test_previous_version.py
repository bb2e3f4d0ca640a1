"""A register saved by an earlier version still opens, verifies and replays.

`tests/support/previous_version/register.sql` is a dump of a backup made by commit 4ed10eb: 4 fictional profiles, one
of them changed later, a need, and 4 decisions with filters on region, sector, size, turnover and accreditation, and 5
events. One reason holds a contact detail that the ledger would refuse today. One profile can be placed in a region only
by its buyer's name, which that version did not read. `expected.json` holds what that version printed.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Command

FOLDER = Path(__file__).resolve().parents[1] / "support" / "previous_version"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
# On other processors, the last bits of a sum may differ.
TOLERANCE = 1e-6


@pytest.fixture
def restored(command: Command, tmp_path: Path) -> Command:
    """The command line with a home restored from the backup of the earlier version."""
    backup = tmp_path / "backup.db"
    with closing(sqlite3.connect(backup)) as connection:
        connection.executescript((FOLDER / "register.sql").read_text(encoding="utf-8"))
    done = command("restore", backup)
    assert (done.code, done.err) == (0, "")
    assert done.out == "Restored: 4 profiles, 1 needs\n"
    return command


def test_the_ledger_verifies_and_reads_as_it_was_printed(restored: Command) -> None:
    verification = EXPECTED["verification"]
    assert json.loads(restored("ledger", "verify", "--expect", verification["hash"], "--json").out) == {
        **verification,
        "redacted": [],
    }
    listed = json.loads(restored("ledger", "list", "--json").out)["decisions"]
    assert [decision["decision"] for decision in listed] == list(EXPECTED["decisions"])
    for id, expected in EXPECTED["decisions"].items():
        shown = json.loads(restored("ledger", "show", id, "--json").out)
        assert {name: shown[name] for name in expected} == expected


def test_every_decision_replays_identically(restored: Command) -> None:
    done = restored("ledger", "replay", "--all", "--json")
    replays = json.loads(done.out)["replays"]
    assert [replay["decision"] for replay in replays] == list(EXPECTED["decisions"])
    for replay in replays:
        differences = replay["differences"]
        if any(note.startswith("version machine") for note in replay["notes"]):
            differences = [each for each in differences if not is_rounding(each)]
        assert differences == [], replay["notes"]


def is_rounding(difference: dict[str, Any]) -> bool:
    """Return whether the two values in a replay's difference are almost equal numbers."""
    numbers = difference["what"] in {"score", "probability", "contribution"}
    return numbers and abs(difference["then"] - difference["now"]) <= TOLERANCE


def test_events_can_be_noted_on_an_old_decision(restored: Command) -> None:
    assert restored("ledger", "note", "d5", "shortlist", "brackwater-care", "--by", "icb-example").code == 0
    assert "closed" in restored("ledger", "note", "d2", "shortlist", "steady-steps", "--by", "icb-example").complaint
    verification = json.loads(restored("ledger", "verify", "--json").out)
    assert (verification["whole"], verification["entries"]) == (True, EXPECTED["verification"]["entries"] + 1)
