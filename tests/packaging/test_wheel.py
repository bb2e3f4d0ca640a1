"""The wheel holds everything the product needs, and works where there is no checkout.

These tests unpack the wheel next to the libraries installed here. `make wheel-check` installs it in an empty
environment.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("matcher", "api", "data", "models", "pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that the checkout stays clean."""
    folder = tmp_path_factory.mktemp("wheel")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / "source" / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / part, folder / "source" / part)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    _run(folder, [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", ".", "./source"], dict(os.environ))
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def unpacked(wheel: Path) -> Path:
    """The folder into which the wheel is unpacked."""
    folder = wheel.parent / "unpacked"
    with ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    held = set(ZipFile(wheel).namelist())
    for package in ("matcher", "api"):
        files = {path.relative_to(ROOT).as_posix() for path in (ROOT / package).rglob("*.*") if path.suffix != ".pyc"}
        assert files <= held
        assert f"{package}/py.typed" in held


def test_the_wheel_holds_models_and_tables(wheel: Path) -> None:
    held = set(ZipFile(wheel).namelist())
    for folder in ("data/reference", "data/programme", "models/encoder", "models/ranking"):
        files = {path.relative_to(ROOT) for path in (ROOT / folder).iterdir()}
        assert files
        assert {f"matcher/_artefacts/{path.as_posix()}" for path in files} <= held


def test_the_wheel_holds_no_tests_and_no_demo(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"matcher", "api"}
    assert not [name for name in ZipFile(wheel).namelist() if "demo" in name]


def test_the_wheel_works_in_an_empty_folder(unpacked: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MATCHER_", "COV_"))}
    environment |= {"PYTHONPATH": str(unpacked), "MATCHER_HOME": str(tmp_path / "home")}

    def matcher(*arguments: str) -> str:
        return _run(tmp_path, [sys.executable, "-m", "matcher", *arguments], environment)

    where = _run(tmp_path, [sys.executable, "-c", "import matcher; print(matcher.__file__)"], environment)
    assert Path(where.strip()).is_relative_to(unpacked)
    profiles = (ROOT / "data" / "demo" / "profiles.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "some.jsonl").write_text("".join(profiles[:30]), encoding="utf-8")
    matcher("import", "profiles", "some.jsonl")
    searched = json.loads(matcher("search", "help after a fall", "--keep", "--by", "me", "--json"))
    assert searched["results"]
    matcher("ledger", "verify")


def _run(folder: Path, command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
