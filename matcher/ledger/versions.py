"""The versions of the packages and the machine that numbers are computed with."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import faiss

# This package, and every package that takes part in a computation.
_PACKAGES: Final = ("partnership-matcher", "numpy", "faiss-cpu", "PyStemmer", "torch", "sentence-transformers")


@cache
def versions() -> dict[str, str]:
    """Return the version of each package and of Python, and the machine with the instruction set that FAISS uses."""
    return {
        **{package: _version(package) for package in _PACKAGES},
        "python": platform.python_version(),
        "machine": f"{platform.machine()} {faiss.get_compile_options().strip()}",
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # run from a folder that was never installed
        return "unknown"
