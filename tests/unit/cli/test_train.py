"""`matcher train` and `matcher promote`: what they refuse, in one line, and that nothing is changed by it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.commands import Command
from tests.support.fakes import shipped_model


def history(tmp_path: Path, count: int = 5) -> Path:
    """Write so many awards, one a day from 1 January 2020, and return the file."""
    lines = [
        {
            "id": f"n{n}",
            "title": "Falls clinic",
            "published": f"2020-01-{n + 1:02d}",
            "suppliers": [{"id": "s", "name": "Falls Clinic Ltd"}],
        }
        for n in range(count)
    ]
    file = tmp_path / "history.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    return file


@pytest.mark.parametrize("options", [(), ("--before", "2020-01-03"), ("--leave-out", "history")])
def test_too_few_awards_are_refused(command: Command, tmp_path: Path, options: tuple[str, ...]) -> None:
    file = history(tmp_path)
    given = [file if option == "history" else option for option in options]
    refused = command("train", "--history", file, "--out", tmp_path / "new", *given)
    left = {(): 5, ("--before", "2020-01-03"): 2}.get(options, 0)
    assert refused.code == 2
    assert f"there are {left} dated awards, and 200 are needed" in refused.complaint
    assert not (tmp_path / "new").exists()


def test_winners_who_never_won_before_teach_nothing(command: Command, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in history(tmp_path).read_text().splitlines()]
    many = [
        {**lines[0], "id": f"n{n}", "published": f"20{n // 28 + 10}-01-{n % 28 + 1:02d}",
         "suppliers": [{"id": f"s{n}", "name": f"Name {n}"}]}
        for n in range(200)
    ]  # fmt: skip
    (tmp_path / "strangers.jsonl").write_text("\n".join(map(json.dumps, many)))
    refused = command("train", "--history", tmp_path / "strangers.jsonl", "--out", tmp_path / "new")
    assert refused.code == 2
    assert "winner known before" in refused.complaint
    assert not (tmp_path / "new" / "model.json").exists()


@pytest.mark.parametrize("option", ["--history", "--register", "--leave-out"])
def test_a_file_that_is_not_there_is_a_wrong_call(command: Command, tmp_path: Path, option: str) -> None:
    given = {"--history": history(tmp_path), option: tmp_path / "missing.jsonl"}
    refused = command("train", "--out", tmp_path / "new", *(part for pair in given.items() for part in pair))
    assert refused.code == 2
    assert "missing.jsonl" in refused.complaint


@pytest.mark.parametrize("order", [("train",), ("train", "--history", "x"), ("promote",)])
def test_what_is_needed_must_be_named(command: Command, order: tuple[str, ...]) -> None:
    assert command(*order).code == 2


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("no json", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"id": "n", "title": "Falls"}', "suppliers"),
        ('{"id": "n", "title": "Falls", "suppliers": []}', "suppliers"),
        ('{"id": "n", "suppliers": [{"id": "s", "name": "N"}]}', "title"),
    ],
)
def test_a_line_that_is_no_award_is_named(command: Command, tmp_path: Path, line: str, told: str) -> None:
    file = history(tmp_path, 2)
    file.write_text(f"{file.read_text()}\n{line}\n")
    refused = command("train", "--history", file, "--out", tmp_path / "new")
    assert refused.code == 1
    assert told in refused.complaint
    assert "history.jsonl" in refused.complaint
    assert "3" in refused.complaint


def trained(folder: Path) -> Path:
    """Write a folder as `train` does."""
    shipped_model().save(folder)
    (folder / "manifest.json").write_text("{}")
    (folder / "weights.safetensors").write_bytes(b"weights")
    return folder


def whole(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_trained_model_is_put_to_use_and_replaces_another(command: Command, tmp_path: Path) -> None:
    folder, models = trained(tmp_path / "new"), tmp_path / "models"
    for name in ("first", "second"):
        (folder / "weights.safetensors").write_bytes(name.encode())
        done = command("promote", folder, "--models", models)
        assert (done.code, done.err) == (0, "")
        assert "is in use" in " ".join(done.out.split())
        assert whole(models) == {
            "encoder/weights.safetensors": name.encode(),
            "ranking/model.json": (folder / "model.json").read_bytes(),
            "ranking/manifest.json": b"{}",
        }


def emptied(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": emptied,
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "no weights": lambda folder: (folder / "weights.safetensors").unlink(),
    "no model": lambda folder: (folder / "model.json").unlink(),
    "a damaged model": lambda folder: (folder / "model.json").write_text("{"),
    "a model that could fall": lambda folder: (folder / "model.json").write_text(
        (folder / "model.json").read_text().replace('"meaning": ', '"meaning": -')
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_folder_that_is_no_model_is_refused_and_the_one_in_use_stays(
    command: Command, tmp_path: Path, damage: str
) -> None:
    models = tmp_path / "models"
    assert command("promote", trained(tmp_path / "good"), "--models", models).code == 0
    before = whole(models)
    bad = tmp_path / "bad"
    shutil.copytree(tmp_path / "good", bad)
    DAMAGE[damage](bad)
    refused = command("promote", bad, "--models", models)
    assert refused.code == 1
    assert str(bad) in refused.complaint
    assert whole(models) == before


def test_a_folder_that_is_not_there_is_a_wrong_call(command: Command, tmp_path: Path) -> None:
    refused = command("promote", tmp_path / "nowhere", "--models", tmp_path / "models")
    assert refused.code == 2
    assert "nowhere" in refused.complaint
