"""The command line starts without the slow packages that only some commands need."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = {"pandas", "sklearn", "torch", "sentence_transformers"}


@pytest.mark.parametrize("module", ["matcher", "matcher.cli"])
def test_importing_loads_no_slow_package(module: str) -> None:
    code = f"import {module}, sys; print(*sorted({SLOW!r} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert loaded.stdout.split() == []
