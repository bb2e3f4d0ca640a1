"""`matcher search --keep` and `matcher ledger` as a user runs them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from sqlalchemy import text

from matcher.foundations.settings import Settings
from matcher.ledger.entry import canonical_json, digest_of
from matcher.store import Store
from tests.support.commands import Command
from tests.support.ledgers import without_triggers

PROFILES = [
    {"id": "steady", "name": "Steady CIC", "sector": "cic", "summary": "Falls prevention for older people."},
    {"id": "warm", "name": "Warm Hall", "sector": "charity", "summary": "Meals and befriending for older people."},
    {"id": "ride", "name": "Ride", "sector": "sme", "summary": "Transport."},
]


@pytest.fixture
def with_decision(command: Command, tmp_path: Path) -> Command:
    """The command line with a register and one saved decision."""
    file = tmp_path / "profiles.jsonl"
    file.write_text("\n".join(map(json.dumps, PROFILES)), encoding="utf-8")
    assert command("import", "profiles", file).code == 0
    done = command("search", "falls prevention", "--sector", "cic", "--sector", "charity", "--keep", "--by", "icb-qwo")
    assert "Saved as decision d1, hash " in done.out
    return command


def test_a_search_is_saved_only_with_keep(with_decision: Command) -> None:
    assert with_decision("search", "meals").code == 0
    [listed] = json.loads(with_decision("ledger", "list", "--json").out)["decisions"]
    assert [listed[key] for key in ("decision", "by", "candidates", "closed")] == ["d1", "icb-qwo", 2, False]
    assert "d1" in with_decision("ledger", "list").out
    assert json.loads(with_decision("ledger", "list", "--after", "1", "--json").out) == {"decisions": []}


def test_a_saved_search_prints_the_same_result_and_its_decision(with_decision: Command) -> None:
    plain = json.loads(with_decision("search", "meals", "--json").out)
    saved = json.loads(with_decision("search", "meals", "--json", "--keep", "--by", "x").out)
    assert saved.pop("decision") == "d2"
    assert len(saved.pop("hash")) == 64
    assert saved == plain


@pytest.mark.parametrize("options", [("--keep",), ("--by", "icb-qwo")])
def test_keep_and_by_must_be_given_together(with_decision: Command, options: tuple[str, ...]) -> None:
    assert "--keep and --by must be given together" in with_decision("search", "meals", *options).complaint


def test_events_are_noted_and_shown_until_the_decision_is_closed(with_decision: Command) -> None:
    assert with_decision("ledger", "note", "d1", "shortlist", "steady", "--by", "icb-qwo").out.startswith(
        "Entry 2, hash "
    )
    done = with_decision("ledger", "note", "d1", "reject", "warm", "--by", "icb-qwo", "--reason", "Too [far]", "--json")
    assert json.loads(done.out)["reason"] == "Too [far]"
    shown = with_decision("ledger", "show", "d1").out
    assert "steady" in shown
    assert "· shortlist" in shown
    assert "reject warm by icb-qwo: Too [far]" in shown
    assert with_decision("ledger", "note", "d1", "close", "--by", "icb-qwo").code == 0
    decision = json.loads(with_decision("ledger", "show", "d1", "--json").out)
    assert decision["standing"] == {"steady": "shortlist", "warm": "reject"}
    assert decision["closed"] is True
    assert [entry["event"] for entry in decision["entries"]] == ["search", "shortlist", "reject", "close"]
    assert decision["excluded"] == {"sectors": ["ride"]}
    assert [candidate["profile_id"] for candidate in decision["candidates"]] == ["steady", "warm"]
    refused = with_decision("ledger", "note", "d1", "award", "steady", "--by", "icb-qwo")
    assert (refused.code, "closed" in refused.complaint) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("show", "d9"), 1, "no decision has id 'd9'"),
        (("note", "d9", "award", "steady", "--by", "x"), 1, "no decision has id 'd9'"),
        (("note", "d1", "award", "ride", "--by", "x"), 1, "is not a candidate"),
        (("note", "d1", "reject", "steady", "--by", "x"), 2, "needs a reason"),
        (("note", "d1", "award", "steady", "--by", "Anna Field"), 2, "never a person"),
        (("note", "d1", "award", "steady"), 2, "--by"),
        (("note", "d1", "dance", "steady", "--by", "x"), 2, "dance"),
        (("replay",), 2, "give one decision or --all"),
        (("replay", "d1", "--all"), 2, "give one decision or --all"),
        (("replay", "d9"), 1, "no decision has id 'd9'"),
        (("verify", "--expect", "d1"), 2, "not a hash"),
        (("export", "--format", "xml"), 2, "xml"),
        (("export", "--out", "/dev/null/x"), 1, "cannot be written"),
    ],
)
def test_an_error_is_one_line(with_decision: Command, arguments: tuple[str, ...], code: int, complaint: str) -> None:
    done = with_decision("ledger", *arguments)
    assert complaint in done.complaint
    assert done.code == code


def test_an_intact_ledger_prints_the_hash_to_note(with_decision: Command) -> None:
    verification = json.loads(with_decision("ledger", "verify", "--json").out)
    hash = verification.pop("hash")
    assert verification == {"whole": True, "entries": 1, "faults": [], "redacted": []}
    assert with_decision("ledger", "verify", "--expect", hash).out.splitlines()[-1] == hash
    absent = with_decision("ledger", "verify", "--expect", "0" * 63 + "1")
    assert (absent.code, absent.err) == (1, "")
    assert "is not in the ledger" in absent.out


def test_an_altered_ledger_does_not_verify(with_decision: Command, tmp_path: Path) -> None:
    with Store.open(Settings(home=tmp_path / "home").store_url) as store:
        without_triggers(store.database)
        with store.database.writing() as connection:
            connection.execute(text("UPDATE ledger_entry SET event = 'award'"))
    done = with_decision("ledger", "verify")
    assert (done.code, done.err) == (1, "")
    assert done.out == "entry 1: its text belongs to another entry, decision or event\n"
    assert json.loads(with_decision("ledger", "verify", "--json").out)["faults"][0]["entry"] == 1
    assert "ledger verify" in with_decision("ledger", "replay", "d1").complaint


def test_a_replay_lists_its_differences(with_decision: Command, tmp_path: Path) -> None:
    assert with_decision("ledger", "replay", "d1").out == "d1: identical\n"
    with Store.open(Settings(home=tmp_path / "home").store_url) as store:
        without_triggers(store.database)
        with store.database.writing() as connection:
            connection.execute(text("UPDATE revision SET content = replace(content, 'Falls prevention', 'Transport')"))
    done = with_decision("ledger", "replay", "--all")
    assert (done.code, done.err) == (1, "")
    assert done.out.splitlines()[0].endswith(" differences")
    assert "… to see all, add --json" in done.out
    [replay] = json.loads(with_decision("ledger", "replay", "d1", "--json").out)["replays"]
    assert not replay["identical"]
    assert {"what", "then", "now", "profile"} <= set(replay["differences"][0])


def test_an_export_is_printed_or_written_completely(with_decision: Command, tmp_path: Path) -> None:
    with_decision("ledger", "note", "d1", "reject", "warm", "--by", "icb-qwo", "--reason", "-1 day")
    printed = with_decision("ledger", "export").out
    for line in map(json.loads, printed.splitlines()):
        assert digest_of(canonical_json(line["entry"]).encode()) == line["hash"]
    file = tmp_path / "ledger.jsonl"
    assert with_decision("ledger", "export", "--out", file).out == ""
    assert file.read_text(encoding="utf-8") == printed
    table = tmp_path / "ledger.csv"
    with_decision("ledger", "export", "--format", "csv", "--out", table)
    with table.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["row"] for row in rows] == ["entry", "candidate", "candidate", "excluded", "entry"]
    assert rows[-1]["reason"] == "'-1 day"
    assert sorted(path.name for path in tmp_path.glob(".*")) == []
