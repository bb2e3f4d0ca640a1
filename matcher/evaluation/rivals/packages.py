"""The packages of the rivals: optional, and asked for by the name of the extra that brings them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from matcher.foundations.errors import Unavailable

# What `pip install -e '.[benchmarks]'` brings beyond what the product itself needs.
PACKAGES: Final = ("bm25s", "txtai", "lancedb")


def require(*names: str) -> None:
    """Do nothing where every package of `names` is installed.

    Raises:
        Unavailable: with the packages that are missing and the extra that has them.

    """
    if missing := [name for name in names if find_spec(name) is None]:
        raise Unavailable(
            f"{', '.join(missing)} not installed, which the comparison needs",
            remedy="Install the extra: pip install -e '.[benchmarks]'",
        )


def package(name: str) -> Any:
    """Return the module `name` of an installed package, imported only now.

    Raises:
        Unavailable: its package is not installed.

    """
    require(name.partition(".")[0])
    return import_module(name)
