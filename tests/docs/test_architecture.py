"""`docs/architecture.md` shows the actual tree, and the tree follows the rules on sizes, class names and imports."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("matcher", "api")
FILES_ONLY = ("data", "models")
MOST_LINES = 300
MOST_MODULES = 14

_ENTRY = re.compile(r"(?P<indent>(?: {2})*)(?P<name>[\w.]+/?) {2,}(?P<purpose>\S.*)")


def listed() -> list[str]:
    """Return the paths in the tree of `docs/architecture.md`, in order. Folder paths end in a slash."""
    section = (
        (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("## The tree\n")[1].split("\n## ")[0]
    )
    paths: list[str] = []
    parents: list[str] = []
    for line in re.findall(r"^ {4}(.*)$", section, re.MULTILINE):
        entry = _ENTRY.fullmatch(line)
        assert entry, f"not a name, two spaces and a purpose: {line!r}"
        depth = len(entry["indent"]) // 2
        assert depth <= len(parents), f"indented too far: {line!r}"
        parents = [*parents[:depth], entry["name"]]
        paths.append("".join(parents))
    return paths


def folders() -> list[str]:
    """Return the folders that the tree must list: all non-empty folders in `PACKAGES` and `FILES_ONLY`."""
    every = [folder for top in (*PACKAGES, *FILES_ONLY) for folder in [ROOT / top, *(ROOT / top).rglob("*/")]]
    return [
        f"{folder.relative_to(ROOT).as_posix()}/"
        for folder in every
        if "__pycache__" not in folder.parts and any(path.suffix != ".pyc" for path in folder.rglob("*.*"))
    ]


def modules() -> list[Path]:
    """Return every module of the packages."""
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def test_the_tree_lists_every_folder_once() -> None:
    shown = [path for path in listed() if path.endswith("/")]
    assert sorted(shown) == sorted(folders())


def test_the_tree_lists_no_file_that_does_not_exist() -> None:
    assert [path for path in listed() if not (ROOT / path).exists()] == []


def contracts() -> list[dict[str, Any]]:
    """Return the contracts that set the order of imports."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [contract for contract in project["tool"]["importlinter"]["contracts"] if contract["type"] == "layers"]


@pytest.mark.parametrize("contract", contracts(), ids=lambda contract: contract["name"])
def test_the_tree_is_in_the_order_of_imports(contract: dict[str, Any]) -> None:
    rank = {
        f"{container}.{name}".strip(".").replace(".", "/"): number
        for container in contract.get("containers", [""])
        for number, layer in enumerate(contract["layers"])
        for name in re.findall(r"[\w.]+", layer)
    }
    shown = [name for path in listed() if (name := path.removesuffix("/").removesuffix(".py")) in rank]
    assert {name for name in rank if (ROOT / name).is_dir()} <= set(shown)
    assert [rank[name] for name in shown] == sorted(rank[name] for name in shown)


def test_folders_of_files_hold_no_python() -> None:
    assert [path for top in FILES_ONLY for path in (ROOT / top).rglob("*.py")] == []


def test_a_class_name_means_one_thing() -> None:
    names = Counter(
        node.name
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("top", [*PACKAGES, "tests"])
def test_no_module_is_long(top: str) -> None:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / top).rglob("*.py")}
    assert {str(path.relative_to(ROOT)): count for path, count in lines.items() if count > MOST_LINES} == {}


def test_no_folder_is_crowded() -> None:
    counts = Counter(path.parent for path in modules() if path.name != "__init__.py")
    assert {str(folder.relative_to(ROOT)): count for folder, count in counts.items() if count > MOST_MODULES} == {}
