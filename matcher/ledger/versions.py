"""The versions of Python and of the packages that compute scores, and the machine that Python runs on."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import faiss

# This package, and every package involved in computing scores.
_PACKAGES: Final = ("partnership-matcher", "numpy", "faiss-cpu", "PyStemmer", "torch", "sentence-transformers")


@cache
def versions() -> dict[str, str]:
    """Return the versions of the packages and of Python, the machine type, and the instruction set that FAISS uses."""
    return {
        **{package: _version(package) for package in _PACKAGES},
        "python": platform.python_version(),
        "machine": f"{platform.machine()} {faiss.get_compile_options().strip()}",
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # not installed, or this package is run from its source folder
        return "unknown"
