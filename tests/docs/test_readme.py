"""What the documents show exists: the example record, commands and options, benchmarks, links, glossary terms."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer

from matcher.cli import app
from matcher.records import Contact, Profile, parse

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("*/*_CARD.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_profile_is_valid() -> None:
    example = json.loads(re.findall(r"```json\n(.*?)```", README, re.DOTALL)[0])
    assert parse(Contact, example.pop("contact")).email
    assert parse(Profile, example).capabilities


def commands() -> list[str]:
    """Return every `matcher` command in the documents, each on one line."""
    calls: list[str] = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8").replace("\\\n", " ")
        calls += re.findall(r"(?:^|\s)(?:\.venv/bin/)?matcher ([a-z].*)$", text, re.MULTILINE)
    return calls


@pytest.mark.parametrize("call", commands())
def test_commands_and_options_exist(call: str) -> None:
    known = typer.main.get_command(app)
    assert hasattr(known, "commands")
    command: Any = known
    for word in call.split():
        if (name := word.strip("`.,;:()")) not in getattr(command, "commands", {}):
            break
        command = command.commands[name]
    assert command is not known, call
    options = {option for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"(?<=\s)--[a-z-]+", call)) <= options, call


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_benchmarks_exist(document: Path) -> None:
    for module in re.findall(r"python -m (tests\.[a-z.]+)", document.read_text(encoding="utf-8")):
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").exists(), module


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_have_a_target(document: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
        assert link.startswith("http") or (document.parent / link).exists(), link


def test_the_glossary_has_the_nouns_of_the_records() -> None:
    glossary = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").lower()
    for noun in ("profile", "need", "match", "evidence", "filter", "requirement", "capability", "track record"):
        assert f"**{noun}**" in glossary, noun
