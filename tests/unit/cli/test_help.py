"""Every command, option and argument has help in plain English."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import typer

from matcher.cli import app

# Words that suggest a word-for-word translation. See the house style in CONTRIBUTING.md.
AVOID = (
    "whoever", "nobody", "anew", "beside", "besides", "failing that", "for good", "what was", "those too", "who miss",
    "is told", "was told", "stands", "left aside", "goes on", "broken off", "where there is", "there is already",
    "no person", "in place of",
)  # fmt: skip
MAX_SENTENCE = 120


def commands(command: object, name: str) -> Iterator[tuple[str, object]]:
    """Yield `command` and every command below it, with their full names."""
    yield name, command
    for child, below in getattr(command, "commands", {}).items():
        yield from commands(below, f"{name} {child}")


def helps() -> Iterator[tuple[str, str]]:
    """Yield each command and parameter with its help text."""
    for name, command in commands(typer.main.get_command(app), "matcher"):
        yield name, (getattr(command, "help", "") or "").strip()
        for parameter in getattr(command, "params", ()):
            yield f"{name} {parameter.opts[0]}", getattr(parameter, "help", "") or ""


HELPS = dict(helps())


def test_the_walk_reaches_every_command_and_option() -> None:
    assert {"matcher", "matcher search --region", "matcher ledger verify --expect", "matcher import kind"} <= set(HELPS)


@pytest.mark.parametrize("name", HELPS)
def test_help_is_plain_english(name: str) -> None:
    help = HELPS[name]
    assert help, "every command and option has help"
    assert help[0].isupper(), help
    for paragraph in help.split("\n\n"):
        text = " ".join(paragraph.split())
        assert text.endswith("."), text
        for sentence in re.split(r"(?<=[.])\s+", text):
            assert len(sentence) <= MAX_SENTENCE, sentence
    translated = [word for word in AVOID if re.search(rf"\b{word}\b", help, re.IGNORECASE)]
    assert not translated, help
