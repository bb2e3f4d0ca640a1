"""The rivals' optional packages, which the extra `benchmarks` installs."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from matcher.foundations.errors import Unavailable

# Packages in the extra `benchmarks` that the product itself does not need.
PACKAGES: Final = ("bm25s", "txtai", "lancedb")


def require(*names: str) -> None:
    """Check that every package in `names` is installed, without importing it.

    Raises:
        Unavailable: a package is missing.

    """
    if missing := [name for name in names if find_spec(name) is None]:
        raise Unavailable(
            f"the comparison needs packages that are not installed: {', '.join(missing)}",
            remedy="Install the extra: pip install -e '.[benchmarks]'",
        )


def package(name: str) -> Any:
    """Import and return the module whose full dotted name is `name`.

    Raises:
        Unavailable: the module's package is not installed.

    """
    require(name.partition(".")[0])
    return import_module(name)
