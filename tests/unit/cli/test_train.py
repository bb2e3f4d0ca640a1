"""`matcher train` and `matcher promote`: which input they refuse, and that a refusal changes nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.commands import Command
from tests.support.fakes import shipped_model


def history(tmp_path: Path, count: int = 5) -> Path:
    """Write `count` awards, one per day from 1 January 2020, and return the file."""
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
def test_too_few_awards_are_an_error(command: Command, tmp_path: Path, options: tuple[str, ...]) -> None:
    file = history(tmp_path)
    arguments = [file if option == "history" else option for option in options]
    refused = command("train", "--history", file, "--out", tmp_path / "new", *arguments)
    selected = {(): 5, ("--before", "2020-01-03"): 2}.get(options, 0)
    assert refused.code == 2
    assert f"the history has {selected} dated awards, but training needs at least 200" in refused.complaint
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ((), "nothing to learn from"),
        (("--judged", "judged"), "belong together"),
        (("--calibrate", "judged"), "nothing to learn from"),
        (("--judged", "judged", "--calibrate", "judged"), "is both in --judged and in --calibrate"),
        (("--judged", "nowhere", "--calibrate", "judged"), "nowhere"),
    ],
)
def test_incomplete_judgements_are_an_error(
    command: Command, tmp_path: Path, options: tuple[str, ...], problem: str
) -> None:
    folder = tmp_path / "judged"
    folder.mkdir()
    (folder / "needs.jsonl").write_text('{"id": "n", "title": "Falls"}')
    (folder / "qrels.tsv").write_text("n\t0\tp\t1\n")
    arguments = [option if option.startswith("--") else tmp_path / option for option in options]
    refused = command("train", "--out", tmp_path / "new", *arguments)
    assert refused.code in (1, 2)
    assert problem in " ".join(refused.complaint.split())
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("option", ["--history", "--register", "--leave-out"])
def test_a_missing_file_is_a_usage_error(command: Command, tmp_path: Path, option: str) -> None:
    options = {"--history": history(tmp_path), option: tmp_path / "missing.jsonl"}
    refused = command("train", "--out", tmp_path / "new", *(part for pair in options.items() for part in pair))
    assert refused.code == 2
    assert "missing.jsonl" in refused.complaint


@pytest.mark.parametrize("arguments", [("train",), ("train", "--history", "x"), ("promote",)])
def test_required_arguments(command: Command, arguments: tuple[str, ...]) -> None:
    assert command(*arguments).code == 2


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("no json", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"id": "n", "title": "Falls"}', "suppliers"),
        ('{"id": "n", "title": "Falls", "suppliers": []}', "suppliers"),
        ('{"id": "n", "suppliers": [{"id": "s", "name": "N"}]}', "title"),
    ],
)
def test_an_invalid_line_is_reported_by_number(command: Command, tmp_path: Path, line: str, problem: str) -> None:
    file = history(tmp_path, 2)
    file.write_text(f"{file.read_text()}\n{line}\n")
    refused = command("train", "--history", file, "--out", tmp_path / "new")
    assert refused.code == 1
    assert problem in refused.complaint
    assert "history.jsonl" in refused.complaint
    assert "3" in refused.complaint


def trained(folder: Path) -> Path:
    """Write a folder like the one that `matcher train` writes."""
    shipped_model().save(folder)
    (folder / "manifest.json").write_text("{}")
    (folder / "weights.safetensors").write_bytes(b"weights")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_promote_replaces_the_model_in_use(command: Command, tmp_path: Path) -> None:
    folder, models = trained(tmp_path / "new"), tmp_path / "models"
    for name in ("first", "second"):
        (folder / "weights.safetensors").write_bytes(name.encode())
        done = command("promote", folder, "--models", models)
        assert (done.code, done.err) == (0, "")
        assert "will be in use" in " ".join(done.out.split())
        assert contents(models) == {
            "encoder/weights.safetensors": name.encode(),
            "ranking/model.json": (folder / "model.json").read_bytes(),
            "ranking/manifest.json": b"{}",
        }


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": empty,
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "no weights": lambda folder: (folder / "weights.safetensors").unlink(),
    "no model": lambda folder: (folder / "model.json").unlink(),
    "a damaged model": lambda folder: (folder / "model.json").write_text("{"),
    "a negative weight": lambda folder: (folder / "model.json").write_text(
        (folder / "model.json").read_text().replace('"meaning": ', '"meaning": -')
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_promote_refuses_an_invalid_folder_and_keeps_the_model_in_use(
    command: Command, tmp_path: Path, damage: str
) -> None:
    models = tmp_path / "models"
    assert command("promote", trained(tmp_path / "good"), "--models", models).code == 0
    before = contents(models)
    bad = tmp_path / "bad"
    shutil.copytree(tmp_path / "good", bad)
    DAMAGE[damage](bad)
    refused = command("promote", bad, "--models", models)
    assert refused.code == 1
    assert str(bad) in refused.complaint
    assert contents(models) == before


def test_promoting_a_missing_folder_is_a_usage_error(command: Command, tmp_path: Path) -> None:
    refused = command("promote", tmp_path / "nowhere", "--models", tmp_path / "models")
    assert refused.code == 2
    assert "nowhere" in refused.complaint
