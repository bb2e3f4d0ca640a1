"""The README's commands run in order on the demo register, and the search prints what the README shows.

The test first writes the files that a reader would have, such as `my-needs.jsonl`. Where the README shows an id or a
key, the test uses the one that an earlier command printed.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import openpyxl
import pytest
import time_machine
from fastapi.testclient import TestClient

from api.app import create
from matcher.foundations.settings import Settings
from tests.api.conftest import wait_until_ready
from tests.api.support.clients import local_client
from tests.integration.test_training import sample_history
from tests.support.commands import Command, command_in
from tests.support.notices import package, party, release, written

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DEMO = ROOT / "data" / "demo"
CHARITY = ROOT / "tests" / "support" / "public" / "charity.txt"

NOT_RUN: Final = {
    "make demo": "installs; its commands run first, and `make wheel-check` runs them after an installation",
    "make test": "runs these tests",
    "matcher fetch find-a-tender --from 2025-03-01": "needs the network; see tests/integration/test_fetching.py",
}
# The example ids and key in the README, each with a pattern that matches the real one in the printed output.
STAND_INS: Final = {
    "$KEY": r"mk_[\w-]+",
    "member-0123456789abcdef": r"member-[0-9a-f]{16}",
    "fewer-falls-0123456789": r"fewer-falls-[0-9a-f]{10}",
}


def shell_commands() -> list[str]:
    """Return the commands in the indented blocks of the README, each on one line and without comments."""
    blocks = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^ {4}(\S.*)$", re.sub(r"\\\n\s*", "", blocks), re.MULTILINE)
    return [line.split("  # ")[0].strip().removeprefix(".venv/bin/") for line in lines]


def test_every_command_is_of_a_kind_that_is_run() -> None:
    commands = shell_commands()
    assert len(commands) >= 30
    assert {command.split()[0] for command in commands if command not in NOT_RUN} == {"matcher", "curl"}
    assert set(NOT_RUN) <= set(commands)


@pytest.fixture
def matcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line in an empty folder, with its own home and an 80-column console."""
    matcher = command_in(tmp_path / "home", monkeypatch, capsys)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("MATCHER_SECOND_READING")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return matcher


def test_the_commands_run(matcher: Command, tmp_path: Path) -> None:
    with time_machine.travel("2026-11-25T09:00:00Z"):
        write_files()
        run_make_demo(matcher)
        printed = make_key(matcher)
        # With open access, the service answers requests without a key, as it does before the first key is made.
        with local_client(create(Settings(home=tmp_path / "home", access="open"))) as client:
            wait_until_ready(client)
            for command in (command for command in shell_commands() if command not in NOT_RUN):
                words = shlex.split(with_real_ids(command, printed))
                printed += run_curl(client, words[1:]) if words[0] == "curl" else run(matcher, words[1:])
                if command == "matcher programme template needs.xlsx":
                    fill_template(Path("needs.xlsx"))
    assert_results_exist()


def run_make_demo(matcher: Command) -> None:
    """Run the commands of `make demo`, and compare what the search prints."""
    for kind in ("profiles", "needs"):
        run(matcher, ["import", kind, str(DEMO / f"{kind}.jsonl")])
    printed = run(matcher, ["search", "--need", "need-falls-prevention-calder", "--top", "5"])
    (shown,) = re.findall(r"^```text\n(.*?)\n```$", README, re.MULTILINE | re.DOTALL)
    lines = [line.rstrip() for line in printed.strip().splitlines()]
    assert lines[: len(shown.splitlines())] == shown.splitlines()


def write_files() -> None:
    """Write the files that the commands read into the current folder, as a reader would have them."""
    needs = (DEMO / "needs.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    Path("my-needs.jsonl").write_text(needs[0].replace('"id": "', '"id": "my-'), encoding="utf-8")
    Path("needs.jsonl").write_text("".join(needs[:2]), encoding="utf-8")
    (profile,) = re.findall(r"^```json\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    Path("my-profile.jsonl").write_text(json.dumps(json.loads(profile)) + "\n", encoding="utf-8")

    Path("notices").mkdir()
    identifier = {"legalName": "Calder Carers", "scheme": "GB-CHC", "id": "1234567"}
    winner = party("Calder Carers", id="GB-CHC-1234567", identifier=identifier)
    written(Path("notices/one.json"), package(release(1, tag="award", suppliers=(winner,))))
    with ZipFile("publicextract.charity.zip", "w") as archive:
        archive.writestr("publicextract.charity.txt", CHARITY.read_bytes().replace(b"1100001", b"1234567"))

    # Part of the demo set is enough for the evaluation.
    profiles = (DEMO / "profiles.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    Path("P.jsonl").write_text("".join(profiles[:40]), encoding="utf-8")
    shutil.copyfile(DEMO / "needs.jsonl", "N.jsonl")
    shutil.copyfile(DEMO / "qrels.tsv", "Q.tsv")
    with Path("awards.jsonl").open("w", encoding="utf-8") as file:
        for award in sample_history():
            suppliers = [{"id": winner.id, "name": winner.name} for winner in award.winners]
            need = award.need.model_dump(mode="json", exclude_defaults=True)
            file.write(json.dumps({**need, "suppliers": suppliers}) + "\n")


def make_key(matcher: Command) -> str:
    """Make a commissioner's key and return what was printed."""
    printed = run(matcher, ["accounts", "add-organisation", "icb", "--name", "An ICB", "--kind", "commissioner"])
    printed += run(matcher, ["accounts", "add-member", "icb", "--name", "A buyer"])
    return printed + run(matcher, shlex.split(with_real_ids("accounts add-key member-0123456789abcdef", printed)))


def with_real_ids(command: str, printed: str) -> str:
    """Return `command` with its example ids and key replaced by the latest real ones in `printed`."""
    for example, pattern in STAND_INS.items():
        if example in command:
            command = command.replace(example, re.findall(pattern, printed)[-1])
    return command


def run(matcher: Command, arguments: Sequence[str]) -> str:
    """Run a command that must succeed, and return what it printed."""
    done = matcher(*arguments)
    assert done.code == 0, (arguments, done)
    return done.out


def run_curl(client: TestClient, arguments: list[str]) -> str:
    """Send the request that curl would send, and return the body of the response."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("url")
    parser.add_argument("-s", action="store_true")
    parser.add_argument("-X", dest="method")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", dest="data")
    parser.add_argument("-F", dest="form", action="append", default=[])
    curl = parser.parse_args(arguments)
    path = curl.url.removeprefix("localhost:8000")
    assert path.startswith("/"), curl.url
    form = dict(field.split("=", 1) for field in curl.form)
    answer = client.request(
        curl.method or ("POST" if curl.data or form else "GET"),
        path,
        headers=dict(header.split(": ", 1) for header in curl.headers),
        content=curl.data,
        data={name: value for name, value in form.items() if value[0] != "@"},
        files={name: (value[1:], Path(value[1:]).read_bytes()) for name, value in form.items() if value[0] == "@"},
    )
    assert answer.is_success, (arguments, answer.text)
    return answer.text


def fill_template(path: Path) -> None:
    """Add a need to the table, as the README instructs."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    columns = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, columns["Title"], "Falls prevention for older people at home")
    sheet.cell(2, columns["Region"], "North West")
    book.save(path)


def assert_results_exist() -> None:
    """The files that the README names exist and are not empty."""
    named = [
        name for row in re.findall(r"^\| (`.*?) \|", README, re.MULTILINE) for name in re.findall(r"`([\w.]+)`", row)
    ]
    results = [f"winter/{name}" for name in named if re.search(r"\.(html|json|jsonl|xlsx|csv|parquet)$", name)]
    assert len(results) >= 6
    for path in ["decisions.csv", "results/matches.jsonl", "my-model/model.json", *results]:
        assert Path(path).stat().st_size, path
