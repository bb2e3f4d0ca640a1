"""`matcher search --keep` and `matcher ledger`, as a user has them."""

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
def kept(command: Command, tmp_path: Path) -> Command:
    """The command line with a register and one decision in its ledger."""
    file = tmp_path / "profiles.jsonl"
    file.write_text("\n".join(map(json.dumps, PROFILES)), encoding="utf-8")
    assert command("import", "profiles", file).code == 0
    done = command("search", "falls prevention", "--sector", "cic", "--sector", "charity", "--keep", "--by", "icb-qwo")
    assert "Kept as decision d1, hash " in done.out
    return command


def test_a_search_is_kept_only_when_asked(kept: Command) -> None:
    assert kept("search", "meals").code == 0
    found = json.loads(kept("ledger", "list", "--json").out)["decisions"]
    assert [(one["decision"], one["by"], one["candidates"], one["closed"]) for one in found] == [
        ("d1", "icb-qwo", 2, False)
    ]
    assert "d1" in kept("ledger", "list").out
    assert json.loads(kept("ledger", "list", "--after", "1", "--json").out) == {"decisions": []}


def test_a_kept_search_answers_as_any_other_and_names_its_decision(kept: Command) -> None:
    plain = json.loads(kept("search", "meals", "--json").out)
    done = json.loads(kept("search", "meals", "--json", "--keep", "--by", "x").out)
    assert done.pop("decision") == "d2"
    assert len(done.pop("hash")) == 64
    assert done == plain


@pytest.mark.parametrize("options", [("--keep",), ("--by", "icb-qwo")])
def test_keep_and_by_go_together(kept: Command, options: tuple[str, ...]) -> None:
    assert "--keep and --by go together" in kept("search", "meals", *options).complaint


def test_a_decision_is_noted_shown_and_closed(kept: Command) -> None:
    assert kept("ledger", "note", "d1", "shortlist", "steady", "--by", "icb-qwo").out.startswith("Entry 2, hash ")
    done = kept("ledger", "note", "d1", "reject", "warm", "--by", "icb-qwo", "--reason", "Too [far]", "--json")
    assert json.loads(done.out)["reason"] == "Too [far]"
    shown = kept("ledger", "show", "d1").out
    assert "steady" in shown
    assert "· shortlist" in shown
    assert "reject warm by icb-qwo: Too [far]" in shown
    assert kept("ledger", "note", "d1", "close", "--by", "icb-qwo").code == 0
    found = json.loads(kept("ledger", "show", "d1", "--json").out)
    assert found["standing"] == {"steady": "shortlist", "warm": "reject"}
    assert found["closed"] is True
    assert [entry["event"] for entry in found["entries"]] == ["search", "shortlist", "reject", "close"]
    assert found["excluded"] == {"sectors": ["ride"]}
    assert [candidate["profile_id"] for candidate in found["candidates"]] == ["steady", "warm"]
    refused = kept("ledger", "note", "d1", "award", "steady", "--by", "icb-qwo")
    assert (refused.code, "closed" in refused.complaint) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("show", "d9"), 1, "no decision 'd9'"),
        (("note", "d9", "award", "steady", "--by", "x"), 1, "no decision 'd9'"),
        (("note", "d1", "award", "ride", "--by", "x"), 1, "not among the candidates"),
        (("note", "d1", "reject", "steady", "--by", "x"), 2, "needs a reason"),
        (("note", "d1", "award", "steady", "--by", "Anna Field"), 2, "never a person"),
        (("note", "d1", "award", "steady"), 2, "--by"),
        (("note", "d1", "dance", "steady", "--by", "x"), 2, "dance"),
        (("replay",), 2, "name one decision or say --all"),
        (("replay", "d1", "--all"), 2, "name one decision or say --all"),
        (("replay", "d9"), 1, "no decision 'd9'"),
        (("verify", "--expect", "d1"), 2, "not a hash"),
        (("export", "--format", "xml"), 2, "xml"),
        (("export", "--out", "/dev/null/x"), 1, "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_one_line(kept: Command, arguments: tuple[str, ...], code: int, complaint: str) -> None:
    done = kept("ledger", *arguments)
    assert complaint in done.complaint
    assert done.code == code


def test_a_whole_ledger_verifies_and_says_what_to_note(kept: Command) -> None:
    found = json.loads(kept("ledger", "verify", "--json").out)
    assert (found["whole"], found["entries"], found["faults"]) == (True, 1, [])
    assert kept("ledger", "verify", "--expect", found["hash"]).out.splitlines()[-1] == found["hash"]
    absent = kept("ledger", "verify", "--expect", "0" * 63 + "1")
    assert (absent.code, absent.err) == (1, "")
    assert "is not in the ledger" in absent.out


def test_a_changed_ledger_does_not_verify(kept: Command, tmp_path: Path) -> None:
    with Store.open(Settings(home=tmp_path / "home").store_url) as store:
        without_triggers(store.database)
        with store.database.writing() as connection:
            connection.execute(text("UPDATE ledger_entry SET event = 'award'"))
    done = kept("ledger", "verify")
    assert (done.code, done.err) == (1, "")
    assert done.out == "entry 1: its text is that of another entry, decision or event\n"
    assert json.loads(kept("ledger", "verify", "--json").out)["faults"][0]["entry"] == 1
    assert "ledger verify" in kept("ledger", "replay", "d1").complaint


def test_a_replay_says_what_it_found(kept: Command, tmp_path: Path) -> None:
    assert kept("ledger", "replay", "d1").out == "d1: identical\n"
    with Store.open(Settings(home=tmp_path / "home").store_url) as store:
        without_triggers(store.database)
        with store.database.writing() as connection:
            connection.execute(text("UPDATE revision SET content = replace(content, 'Falls prevention', 'Transport')"))
    done = kept("ledger", "replay", "--all")
    assert (done.code, done.err) == (1, "")
    assert done.out.splitlines()[0].endswith(" differences")
    assert "… all of them with --json" in done.out
    [found] = json.loads(kept("ledger", "replay", "d1", "--json").out)["replays"]
    assert not found["identical"]
    assert {"what", "then", "now", "profile"} <= set(found["differences"][0])


def test_an_export_is_printed_or_written_whole(kept: Command, tmp_path: Path) -> None:
    kept("ledger", "note", "d1", "reject", "warm", "--by", "icb-qwo", "--reason", "-1 day")
    printed = kept("ledger", "export").out
    for line in map(json.loads, printed.splitlines()):
        assert digest_of(canonical_json(line["entry"]).encode()) == line["hash"]
    file = tmp_path / "ledger.jsonl"
    assert kept("ledger", "export", "--out", file).out == ""
    assert file.read_text(encoding="utf-8") == printed
    table = tmp_path / "ledger.csv"
    kept("ledger", "export", "--format", "csv", "--out", table)
    with table.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["row"] for row in rows] == ["entry", "candidate", "candidate", "excluded", "entry"]
    assert rows[-1]["reason"] == "'-1 day"
    assert sorted(path.name for path in tmp_path.glob(".*")) == []
