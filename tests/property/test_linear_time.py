"""Everything that is applied to a text takes linear time, whatever the text: patterns, validators and functions.

`tests.support.text_consumers` finds them by importing every module.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.support.growth import STEEPEST, growth

# Far fewer would mean that the search of the modules misses some.
AT_LEAST = 400


def test_hostile_text_takes_linear_time(tmp_path: Path) -> None:
    """The measurements run in a process that ends after a limit of processor time."""
    results = tmp_path / "growth.jsonl"
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.growth", str(results)], check=False, capture_output=True, text=True
    )
    lines = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    assert done.returncode == 0, f"stopped while measuring {lines[-1]!r}: {done.stderr}"
    measured = dict(zip(lines[::2], lines[1::2], strict=True))
    assert len(measured) > AT_LEAST
    assert {name: found for name, found in measured.items() if max(found[1]) > STEEPEST} == {}


def test_quadratic_time_is_found() -> None:
    for pattern in (r"\s*x", r"[a-z]*1\b"):
        assert max(growth(re.compile(pattern).search)[1]) > STEEPEST, pattern
